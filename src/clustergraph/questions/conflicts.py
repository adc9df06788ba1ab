"""What disagrees in a graph: what each rule finds, with who says it and which is the newest, chosen by some filters."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolution,
    QuerySolutions,
    Triple,
    parse_query_results,
)

from clustergraph.engine.store import Embedded
from clustergraph.errors import QuestionError
from clustergraph.languages.composition import composed
from clustergraph.languages.reader import chosen
from clustergraph.questions.answer import Cell, Words, cell
from clustergraph.questions.conflict import KINDS, NATURES, Conflict, ConflictRule, Days, Side, rules_of
from clustergraph.questions.conflict_selection import Wanted
from clustergraph.questions.names import nearest, plain
from clustergraph.questions.notes import Note, notes
from clustergraph.questions.parameters import iri_of, last_day
from clustergraph.questions.sections import Section, documents
from clustergraph.release.artefacts import CONFLICTS, folder_of
from clustergraph.shacl.findings import Severity
from clustergraph.terms import compact

if TYPE_CHECKING:
    from clustergraph.questions.search import Name

_OF_ONE_VALUE: Final = ("gap", "damaged", "unconfirmed")
"""The kinds of which one value is enough: it is what is missing, damaged or unconfirmed."""
_ODD: Final = ("ambiguity", "contradiction", "damage", "gap", "misspelling")
"""The kinds of notes that are shown beside what they are about."""
_DATES: Final = """SELECT ?section ?from ?until WHERE {
  ?section cg:inDocument ?document
  OPTIONAL { ?document cg:issuedFrom ?document_from ; cg:issuedUntil ?document_until }
  OPTIONAL {
    GRAPH ?section { ?letter cg:issuer ?issuer }
    ?letter cg:issuedFrom ?letter_from ; cg:issuedUntil ?letter_until
  }
  BIND (COALESCE(?letter_from, ?document_from) AS ?from)
  BIND (COALESCE(?letter_until, ?document_until) AS ?until) FILTER BOUND(?from)
}"""
"""Gives the first and last day on which a section can have been written; a letter has its own."""

_KEPT: Final = ".srj.gz"
"""How the files end that keep what a rule finds: SPARQL results in JSON, packed."""

FILTERS: Final = ("nature", "kind", "about", "document", "severity")
"""By what conflicts are chosen; each can have several values."""
Search = Callable[[str, int], "list[Name]"]
"""Gives the things whose names are most like a text, up to a number."""


class Conflicts:
    """Finds what disagrees in a graph, by each rule once."""

    def __init__(
        self,
        graph: Embedded,
        words: Words,
        sections: Callable[[], Mapping[str, Section]],
        search: Search,
        rules: Mapping[str, ConflictRule] | None = None,
    ) -> None:
        """Take the store, what names things, the sections of the documents, the search, and rules if not its own.

        What the rules of a release find is read, where it is kept beside it.
        """
        self.rules = rules_of(graph) if rules is None else rules
        self._kept = _kept_rows(graph.path) if rules is None else {}
        self._search = search
        self._graph = graph
        self._words = words
        self._sections = sections
        self._found: dict[tuple[str | None, str], list[Conflict]] = {}

    def chosen(self, given: Mapping[str, str | Iterable[str]]) -> list[Conflict]:
        """Return the conflicts that are wanted, by nature and kind, the gravest first; see `wanted`."""
        chosen = self.wanted({name: [each] if isinstance(each, str) else list(each) for name, each in given.items()})
        return chosen.of(conflict for rule in chosen.rules for conflict in self.of_rule(rule))

    def wanted(self, given: Mapping[str, Sequence[str]]) -> Wanted:
        """Return which are wanted: of a ``nature`` and ``kind``, ``about`` a thing, by a ``document``, and how grave.

        Each can have several values; a name that several things bear is about each of them.

        Raises:
            QuestionError: there is no such parameter, nature, kind, thing, document or severity.
        """
        _check("parameter", given, FILTERS)
        natures = _check("nature", given.get("nature", ()), NATURES)
        kinds = _check("kind", given.get("kind", ()), KINDS) or list(KINDS)
        levels = _check("severity", given.get("severity", ()), list(Severity))
        named = [self._document(name) for name in given.get("document", ())]
        things = [_things(name, self._search, self._known) for name in given.get("about", ())]
        return Wanted(
            tuple(rule.name for rule in self.rules.values() if rule.kind in kinds),
            max(map(Severity, levels), key=list(Severity).index, default=Severity.INFO),
            frozenset().union(*named) if named else None,
            frozenset().union(*things) if things else None,
            frozenset(natures or NATURES),
        )

    def _known(self, iri: str) -> bool:
        """Whether the graph says anything of an IRI."""
        node, store = NamedNode(iri), self._graph.store
        own = store.quads_for_pattern(node, None, None, DefaultGraph())
        return any(own) or any(store.quads_for_pattern(None, None, node, DefaultGraph()))

    def _document(self, name: str) -> set[str]:
        """Return the documents of which a name, or words in it, are the title, or the end of the IRI.

        Raises:
            QuestionError: there is none.
        """
        titles = {iri: title for iri, title, _ in documents(self._sections().values())}
        wanted = plain(name)
        found = {iri for iri in titles if name in (iri, compact(iri), iri.rpartition("/")[2])}
        found = found or {iri for iri, title in titles.items() if wanted and wanted in plain(title)}
        if not found:
            advice = f"the documents are: {', '.join(titles.values())}"
            raise QuestionError(f"document: {name!r} is not known", advice=advice)
        return found

    def of_rule(self, name: str) -> list[Conflict]:
        """Return what the rule of a name finds, in the order of its rows."""
        key = (chosen(), name)
        if key not in self._found:
            self._found[key] = self._with_rest(self.rules[name], list(self._find(self.rules[name])))
        return self._found[key]

    def _with_rest(self, rule: ConflictRule, found: Sequence[Conflict]) -> list[Conflict]:
        """Return conflicts also with the notes that the rule finds and that are on other sections than these name."""
        told = {note for conflict in found for note in conflict.notes}
        rest = [note for note in self._notes if rule.iri in note.found_by and note not in told]

        def fitting(conflict: Conflict) -> tuple[Note, ...]:
            return tuple(note for note in rest if conflict.concerns(note.about | note.sections))

        return [replace(conflict, notes=conflict.notes + fitting(conflict)) for conflict in found]

    def _find(self, rule: ConflictRule) -> Iterator[Conflict]:
        rows = _unpacked(self._kept[rule.name]) if rule.name in self._kept else _rows_of(rule, self._graph)
        columns = frozenset(variable.value for variable in rows.variables)
        groups: dict[tuple[str, ...], list[_Row]] = defaultdict(list)
        for row in rows:
            read = _Row(row, columns, self._words)
            groups[tuple(str(read.term(name)) for name in ("about", "what", "detail"))].append(read)
        for same in groups.values():
            conflict = self._conflict(rule, same)
            if len(conflict.sides) > 1 or rule.kind in _OF_ONE_VALUE:
                yield conflict

    def _conflict(self, rule: ConflictRule, rows: Sequence[_Row]) -> Conflict:
        first = rows[0]
        values: dict[tuple[object, ...], list[_Row]] = defaultdict(list)
        for row in rows:
            values[tuple((row.cell(name).value, row.cell(name).iri) for name in ("value", "bound", "unit"))].append(row)
        newest, certain = _newest([max(self._days(same), default=None) for same in values.values()])
        sides = tuple(self._side(same, place in newest) for place, same in enumerate(values.values()))
        said = [Severity(row.text("severity")) for row in rows if row.text("severity")]
        severity = min(said, key=list(Severity).index, default=rule.severity)
        about, what, detail = (first.cell(name) for name in ("about", "what", "detail"))
        return Conflict(rule, severity, about, what, detail, sides, certain, *self._remarks(rule, rows))

    def _side(self, rows: Sequence[_Row], newest: bool) -> Side:
        """Return the side of the rows with one value."""
        named = {row.text("section") for row in rows} - {""}
        sections = [self._sections().get(iri) or Section(iri, "", {"name": self._words(iri)}) for iri in named]
        remarks = dict.fromkeys(text for row in rows if (text := row.text("note")))
        value, bound, unit = (rows[0].cell(name) for name in ("value", "bound", "unit"))
        ordered = sorted(sections, key=lambda each: (each.document, each.rank))
        return Side(value, bound, unit, tuple(ordered), newest, tuple(map(composed, remarks)), tuple(self._days(rows)))

    def _days(self, rows: Sequence[_Row]) -> list[Days]:
        """Return when a value was said: on its own dates, or else when the sections that say it were written."""
        own = [(f"{text}-01-01"[:10], str(last_day(text))) for row in rows if (text := row.text("date"))]
        written = [self._written[row.text("section")] for row in rows if row.text("section") in self._written]
        return own or written

    @cached_property
    def _written(self) -> dict[str, Days]:
        rows = self._graph.query(_DATES)
        assert isinstance(rows, QuerySolutions)
        return {row["section"].value: (row["from"].value, row["until"].value) for row in rows}

    def _remarks(self, rule: ConflictRule, rows: Sequence[_Row]) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
        """Return the notes that tell a disagreement, and others beside it."""
        sections = {row.text("section") for row in rows} - {""}
        statements = {row.text("statement") for row in rows} - {""}
        things = {row.cell(name).iri for row in rows for name in ("about", "detail", "value")} - {None}
        on_it = [
            note
            for note in self._notes
            if not note.about.isdisjoint(statements)
            or (not note.about.isdisjoint(things) and (not sections or not note.sections.isdisjoint(sections)))
        ]
        own = tuple(note for note in on_it if rule.iri in note.found_by)
        about = {rows[0].text("about"), *statements}
        beside = (note for note in on_it if note not in own and not note.about.isdisjoint(about))
        return own, tuple(note for note in beside if note.kind in _ODD)

    @cached_property
    def _notes(self) -> list[Note]:
        return notes(self._graph)


class _Row:
    """A row of what a rule finds; a column that the rule does not have is unbound."""

    def __init__(self, row: QuerySolution, columns: frozenset[str], words: Words) -> None:
        self._row, self._columns, self._words = row, columns, words

    def term(self, name: str) -> NamedNode | BlankNode | Literal | Triple | None:
        return self._row[name] if name in self._columns else None

    def cell(self, name: str) -> Cell:
        return cell(self.term(name), self._words)

    def text(self, name: str) -> str:
        term = self.term(name)
        return term.value if isinstance(term, NamedNode | Literal) else ""


def _newest(said: Sequence[Days | None]) -> tuple[list[int], bool | None]:
    """Return the places of what was said last, and whether that is certain; none where nothing was said before it.

    >>> _newest([("2015-01-01", "2015-10-31"), ("2017-03-28", "2017-03-31"), ("2017-03-28", "2017-03-31")])
    ([1, 2], True)
    >>> _newest([("2015-01-01", "2015-12-31"), ("2015-06-01", "2015-06-01")])
    ([1], False)
    >>> _newest([("2015-01-01", "2015-12-31"), None])
    ([], None)
    """
    known = [days for days in said if days]
    first = max((days[0] for days in known), default="")
    newest = [place for place, days in enumerate(said) if days and days[0] == first]
    if len(newest) == len(known):
        return [], None
    return newest, all(days[1] < first for days in known if days[0] != first) and len(known) == len(said)


def _check(what: str, given: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the values that are given.

    Raises:
        QuestionError: one is not known.
    """
    for value in (values := list(given)):
        if value not in known:
            near = nearest(value, known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise QuestionError(f"there is no {what} {value!r}", advice=f"{hint}give one of: {', '.join(known)}")
    return values


def _things(name: str, search: Search, known: Callable[[str], bool]) -> set[str]:
    """Return all things that bear a name, or that an IRI or its last segment stands for.

    Raises:
        QuestionError: there is none; it names the nearest.
    """
    iri = iri_of(name)
    found_names = search(iri.rpartition("/")[2].replace("-", " ") if iri else name, 50)
    hits = [hit for hit in found_names if hit.kind != "question"]
    found = {hit.iri for hit in hits if plain(hit.name) == plain(name) or hit.iri.rpartition("/")[2] == name}
    if iri:
        found = {iri} if known(iri) else set()
    if not found:
        near = list(dict.fromkeys(repr(hit.label) for hit in hits))[:3]
        advice = f"did you mean {' or '.join(near)}?" if near else "`clustergraph search` finds names"
        raise QuestionError(f"about: {name!r} is not known", advice=advice)
    return found


def write_rows(rules: Mapping[str, ConflictRule], graph: Embedded, folder: Path) -> None:
    """Write into a folder what each rule finds in a graph, which takes long if that is large."""
    for name, rule in rules.items():
        content = _rows_of(rule, graph).serialize(format=QueryResultsFormat.JSON)
        (folder / f"{name}{_KEPT}").write_bytes(gzip.compress(content or b"", mtime=0))


def _kept_rows(release: Path) -> dict[str, bytes]:
    """Return what is kept beside a release, by the names of the rules."""
    folder = folder_of(release, CONFLICTS)
    return {path.name.removesuffix(_KEPT): path.read_bytes() for path in folder.glob(f"*{_KEPT}")} if folder else {}


def _rows_of(rule: ConflictRule, graph: Embedded) -> QuerySolutions:
    rows = graph.query(rule.query)
    assert isinstance(rows, QuerySolutions)
    return rows


def _unpacked(content: bytes) -> QuerySolutions:
    rows = parse_query_results(gzip.decompress(content), QueryResultsFormat.JSON)
    assert isinstance(rows, QuerySolutions)
    return rows
