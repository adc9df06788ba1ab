"""What a section says, in words: each statement as a sentence, under the thing that it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

from pyoxigraph import Literal, NamedNode

from clustergraph.engine.store import Embedded
from clustergraph.languages import notation
from clustergraph.languages.messages import gettext
from clustergraph.questions.answer import Cell
from clustergraph.questions.sections import Section
from clustergraph.questions.traversal import Fact, Term
from clustergraph.terms import compact, expand

if TYPE_CHECKING:
    from clustergraph.questions.explanation import Explainer

_MOST: Final = 5000
"""So many triples of a section are told; larger are only tables that were imported."""
_TYPE: Final = expand("rdf:type")
_SPELLING: Final = expand("cg:spelling")
_ROLE: Final = expand("cg:role")
_ABOUT: Final = tuple(map(expand, (
    "cg:subject", "rdf:subject", "cg:party", "cg:planOf", "cg:dated", "cg:mentioned", "cg:addressOf", "cg:participant",
    "cg:organisation", "cg:holder", "cg:setBy", "cg:activity", "cg:recipient",
)))  # fmt: skip
"""What leads from a statement to the thing that it is about: the first that it has."""
_NUMBER: Final = tuple(map(expand, ("cg:bound", "cg:value", "cg:unit")))
_HEADS: Final = {
    expand(head): tuple(map(expand, of))
    for head, of in {
        "cg:measure": ("cg:value",),
        "cg:planKind": ("skos:prefLabel",),
        "cg:relationshipKind": ("cg:counterparty", "cg:counterpartyText"),
        "cg:mentionKind": ("cg:mentionText",),
        "rdf:predicate": ("rdf:object",),
    }.items()
}
"""What a statement is called, and the properties of which it gives the values."""
_UNSAID: Final = frozenset(map(expand, (
    "rdf:type", "cg:certainty", "cg:scope", "cg:phase", "cg:origin", "cg:order", "cg:column", "cg:derivedFrom",
    "cg:mentionedIn", "cg:statedIn", "cg:checkedBy", "cg:under",
)))  # fmt: skip
"""What the sentence of a statement leaves out: its status says how certain it is, the raw statements have the rest."""
_USUAL: Final = frozenset(map(expand, ("bound:exactly", "unit:count", "unit:rank")))
"""What needs no word beside a number."""
_AS_OF: Final = expand("cg:asOf")
_DATES: Final = frozenset(map(expand, ("cg:heldSince", "cg:start", "cg:end", "cg:earliest", "cg:latest")))


@dataclass(frozen=True)
class SectionStatement:
    """A statement in words."""

    iri: str
    """Its IRI; nothing where it is no statement of its own but a property of the thing."""
    head: tuple[Cell, ...]
    """What is said, or of what the values are."""
    values: tuple[Cell, ...] = ()
    details: tuple[str, ...] = ()
    status: str = ""
    """How certain it is and of whom it is said, where this is known of it."""
    sure: bool = True
    whys: tuple[tuple[str, ...], ...] = ()
    """A triple of it, or one for each value, each part as in Turtle."""

    @property
    def says(self) -> str:
        """The sentence.

        >>> SectionStatement("", (Cell("members"),), (Cell("more than 350"),), ("2017",)).says
        'members: more than 350 (2017)'
        """
        head, values = (" ".join(each.shown for each in self.head), ", ".join(each.shown for each in self.values))
        more = f" ({'; '.join(self.details)})" if self.details else ""
        return f"{head}: {values}{more}" if values else head + more

    def document(self) -> dict[str, Any]:
        """Return it as JSON members."""
        triples = [" ".join(each) for each in self.whys]
        return {"says": self.says, "status": self.status or None, "iri": self.iri or None, "triples": triples}


@dataclass
class SectionSubject:
    """A thing with what a section says of it."""

    thing: Cell
    classes: tuple[Cell, ...] = ()
    statements: list[SectionStatement] = field(default_factory=list)
    spellings: tuple[str, ...] = ()
    """How it is spelled there."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON members."""
        told = {"thing": {"label": self.thing.value, "iri": self.thing.iri}, "spellings": list(self.spellings)}
        return {**told, "statements": [each.document() for each in self.statements]}


class SectionSource(Protocol):
    """What is needed of a graph."""

    engine: Embedded

    @property
    def sections(self) -> Mapping[str, Section]:
        """The sections of documents, by IRI."""
        ...

    @property
    def explainer(self) -> Explainer:
        """Tells evidence in words."""
        ...

    def label(self, iri: str) -> str:
        """Return the label of a thing, or else its IRI."""
        ...


def section_statements(graph: SectionSource, iri: str) -> list[SectionSubject]:
    """Return what a section says, those of whom it says most first; nothing where an IRI is of none."""
    if iri not in graph.sections:
        return []
    quads = graph.engine.store.quads_for_pattern(None, None, None, NamedNode(iri))
    return _Sentences(graph).told([quad.triple for quad in islice(quads, _MOST)])  # type: ignore[misc]


