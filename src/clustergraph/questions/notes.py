"""The notes of the editors on what is odd in a source: what they are about, and which rule finds the same."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from pyoxigraph import NamedNode, QuerySolutions

from clustergraph.engine.store import Embedded
from clustergraph.terms import expand

_NOTES: Final = """SELECT ?note ?kind ?text ?link ?value WHERE {
  ?note a cg:Note ; cg:noteKind/skos:notation ?kind ; dcterms:description ?text ; ?link ?value
  FILTER (?link IN (cg:about, cg:concernsSection, cg:foundBy))
} ORDER BY ?note (LANG(?text) != "en") ?text"""


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
    rows = graph.query(_NOTES)
    assert isinstance(rows, QuerySolutions)
    found = []
    for iri, same in groupby(rows, key=lambda row: row["note"].value):
        links: dict[NamedNode, set[str]] = defaultdict(set)
        first, *others = same
        for row in (first, *others):
            links[row["link"]].add(row["value"].value)
        parts = (frozenset(links[expand(name)]) for name in ("cg:about", "cg:concernsSection", "cg:foundBy"))
        found.append(Note(iri, first["kind"].value, first["text"].value, *parts))
    return found
