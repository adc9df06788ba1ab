"""A question is one file: SPARQL with a head of ``#+`` comment lines that hold YAML, as grlc has it.

The head gives the question in words, its typed parameters and what its columns are. The query is complete as it
stands: every parameter is the variable of a ``VALUES ?name { … }`` block with the default (``UNDEF`` for none), and
asking with other values replaces what is in the block, term by term.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Literal, NamedNode

from clustergraph.errors import QuestionError, SourceError, Where
from clustergraph.languages.reader import Label, language_of
from clustergraph.layers import Layers
from clustergraph.questions.successors import FILE, Given, Successor, successors
from clustergraph.rdf.files import text_of

TYPES: Final = ("iri", "code", "text", "number", "date", "boolean")
PARTS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "table": ((), ()),
    "bar": (("label", "value"), ("panel",)),
    "rivals": (("label", "value"), ("panel", "source")),
    "line": (("label", "date", "value"), ("panel", "source")),
    "map": (("place",), ("value", "group")),
    "network": (("one", "other"), ("value",)),
    "communities": (("one", "other"), ("value",)),
}
"""The kinds of view, each with the parts that it needs and those that it can have."""
FIRST: Final = "clusters"
"""The question that every list begins with."""
LAYOUT: Final = "layout"
"""The folder of questions on the layout of the documents."""
ON_LAYOUT: Final = "layout of the texts"
"""The first tag of these questions."""
_HEAD: Final = re.compile(r"^#\+ ?(.*)$", re.MULTILINE)
_COLUMN: Final = re.compile(r"\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}")
_PART: Final = re.compile(r"\[([^\]]*)\]")
_VALUE: Final = re.compile(r"""<[^>]*>|"(?:[^"\\]|\\.)*"(?:@[\w-]+|\^\^\S+)?|[^\s"<]+""")
_NEEDED: Final = {"title", "columns"}
_OTHER: Final = {"description", "tags", "parameters", "view", "evidence", "headings", "hidden", "answer"}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a question."""

    name: str
    label: str
    type: str
    """One of `TYPES`."""
    of: str = ""
    """The class of an ``iri``, as a prefixed name, or the list of a ``code``; or several with spaces between them."""
    but: str = ""
    """A class whose things are none of them, as a prefixed name."""
    required: bool = False
    many: bool = False
    """Whether several values can be given."""
    default: tuple[str, ...] = ()
    """What it is where nothing is given, in the form in which a value can be given."""
    facet: str = ""
    """Which values a row has, if they are offered with the number of rows: a column, or a pattern of SPARQL."""
    heading: str = ""
    """What a facet is called."""


