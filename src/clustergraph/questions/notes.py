"""The notes of the editors on what is odd in a source: what they are about, and which rule finds the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from clustergraph.engine.store import Embedded
from clustergraph.languages.reader import Label
from clustergraph.rdf.labels import rank
from clustergraph.terms import expand

Term = NamedNode | BlankNode | Literal | Triple
_OF: Final = ("subject", "holder", "participant", "activity", "party", "counterparty", "setBy", "funded", "mentioned")
_PARTIES: Final = frozenset(expand(f"cg:{name}") for name in _OF)
"""The properties that lead from a statement to the things that it is about."""


@dataclass(frozen=True)
class Note:
    """A remark of the editors."""

    iri: str
    kind: str
    """The code of its kind, such as ``contradiction``."""
    text: str
    about: frozenset[str]
    """The IRIs of the things and statements that it is about."""
    sections: frozenset[str]
    """The IRIs of the sections that it concerns."""
    found_by: frozenset[str]
    """The IRIs of the rules that find what it tells."""

    def document(self) -> dict[str, object]:
        """Return it as JSON members."""
        return {"kind": self.kind, "text": self.text, "iri": self.iri}


def notes(graph: Embedded) -> list[Note]:
    """Return all notes of a graph, in the order of their IRIs."""
    return _read(graph.store, (quad.subject for quad in _quads(graph.store, "rdf:type", expand("cg:Note"))))


def notes_on(graph: Embedded, iri: str) -> list[Note]:
    """Return the notes on a thing, on statements about it, or on the section that it is."""
    node, store = NamedNode(iri), graph.store
    said = {quad.subject for quad in store.quads_for_pattern(None, None, node, DefaultGraph())
            if quad.predicate in _PARTIES and _is(store, quad.subject, "cg:Statement")}  # fmt: skip
    found = {quad.subject for name in ("cg:about", "cg:concernsSection") for quad in _quads(store, name, node)}
    found |= {quad.subject for each in said for quad in _quads(store, "cg:about", each)}
    return _read(store, (each for each in found if _is(store, each, "cg:Note")))


def _quads(store: Store, name: str, value: Term) -> Iterable[Quad]:
    return store.quads_for_pattern(None, expand(name), value, DefaultGraph())


def _is(store: Store, node: Term, name: str) -> bool:
    return not isinstance(node, Literal) and Quad(node, expand("rdf:type"), expand(name), DefaultGraph()) in store


def _read(store: Store, nodes: Iterable[Term]) -> list[Note]:
    return [_note(store, node) for node in sorted({n for n in nodes if isinstance(n, NamedNode)}, key=str)]


def _note(store: Store, node: NamedNode) -> Note:
    def values(name: str) -> list[Literal | NamedNode]:
        quads = store.quads_for_pattern(node, expand(name), None, DefaultGraph())
        return [quad.object for quad in quads if isinstance(quad.object, Literal | NamedNode)]

    texts = sorted((text for text in values("dcterms:description") if isinstance(text, Literal)), key=rank)
    kinds = sorted(kind.value.rpartition("/")[2] for kind in values("cg:noteKind"))
    links = ("cg:about", "cg:concernsSection", "cg:foundBy")
    parts = (frozenset(each.value for each in values(name)) for name in links)
    return Note(
        node.value, "".join(kinds[:1]), next((Label(text.value, text.language) for text in texts), Label("")), *parts
    )