class _Sentences:
    """Puts the triples of a section into words."""

    def __init__(self, graph: SectionSource) -> None:
        self._graph, self._explainer = graph, graph.explainer

    def told(self, triples: Iterable[Fact]) -> list[SectionSubject]:
        by_node: dict[NamedNode, list[Fact]] = defaultdict(list)
        for fact in sorted(triples, key=str):
            if isinstance(fact[0], NamedNode):
                by_node[fact[0]].append(fact)
        subjects: dict[NamedNode, SectionSubject] = {}
        for node, facts in by_node.items():
            if self._explainer.is_statement(node):
                about = self._about(node, facts)
                subjects.setdefault(about, self._subject(about)).statements.append(self._statement(node, facts))
            else:
                self._add_properties(subjects.setdefault(node, self._subject(node)), facts)
        for each in subjects.values():
            each.statements.sort(key=lambda one: (not one.iri, one.says))
        return sorted(subjects.values(), key=lambda each: (-len(each.statements), each.thing.shown))

    def _subject(self, node: NamedNode) -> SectionSubject:
        return SectionSubject(self._cell(node))

    def _cell(self, term: Term) -> Cell:
        if isinstance(term, NamedNode):
            return Cell(self._explainer.linked(term) or self._graph.label(term.value), term.value)
        text = term.value if isinstance(term, Literal) else str(term)
        return Cell(notation.quantity(text) if isinstance(term, Literal) and _is_number(term) else text)

    def _property(self, predicate: NamedNode) -> Cell:
        return Cell(self._graph.label(predicate.value))

    def _about(self, node: NamedNode, facts: Iterable[Fact], past: frozenset[NamedNode] = frozenset()) -> NamedNode:
        """Return the thing that a statement is about, also through another statement; itself where none is known.

        Statements that are about each other in a circle end where it closes.
        """
        ends = {predicate: value for _, predicate, value in facts}
        found = next((value for each in _ABOUT if isinstance(value := ends.get(each), NamedNode)), node)
        past |= {node}
        if found in past or not self._explainer.is_statement(found):
            return found
        quads = self._graph.engine.store.quads_for_pattern(found, None, None)
        return self._about(found, [each.triple for each in quads if each.predicate in _ABOUT], past)  # type: ignore[misc]

    def _add_properties(self, subject: SectionSubject, facts: Iterable[Fact]) -> None:
        """Add what is said of a thing without a statement of its own, each property once."""
        values: dict[NamedNode, list[Fact]] = defaultdict(list)
        for fact in facts:
            values[fact[1]].append(fact)
        subject.classes = tuple(self._cell(value) for _, _, value in values.pop(_TYPE, ()))
        subject.spellings = tuple(fact[2].value for fact in values.pop(_SPELLING, ()) if isinstance(fact[2], Literal))
        for predicate, same in values.items():
            cells = tuple(self._cell(value) for _, _, value in same)
            whys = tuple(tuple(map(str, fact)) for fact in same)
            subject.statements.append(SectionStatement("", (self._property(predicate),), cells, whys=whys))

    def _statement(self, node: NamedNode, facts: list[Fact]) -> SectionStatement:
        head, values, used = self._said({predicate: value for _, predicate, value in facts}, node)
        rest = [(predicate, value) for _, predicate, value in facts if predicate not in _UNSAID | used]
        marks = self._explainer.marks(node)
        status = marks or self._graph.label(expand("certainty:stated").value)
        telling = next((fact for fact in facts if fact[1] in used), facts[0])
        whys = (tuple(map(str, telling)),)
        return SectionStatement(node.value, head, values, tuple(self._details(rest)), status, not marks, whys)

    def _said(
        self, ends: Mapping[NamedNode, Term], node: NamedNode
    ) -> tuple[tuple[Cell, ...], tuple[Cell, ...], set[NamedNode]]:
        """Return a statement as head and values, and the properties that these tell."""
        for shortcut, start, end in self._explainer.shortcuts(node):
            if start in ends and end in ends:
                said = (self._cell(ends[start]), self._property(shortcut), self._cell(ends[end]))
                return said, (), {end, start}
        for head, of in _HEADS.items():
            found = [each for each in of if each in ends]
            if head in ends and found:
                told = {head, *found, *(each for each in _ABOUT if each in ends)}
                if head == expand("cg:measure"):
                    return (self._cell(ends[head]),), (self._number(ends),), {*_NUMBER, *told}
                return (self._cell(ends[head]),), tuple(self._cell(ends[each]) for each in found), told
        return (Cell(self._explainer.kind(node), node.value),), (), {each for each in _ABOUT if each in ends}

    def _number(self, ends: Mapping[NamedNode, Term]) -> Cell:
        parts = (self._cell(ends[each]) for each in _NUMBER if each in ends and ends[each] not in _USUAL)
        return Cell(" ".join(each.shown for each in parts))

    def _details(self, pairs: Iterable[tuple[NamedNode, Term]]) -> Iterator[str]:
        """Yield what else a statement says: in which role, since when, under what."""
        for predicate, value in pairs:
            words = self._cell(value).shown
            if predicate == _ROLE:
                yield gettext("as %(role)s", role=words)
            elif predicate == _AS_OF:
                yield notation.day(words)
            else:
                between = " " if isinstance(value, NamedNode) else ": "
                said = notation.day(words) if predicate in _DATES else words
                yield f"{self._graph.label(predicate.value)}{between}{said}"


def _is_number(term: Literal) -> bool:
    return compact(term.datatype.value) in ("xsd:integer", "xsd:decimal", "xsd:double", "xsd:nonNegativeInteger")