@dataclass(frozen=True)
class View:
    """How an answer is shown: a kind of view, with the columns that make its parts."""

    kind: str = "table"
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of each part; a label or a panel can be made of several."""

    @classmethod
    def read(cls, entry: Any, known: Sequence[str]) -> View:  # noqa: ANN401 - YAML
        """Return the view that a head describes: ``table``, or a mapping of ``kind`` and the parts of that kind.

        >>> View.read({"kind": "bar", "label": "region", "value": "projects"}, ["region", "projects"]).columns["value"]
        ('projects',)

        Raises:
            ValueError: the kind or a part is not known, a part is missing, or a column is not one of the question.
        """
        parts = {"kind": entry} if isinstance(entry, str) else dict(entry)
        kind = str(parts.pop("kind", ""))
        if kind not in PARTS:
            raise ValueError(f"the view is {kind!r}, but the views are {', '.join(PARTS)}")
        needed, possible = PARTS[kind]
        if wrong := [part for part in parts if part not in (*needed, *possible)]:
            raise ValueError(f"the view {kind} has no part {wrong[0]!r}, but {', '.join((*needed, *possible))}")
        if missing := [part for part in needed if part not in parts]:
            raise ValueError(f"the view {kind} lacks its part {missing[0]!r}, the name of a column")
        columns = {part: tuple(value) if isinstance(value, list) else (str(value),) for part, value in parts.items()}
        for column in (column for names in columns.values() for column in names):
            if column not in known:
                raise ValueError(f"the view names a column {column!r}, which the question does not have")
        return cls(kind, columns)


@dataclass(frozen=True)
class Question:
    """A named question."""

    name: str
    path: Path
    title: str
    description: str
    query: str
    columns: Mapping[str, str]
    """What each column of the answer is, in words."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    tags: Sequence[str] = ()
    view: View = field(default_factory=View)
    evidence: str = ""
    """The sentence that a row states, with the columns that identify its evidence in braces; see `statement`."""
    replaces: Sequence[Successor] = ()
    """The old questions that this one has taken the place of."""
    headings: Mapping[str, str] = field(default_factory=dict)
    """What stands above columns whose names do not say it."""
    hidden: Sequence[str] = ()
    """The columns that a page leaves out unless they are asked for."""
    answer: str = ""
    """The sentence that sums up several rows; see `clustergraph.questions.summary`."""

    @property
    def needed(self) -> list[Parameter]:
        """The parameters without which it cannot be asked."""
        return [each for each in self.parameters.values() if each.required]

    def needs_only(self, *names: str) -> bool:
        """Whether it can be asked with some parameters alone, or with none."""
        return {each.name for each in self.needed} <= {*names}

    def heading(self, column: str) -> str:
        """Return what stands above a column.

        >>> Question("q", Path("q.rq"), "", "", "", {}, headings={"one": "Partner"}).heading("cluster_country")
        'Cluster country'
        """
        name = self.headings.get(column) or column.replace("_", " ")
        return name[:1].upper() + name[1:]

    def statement(self, row: Mapping[str, str]) -> str:
        """Return what a row states, in words; a part in brackets is left out where a column in it has no value.

        >>> q = Question("q", Path("q.rq"), "", "", "", {}, evidence="{who} holds {label}[ since {since}]")
        >>> q.statement({"who": "AFIL", "label": "the Gold Label", "since": ""})
        'AFIL holds the Gold Label'
        >>> q = Question("q", Path("q.rq"), "", "", "", {}, evidence="{who} has {n|project|projects}")
        >>> q.statement({"who": "AFIL", "n": "1"}), q.statement({"who": "AFIL", "n": "2"})
        ('AFIL has 1 project', 'AFIL has 2 projects')
        """
        if not self.evidence:
            return " · ".join(filter(None, row.values()))

        def part(match: re.Match[str]) -> str:
            return match[1] if all(row.get(each[0]) for each in _COLUMN.findall(match[1])) else ""

        def value(match: re.Match[str]) -> str:
            found = row.get(match[1]) or "–"
            return found if match[2] is None else f"{found} {match[2] if found == '1' else match[3]}"

        return Label(_COLUMN.sub(value, _PART.sub(part, self.evidence)), language_of(self.evidence))

    def bound(self, values: Mapping[str, Sequence[NamedNode | Literal]]) -> str:
        """Return the query with parameters bound to RDF terms.

        >>> q = Question("q", Path("q.rq"), "", "", "SELECT * { VALUES ?year { UNDEF } ?s ?p ?year }", {})
        >>> q.bound({"year": [Literal("2016")]})
        'SELECT * { VALUES ?year { "2016" } ?s ?p ?year }'
        """
        text = self.query
        for name, terms in values.items():
            block = " ".join(str(term) for term in terms)
            text = _block(name).sub(lambda match, block=block: f"{match[1]} {block} }}", text)  # type: ignore[misc]  # mypy cannot type a lambda with a default
        return text


def load(folder: Layers | Path) -> dict[str, Question]:
    """Return the questions of a folder by name, each with those that it replaces; those on layout are last.

    Those on layout are of use where texts have the layout, and come from the last layer alone: that of the project.

    Raises:
        SourceError: the head of a file, or the file of successors, is not as it should be.
    """
    folder = Layers.of(folder)
    paths = sorted(folder.glob("*.rq"), key=lambda path: (path.stem != FIRST, path.stem))
    found = {path.stem: read(path) for path in [*paths, *Layers.of(folder.own / LAYOUT).glob("*.rq")]}
    left_out = {path.stem for path in (folder / LAYOUT).glob("*.rq")} - found.keys()
    for entry in successors(folder):
        if entry.question in left_out:
            continue
        if entry.question not in found:
            advice = f"the questions are the files in {folder}"
            where = Where(folder.find(FILE))
            raise SourceError(f"the successor of {entry.old} is no question", where=where, advice=advice)
        question = found[entry.question]
        found[entry.question] = replace(question, replaces=(*question.replaces, entry))
    return found


def read(path: Path) -> Question:
    """Return the question of a file; see `text_of` and `parse`."""
    return parse(path, text_of(path))


def parse(path: Path, text: str) -> Question:
    """Return the question in the text of a file.

    Raises:
        SourceError: the head is missing, is not YAML, or lacks or has too many keys.
    """
    head = head_of(path, text, _NEEDED, _OTHER)
    columns = {str(key): str(value) for key, value in head["columns"].items()}
    described = "a parameter"
    try:
        parameters = {name: _parameter(name, entry, text) for name, entry in (head.get("parameters") or {}).items()}
        described = "the view"
        view = View.read(head.get("view", "table"), list(columns))
        described = "the evidence"
        evidence = _evidence(head, columns)
        described = "what a page shows"
        shown = _shown(head, columns)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise SourceError(f"{described} is not described as it should be: {error}", where=Where(path)) from error
    return Question(
        name=path.stem,
        path=path,
        title=str(head["title"]),
        description=str(head.get("description", "")),
        query=text,
        columns=columns,
        parameters=parameters,
        tags=tuple(head.get("tags", ())),
        view=view,
        evidence=evidence,
        **shown,
    )


