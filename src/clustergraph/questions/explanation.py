"""Evidence as people and programs read it: a chain of steps, each said by sections or following from earlier ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any, Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from clustergraph.languages.messages import gettext, translated
from clustergraph.languages.reader import ENGLISH, Label, interface, language_of, reading
from clustergraph.questions.evidence import PLAIN, Basis, Derived, Evidence, Proof, Stated, facts
from clustergraph.questions.lineage import Absence
from clustergraph.questions.names import with_article
from clustergraph.questions.proof_text import lines_of
from clustergraph.questions.sections import Section, row_of
from clustergraph.questions.translation import heading
from clustergraph.questions.traversal import Fact, Term
from clustergraph.rdf.origins import Origins
from clustergraph.rdf.reading import solutions
from clustergraph.terms import QUERY, expand, is_vocabulary

Words = Callable[[NamedNode], str]
Key = tuple[str, ...]

_PLUMBING: Final = (
    "rules/stated-in", "rules/dimensions", "rules/status", "rules/valid-from", "rules/dates", "rules/shortcuts",
    "rules/data-cube", "rules/link-certainty", "cax-sco", "prp-spo1", "prp-inv", "cls-hv2", "cls-int",
)  # fmt: skip
"""What is so plain that no step tells it, unless it is all there is; the JSON has it."""
_TYPE: Final = expand("rdf:type")
_CERTAINTY: Final = expand("cg:certainty")
_PLAIN: Final = {_CERTAINTY: expand("certainty:stated"), **PLAIN}
"""How certain a statement is, of whom it is, whether it is so, and who says it: the values that need no word."""
_NAMING: Final = tuple(map(expand, ("skos:prefLabel", "rdfs:label", "dcterms:title")))
_SOURCE: Final = tuple(
    map(expand, ("cg:inDocument", "cg:statedIn", "cg:derivedFrom", "cg:linkCertainty", "skos:inScheme", "cg:column"))
)
_QUIET: Final = (_TYPE, *_PLAIN, *_NAMING, *_SOURCE)
"""Properties that a step leaves out where it has others."""
_FIRST: Final = [expand(f"cg:{name}") for name in ("subject", "measure", "value", "unit", "party", "relationshipKind")]
"""Properties that come before others."""
_DATES: Final = {name: expand(f"cg:{name}") for name in ("trueFrom", "trueUntil", "knownFrom")}
"""When what a statement says holds, and when it became known."""
_HEADS: Final = [
    (expand(f"cg:{of}"), expand(f"cg:{name}")) for of, name in (("subject", "measure"), ("dated", "dateProperty"))
]
"""Of what a statement says something that is no link, and what."""
_TRIPLE: Final = [expand(f"rdf:{name}") for name in ("subject", "predicate", "object")]
_NUMBER: Final = [expand(f"cg:{name}") for name in ("bound", "value", "unit")]
_USUAL: Final = (expand("bound:exactly"), expand("unit:count"))
"""What needs no word beside a number."""
_VERBS: Final = ("has", "is", "as", "of", "not", "valid", "since", "until", "from")
"""With one of these, or a participle, the words for a property of a text or number follow its subject."""
_MEMBERS: Final = ("title", "number", "heading", "table", "row", "issued")
"""What is told of a section."""
_SHORTCUTS: Final = """SELECT ?shortcut ?class ?from ?to {
  ?shortcut cg:shortcutOf ?class ; cg:shortcutFrom ?from ; cg:shortcutTo ?to
  FILTER NOT EXISTS { ?shortcut cg:shortcutRole ?role } } ORDER BY ?shortcut"""


@dataclass
class _Step:
    """What is said of one subject by the same sections, or what follows of it by the same rule."""

    facts: list[Fact] = field(default_factory=list)
    graphs: tuple[NamedNode, ...] = ()
    rule: str = ""
    because: str = ""
    premises: dict[Key, None] = field(default_factory=dict)
    number: int = 0


@dataclass(frozen=True)
class Explainer:
    """Tells evidence."""

    store: Store
    words: Words
    sections: Mapping[str, Section]
    origins: Origins | None = None

    def document(self, basis: Basis) -> dict[str, Any]:
        """Return evidence as text and as JSON members: its steps, what is stated by whom, and what is inferred."""
        known = list(facts(basis.proofs))
        groups: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        for proof in known:
            if isinstance(proof, Stated):
                for graph in proof.graphs:
                    groups[graph.value, str(proof.fact[0])].append(proof.fact)
        found = [self._group(graph, facts_of_it) for (graph, _), facts_of_it in sorted(groups.items())]
        steps = self._steps(basis.proofs)
        told: dict[str, Any] = {
            "steps": [self._told(step, steps) for step in steps.values()],
            "absent": list(dict.fromkeys(said for each in basis.absent if (said := self._absent(each)))),
            "others": basis.others,
            "parts": [self._part(values, proofs, steps) for values, proofs in basis.parts],
        }
        return {
            "text": lines_of(told),
            **told,
            "stated": [group for group in found if group["source"]["document"]],
            "reference": [group for group in found if not group["source"]["document"]],
            "inferred": [self._inferred(proof) for proof in known if isinstance(proof, Derived)],
        }

    def explained(self, proof: Proof, evidence: Evidence) -> dict[str, Any]:
        """Return what a triple says and why, as JSON members; of a statement's triple, the whole statement."""
        proofs = self._whole(proof, evidence)
        told = self.document(Basis(proofs, others=evidence.others(proof)))
        said = self.sentence(proof.fact) if proofs == (proof,) else self._says(_step_of(proofs))
        dates = {name: min(days) for name, of in _DATES.items() if (days := self._days(proof.fact[0], of))}
        return {"statement": said, "triple": " ".join(map(str, proof.fact)), "dates": dates, **told}

    def _days(self, subject: Term, predicate: NamedNode) -> list[str]:
        return [each.value for each in self._values(subject, predicate)] if isinstance(subject, NamedNode) else []

    def _whole(self, proof: Proof, evidence: Evidence) -> tuple[Proof, ...]:
        """Return the proofs of what a statement says where a triple is a part of one; else that of the triple."""
        subject = proof.fact[0]
        if not isinstance(subject, NamedNode) or not self.is_statement(subject):
            return (proof,)
        if isinstance(proof, Stated):
            quads = self.store.quads_for_pattern(subject, None, None, proof.graphs[0])
            found = [(quad.predicate, quad.object) for quad in quads]
        else:
            ends = next(((start, end) for _, start, end in self.shortcuts(subject)), ())
            found = [(end, value) for end in ends for value in self._values(subject, end)]
        facts_of = [(subject, name, value) for name, value in found if isinstance(value, NamedNode | Literal)]
        return tuple(evidence.of_fact(fact) for fact in sorted(facts_of, key=str)) or (proof,)

    def sentence(self, fact: Fact) -> str:
        """Return a triple in words."""
        subject, predicate, value = fact
        return f"{self._words(subject)} {self._listed([(predicate, value)])}"

    # Steps

    def _steps(self, proofs: Sequence[Proof]) -> dict[Key, _Step]:
        """Return the steps that are told, what they rest on before them; all of them if none is worth telling."""
        for quiet in (_PLUMBING, ()):
            steps: dict[Key, _Step] = {}
            for proof in proofs:
                self._add(proof, steps, quiet)
            told = _ordered({key: step for key, step in steps.items() if not quiet or self._is_telling(step)})
            if told:
                for number, step in enumerate(told.values(), 1):
                    step.number = number
                return told
        return {}

    def _add(self, proof: Proof, steps: dict[Key, _Step], quiet: Sequence[str]) -> list[Key]:
        """Add a proof and what it rests on, and return the steps that say it, or from which it plainly follows."""
        if isinstance(proof, Stated):
            graphs = () if self.is_statement(proof.fact[0]) else proof.graphs
            key: Key = ("", str(proof.fact[0]), *(graph.value for graph in graphs))
            step = steps.setdefault(key, _Step(graphs=proof.graphs))
        else:
            below = [key for premise in proof.premises for key in self._add(premise, steps, quiet)]
            if proof.rule in quiet:
                return below
            key = (proof.rule, str(proof.fact[0]))
            step = steps.setdefault(key, _Step(rule=proof.rule, because=self._because(proof)))
            step.premises.update(dict.fromkeys(each for each in below if each != key))
        if proof.fact not in step.facts:
            step.facts.append(proof.fact)
        return [key]

    def is_statement(self, subject: Term) -> bool:
        """Whether a thing is a statement: it has a certainty."""
        return isinstance(subject, NamedNode) and bool(self._values(subject, _CERTAINTY))

    def _is_telling(self, step: _Step) -> bool:
        subject = step.facts[0][0]
        if any(map(is_vocabulary, step.graphs)) or getattr(subject, "value", "") in self.sections:
            return False
        return any(predicate not in _QUIET for _, predicate, _ in step.facts)

    def _told(self, step: _Step, steps: Mapping[Key, _Step]) -> dict[str, Any]:
        """Return a step as JSON members."""
        return {
            "number": step.number,
            "says": self._says(step),
            "sources": [self._source(graph.value, step.facts) for graph in step.graphs],
            "rule": step.rule,
            "rule_iri": _defined(step),
            "because": step.because,
            "about": getattr(step.facts[0][0], "value", ""),
            "marks": self._marks_of(step),
            "from": sorted(steps[key].number for key in step.premises if key in steps),
            "triples": [self._triple(fact) for fact in sorted(step.facts, key=str)],
        }

    def _marks_of(self, step: _Step) -> str:
        subject = step.facts[0][0]
        return self.marks(subject, computed=bool(step.rule)) if isinstance(subject, NamedNode) else ""

    def _says(self, step: _Step) -> str:
        """Return what a step says: of a statement between two things, its shortcut."""
        subject = step.facts[0][0]
        shown = [fact for fact in step.facts if fact[1] not in _QUIET] or step.facts
        pairs = [(predicate, value) for _, predicate, value in sorted(shown, key=_place_in_step)]
        if not self.is_statement(subject):
            return f"{self._words(subject)} {self._listed(pairs)}"
        assert isinstance(subject, NamedNode)
        marks = self._marks_of(step)
        for shortcut, start, end in self.shortcuts(subject):
            ends = dict(pairs)
            if start in ends and end in ends:
                rest = self._listed([pair for pair in pairs if pair[0] not in (start, end)])
                more = "; ".join(filter(None, (rest, marks)))
                said = f"{self._words(ends[start])} {self._words(shortcut)} {self._words(ends[end])}"
                return f"{said} ({more})" if more else said
        said = self._headed(pairs) or f"{self.kind(subject)}: {self._listed(pairs)}"
        return said + (f" ({marks})" if marks else "")

    def _headed(self, pairs: Sequence[tuple[NamedNode, Term]]) -> str:
        """Return a figure as subject, measure and number, a dating as what is dated when, an assertion as a triple."""
        ends = dict(pairs)
        if all(part in ends for part in _TRIPLE):
            subject, predicate, value = (ends[part] for part in _TRIPLE)
            assert isinstance(predicate, NamedNode)
            return f"{self._words(subject)} {self._verb(predicate, isinstance(value, Literal))} {self._words(value)}"
        of, name = next(((of, name) for of, name in _HEADS if of in ends and name in ends), (None, None))
        if of is None or name is None:
            return ""
        number = " ".join(self._words(ends[each]) for each in _NUMBER if each in ends and ends[each] not in _USUAL)
        rest = self._listed([pair for pair in pairs if pair[0] not in (of, name, *_NUMBER)])
        said = f"{self._words(ends[of])}: {self._words(ends[name])} {number}".rstrip()
        return " ".join(filter(None, (said, f"({rest})" if number and rest else rest)))

    def _listed(self, pairs: Iterable[tuple[NamedNode, Term]]) -> str:
        """Return properties with their values, each property once."""
        values: dict[str, list[str]] = defaultdict(list)
        for predicate, value in pairs:
            words = self._words(value)
            verb = self._verb(predicate, isinstance(value, Literal))
            is_plain_type = predicate == _TYPE and interface() == ENGLISH
            values["is" if is_plain_type else verb].append(with_article(words) if is_plain_type else words)
        return "; ".join(f"{name} {reduce(_and, found)}" for name, found in values.items())

    def _verb(self, predicate: NamedNode, is_literal: bool) -> str:
        """Return the words for a property as they follow a subject."""
        if predicate in _NAMING or predicate == _TYPE:
            return gettext("is called") if predicate in _NAMING else gettext("is a")
        with reading(ENGLISH):
            first = self._words(predicate).partition(" ")[0]
        words = self._words(predicate)
        is_noun = is_literal and not first.endswith("ed") and first not in _VERBS
        return gettext("has %(property)s", property=words) if is_noun else words

    def marks(self, statement: NamedNode, *, computed: bool = False) -> str:
        """Return in what a statement is not plain; that what follows is computed need not be said."""
        found = (
            self._words(value)
            for predicate, plain in _PLAIN.items()
            for value in self._values(statement, predicate)
            if value != plain and not (computed and value == expand("origin:computed"))
        )
        return ", ".join(sorted(set(found)))

    def kind(self, statement: NamedNode) -> str:
        """Return the class of a statement in words, the most special one, as a line begins with it."""
        kind = self._class(statement)
        return kind[:1].upper() + kind[1:]

    def _class(self, statement: NamedNode) -> str:
        types = {each for each in self._values(statement, _TYPE) if isinstance(each, NamedNode)}
        wider = {up for each in types for up in self._values(each, expand("rdfs:subClassOf"))}
        named = sorted(self._words(each) for each in types - wider)
        return (named or [gettext("statement")])[0]

    def shortcuts(self, statement: NamedNode) -> Iterator[tuple[NamedNode, NamedNode, NamedNode]]:
        """Yield the links that a statement gives, each with the properties that lead to its ends."""
        types = self._values(statement, _TYPE)
        return (shortcut for class_, *shortcut in self._all_shortcuts if class_ in types)  # type: ignore[misc]

    @cached_property
    def _all_shortcuts(self) -> list[tuple[Term, ...]]:
        rows = solutions(self.store, _SHORTCUTS)
        return [tuple(row[name] for name in ("class", "shortcut", "from", "to")) for row in rows]

    def _values(self, subject: NamedNode, predicate: NamedNode) -> list[Any]:
        return [quad.object for quad in self.store.quads_for_pattern(subject, predicate, None, DefaultGraph())]

    # Absence and sums

    def _absent(self, absence: Absence) -> str:
        """Return in words what no statement says; nothing for a pattern that only chooses among names."""
        patterns = [each for each in absence if each[1] not in _QUIET]
        if not patterns or any(predicate == expand("rdf:subject") for _, predicate, _ in patterns):
            return ""
        denied = reduce(_and, self._denied(patterns))
        if any(each[1:] == (_CERTAINTY, _PLAIN[_CERTAINTY]) for each in absence):
            return gettext("no certain statement says that %(what)s", what=denied)
        return gettext("no statement says that %(what)s", what=denied)

    def _denied(self, patterns: Sequence[tuple[Term | str, Term | str, Term | str]]) -> Iterator[str]:
        """Yield patterns in words, those of a statement between two things by its shortcut."""
        places = Counter(part for each in patterns for part in each if isinstance(part, str))
        for subject in dict.fromkeys(each[0] for each in patterns):
            ends = {predicate: value for one, predicate, value in patterns if one == subject}
            shortcut = next((each for each in self._all_shortcuts if each[2] in ends and each[3] in ends), None)
            if isinstance(subject, str) and shortcut:
                yield " ".join(self._any(part, places) for part in (ends[shortcut[2]], shortcut[1], ends[shortcut[3]]))
                continue
            for predicate, value in ends.items():
                verb = self._verb(predicate, True) if isinstance(predicate, NamedNode) else self._any(predicate, places)
                yield f"{self._any(subject, places)} {verb} {self._any(value, places)}"

    def _any(self, part: Term | str, places: Mapping[str, int]) -> str:
        """Return a term in words; a variable that stands in several places by its name."""
        if isinstance(part, str):
            name = heading(part)
            is_named = places[part] > 1 and part[:1] != "_" and not name.is_foreign
            return gettext("any %(name)s", name=name) if is_named else gettext("anything")
        if isinstance(part, NamedNode) and self.is_statement(part):
            return gettext("this %(kind)s", kind=self._class(part))
        return self._words(part)

    def _part(self, values: Mapping[str, Term], proofs: Sequence[Proof], steps: Mapping[Key, _Step]) -> dict[str, Any]:
        """Return what went into a number or a joined text, and the steps that it rests on."""
        keys: dict[Key, None] = {}
        for proof in proofs:
            keys.update(dict.fromkeys(self._add(proof, {}, _PLUMBING)))
        return {
            "values": {name: self._words(value) for name, value in sorted(values.items())},
            "steps": sorted(steps[key].number for key in keys if key in steps),
        }

    # What is stated and inferred

    def _inferred(self, proof: Derived) -> dict[str, Any]:
        premises = [self._triple(premise.fact) for premise in proof.premises]
        return {**self._triple(proof.fact), "rule": proof.rule, "because": self._because(proof), "from": premises}

    def _because(self, proof: Derived) -> str:
        """Return why a triple follows from others, in the language of the reader."""
        if proof.axiom:
            return Label(proof.axiom.words(self.words), interface())
        return translated(proof.summary)

    def _group(self, graph: str, found: Sequence[Fact]) -> dict[str, Any]:
        subject = found[0][0]
        marks = self.marks(subject) if isinstance(subject, NamedNode) else ""
        return {
            "source": self._source(graph, found),
            "status": marks or (self.words(_PLAIN[_CERTAINTY]) if self.is_statement(subject) else ""),
            "subject": self._words(subject),
            "iri": getattr(subject, "value", ""),
            "triples": [self._triple(fact) for fact in sorted(found, key=str)],
        }

    def _source(self, graph: str, said: Sequence[Fact]) -> dict[str, str]:
        """Return what is told of who says something: of an import, the first row that says any of it."""
        section = self.sections.get(graph)
        if section:
            section = section.at(next(filter(None, (row_of(self.origins, fact, graph) for fact in said)), None))
        members = {name: section.parts[name] for name in _MEMBERS if name in section.parts} if section else {}
        place = _place(section) if section else self.words(NamedNode(graph))
        name = Label(f"{section.title}, {place}", language_of(place, section.title)) if section else place
        document = section.document if section else ""
        return {"iri": graph, "name": name, "place": self._short(section) or place, "document": document, **members}

    def _short(self, section: Section | None) -> str:
        """Return the number of a section, with the end of its heading if others bear the number too."""
        if section is None or "number" not in section.parts:
            return ""
        number, whole = section.parts["number"], section.parts.get("heading", "")
        alone = self._numbers[section.document, number] == 1
        return number if alone or not whole else Label(f"{number} {whole.rpartition(': ')[2]}", language_of(whole))

    @cached_property
    def _numbers(self) -> Counter[tuple[str, str]]:
        return Counter((each.document, each.parts.get("number", "")) for each in self.sections.values())

    def _triple(self, fact: Fact) -> dict[str, str]:
        subject, predicate, value = fact
        name = gettext("is a") if predicate == _TYPE else self._words(predicate)
        return {"subject": self._words(subject), "property": name, "value": self._words(value),
                "triple": f"{subject} {predicate} {value}"}  # fmt: skip

    def linked(self, statement: NamedNode) -> str:
        """Return a statement between two things as its shortcut says it; nothing for anything else."""
        if not self.is_statement(statement):
            return ""
        for shortcut, start, end in self.shortcuts(statement):
            one, other = self._values(statement, start), self._values(statement, end)
            if one and other:
                return f"“{self._words(one[0])} {self._words(shortcut)} {self._words(other[0])}”"
        return ""

    def _words(self, term: Term) -> str:
        if isinstance(term, NamedNode):
            section = self.sections.get(term.value)
            return _place(section) if section else self.linked(term) or self.words(term)
        return term.value if isinstance(term, Literal) else str(term)


