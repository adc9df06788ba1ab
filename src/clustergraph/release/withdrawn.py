"""What has been withdrawn: the list of it, by IRI, and what of a graph goes with it.

The list is kept in the project, so that no import and no build brings back what is on it, and beside the releases, so
that the service can say what is gone. It has IRIs, dates and reasons, and no content.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final, Self

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, Triple, parse

from clustergraph.errors import SourceError, Where
from clustergraph.rdf.files import text_of, whole
from clustergraph.terms import expand

FILE: Final = "withdrawn.csv"
"""The name of the list, in the data folder of a project and beside the releases."""
_HEAD: Final = ["iri", "date", "reason"]
_CERTAINTY, _ABOUT, _IN = expand("cg:certainty"), expand("cg:about"), expand("cg:inDocument")
_OWNED: Final = (expand("adms:identifier"), expand("cg:amount"), expand("geo:hasGeometry"))
"""The properties whose values go with a thing unless another thing has them, too."""

Node = NamedNode | BlankNode


@dataclass(frozen=True)
class Withdrawal:
    """A source or thing that has been withdrawn."""

    iri: str
    """A thing, a graph, or what the IRIs of the graphs of a source begin with, up to a slash."""
    date: str
    reason: str = ""


@dataclass(frozen=True)
class Withdrawn:
    """All that has been withdrawn."""

    listed: tuple[Withdrawal, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what the list in a folder says; nothing where there is none; `SourceError` if it is damaged."""
        path = folder / FILE
        if not path.is_file():
            return cls()
        head, *rows = [row for row in csv.reader(StringIO(text_of(path))) if row] or [[]]
        if head != _HEAD or any(len(row) != len(_HEAD) for row in rows):
            advice = f"its columns are {', '.join(_HEAD)}"
            raise SourceError("this is no list of what was withdrawn", where=Where(path), advice=advice)
        return cls(tuple(Withdrawal(*row) for row in rows))

    def write(self, folder: Path) -> None:
        """Write the list into a folder, whole or not at all."""
        text = StringIO(newline="")
        rows = [[each.iri, each.date, each.reason] for each in self.listed]
        csv.writer(text, lineterminator="\n").writerows([_HEAD, *rows])
        with whole(folder / FILE) as file:
            file.write(text.getvalue().encode())

    def __bool__(self) -> bool:
        """Whether anything has been withdrawn."""
        return bool(self.listed)

    def also(self, more: Iterable[Withdrawal]) -> Withdrawn:
        """Return the list with some more; what is on it already stays as it is."""
        known = {each.iri for each in self.listed}
        return Withdrawn((*self.listed, *(each for each in more if each.iri not in known)))

    def find(self, iri: str) -> Withdrawal | None:
        """Return the withdrawal that an IRI falls under.

        >>> gone = Withdrawn((Withdrawal("https://a.example/graph/list", "2026-12-01"),))
        >>> bool(gone.find("https://a.example/graph/list/2")), gone.find("https://a.example/graph/listed")
        (True, None)
        """
        return next((each for each in self.listed if iri == each.iri or iri.startswith(f"{each.iri}/")), None)

    def left(self, quads: Sequence[Quad]) -> Sequence[Quad]:
        """Return the statements, such as those of a row, that stay of some that stand together."""
        if not self or not any(map(self.names, quads)):
            return quads
        store = Store()
        store.extend(quads)
        gone = set(self.gone(store))
        return [quad for quad in quads if quad not in gone]

    def left_lines(self, lines: Sequence[bytes]) -> list[bytes]:
        """Return those of the N-Quads lines of a row that stay; comments do."""
        if not any(each.iri.encode() in line for each in self.listed for line in lines):
            return list(lines)
        quads = {line: next(parse(line, format=RdfFormat.N_QUADS)) for line in lines if not line.startswith(b"#")}
        left = set(self.left(list(quads.values())))
        return [line for line in lines if line not in quads or quads[line] in left]

    def leave_out(self, store: Store) -> int:
        """Remove from a graph what goes with all that has been withdrawn, and return how much of it there was."""
        gone = list(self.gone(store)) if self else []
        for quad in gone:
            store.remove(quad)
        return len(gone)

    def gone(self, store: Store) -> Iterator[Quad]:
        """Yield the statements of a graph that go: those of sources that are withdrawn, and of and about things."""
        graphs = [graph for graph in store.named_graphs() if isinstance(graph, NamedNode) and self.find(graph.value)]
        found: set[Quad] = set()
        for graph in graphs:
            found.update(store.quads_for_pattern(None, None, None, graph))
        for node in self.things(store, graphs):
            found.update(store.quads_for_pattern(node, None, None, None))
            found.update(store.quads_for_pattern(None, None, node, None))
        yield from found

    def things(self, store: Store, graphs: Iterable[NamedNode] = ()) -> set[Node]:
        """Return the nodes that go: what is withdrawn, all that is stated of it, and what belongs to it alone."""
        found: set[Node] = set()
        waiting: list[Node] = [*(NamedNode(each.iri) for each in self.listed), *graphs]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += _on(store, node)
        return found | _alone(store, found)

    def names(self, quad: Quad) -> bool:
        """Whether a statement names what is withdrawn, or stands in its graph."""
        terms = (quad.subject, quad.object, quad.graph_name)
        return any(isinstance(term, NamedNode) and self.find(term.value) for term in terms)


def _on(store: Store, node: Node) -> Iterator[Node]:
    """Yield the statements that name a node, the notes on it, and the sections of it if it is a document."""
    for quad in store.quads_for_pattern(None, None, node, None):
        subject = quad.subject
        if isinstance(subject, Triple):
            continue
        if quad.predicate in (_ABOUT, _IN) or any(store.quads_for_pattern(subject, _CERTAINTY, None, None)):
            yield subject


def _alone(store: Store, nodes: set[Node]) -> set[Node]:
    """Return the identifiers, addresses and the like that no other thing has."""
    owned = (
        quad.object for node in nodes for name in _OWNED for quad in store.quads_for_pattern(node, name, None, None)
    )
    held = {each for each in owned if isinstance(each, NamedNode)}
    return {
        each for each in held if all(quad.subject in nodes for quad in store.quads_for_pattern(None, None, each, None))
    }