def _block(name: str) -> re.Pattern[str]:
    return re.compile(rf"(VALUES\s+\?{re.escape(name)}\s*\{{)([^}}]*)\}}", re.IGNORECASE)


def head_of(path: Path, text: str, needed: Set[str], other: Set[str] = frozenset()) -> dict[str, Any]:
    """Return the YAML at the head of a file of SPARQL.

    Raises:
        SourceError: it is no YAML, lacks a key that is needed, or has one that is neither needed nor among the others.
    """
    import yaml

    where = Where(path, 1)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        head = yaml.load("\n".join(_HEAD.findall(text)), loader)  # noqa: S506 - both are safe, and one is fast
    except yaml.YAMLError as error:
        raise SourceError(f"the head is not YAML: {error}", where=where) from error
    if not isinstance(head, dict) or not needed <= head.keys():
        words = " and ".join(sorted(needed, reverse=True))
        raise SourceError(f"the head needs at least {words}", where=where, advice="see queries/README.md")
    if unknown := head.keys() - needed - other:
        raise SourceError(f"unknown key in the head: {', '.join(sorted(unknown))}", where=where)
    return head


def _parameter(name: str, entry: Mapping[str, Any], text: str) -> Parameter:
    type_ = entry.get("type", "text")
    if type_ not in TYPES:
        raise ValueError(f"{name} has the type {type_!r}, but the types are {', '.join(TYPES)}")
    block = _block(name).search(text)
    if not block:
        raise ValueError(f"the parameter {name!r} has no block VALUES ?{name} {{ … }} in the query")
    of = entry.get("class") or entry.get("list") or ""
    default = tuple(_given(value) for value in _VALUE.findall(block[2]) if value != "UNDEF")
    facet = str(entry.get("facet", ""))
    if facet and (default or entry.get("required")):
        raise ValueError(f"{name} is a facet, and so it has no default and is not needed")
    return Parameter(
        name=name,
        label=str(entry["label"]),
        type=type_,
        of=" ".join(of) if isinstance(of, list) else str(of),
        but=str(entry.get("but", "")),
        required=bool(entry.get("required", False)),
        many=bool(entry.get("many", False)),
        default=default,
        facet=facet,
        heading=str(entry.get("heading", "")),
    )


def _shown(head: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    headings = {str(name): str(text) for name, text in (head.get("headings") or {}).items()}
    hidden = tuple(head.get("hidden", ()))
    if unknown := [name for name in (*headings, *hidden) if name not in columns]:
        raise ValueError(f"it names a column {unknown[0]!r}, which the question does not have")
    return {"headings": headings, "hidden": hidden, "answer": str(head.get("answer", ""))}


def _evidence(head: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    evidence = str(head.get("evidence", ""))
    if unknown := [each[0] for each in _COLUMN.findall(evidence) if each[0] not in columns]:
        raise ValueError(f"it names a column {unknown[0]!r}, which the question does not have")
    return evidence


def _given(term: str) -> str:
    """Return a term of a query as a person would give it.

    >>> _given('"Size of the Network"@en'), _given("<http://a.example/b>"), _given("measure:members")
    ('Size of the Network', 'http://a.example/b', 'measure:members')
    """
    if term.startswith('"'):
        return term[1 : term.rindex('"')]
    return term[1:-1] if term.startswith("<") else term


def asked(questions: Mapping[str, Question], name: str, given: Given) -> tuple[Question, Given, str]:
    """Return the question of a name, its parameters, and where the name or one of theirs is an old one, a note of that.

    Raises:
        QuestionError: there is none of that name.
    """
    question = find(questions, name)
    for entry in question.replaces:
        if entry.old == name and (name != question.name or not given.keys().isdisjoint(entry.renamed)):
            return question, entry.given(given), entry.note
    return question, given, ""


def find(questions: Mapping[str, Question], name: str) -> Question:
    """Return a question by name, or the successor of an old one.

    Raises:
        QuestionError: there is none of that name; it names the nearest.
    """
    if name in questions:
        return questions[name]
    for question in questions.values():
        if any(entry.old == name for entry in question.replaces):
            return question
    from rapidfuzz import process

    near = [match[0] for match in process.extract(name, questions.keys(), limit=3, score_cutoff=55)]
    advice = f"did you mean {' or '.join(near)}?" if near else "`clustergraph questions` lists them"
    raise QuestionError(f"no such question: {name!r}", advice=advice)