def _step_of(proofs: Sequence[Proof]) -> _Step:
    """Return the step of what is said of one subject, or follows of it by one rule."""
    rule = next((each.rule for each in proofs if isinstance(each, Derived)), "")
    return _Step([each.fact for each in proofs], rule=rule)


def _defined(step: _Step) -> str:
    """Return where the rule of a step is defined: its file, or what has the axiom; nothing where sections say it."""
    if not step.rule:
        return ""
    _, predicate, value = step.facts[0]
    axiom = value if predicate == _TYPE else predicate
    return QUERY + step.rule if "/" in step.rule else getattr(axiom, "value", "")


def _ordered(steps: Mapping[Key, _Step]) -> dict[Key, _Step]:
    """Return steps as they are drawn: what follows right after what it rests on, and the rest at the end."""
    ordered: dict[Key, _Step] = {}
    waiting: set[Key] = set()

    def add(key: Key) -> None:
        if key in steps and key not in waiting:
            waiting.add(key)
            for premise in inferred_first(steps[key].premises):
                add(premise)
            ordered[key] = steps[key]

    def inferred_first(keys: Iterable[Key]) -> list[Key]:
        return sorted(keys, key=lambda key: key not in steps or not steps[key].rule)

    for key in inferred_first(steps):
        add(key)
    return ordered


def _place_in_step(fact: Fact) -> tuple[int, str]:
    return _FIRST.index(fact[1]) if fact[1] in _FIRST else len(_FIRST), str(fact)


def _place(section: Section) -> str:
    """Return a section by its own number and heading."""
    return section.place or section.name


def _and(some: str, last: str) -> str:
    return gettext("%(some)s and %(last)s", some=some, last=last)
