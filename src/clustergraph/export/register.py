"""What the statements of an imported table are made of: things that the graph knows, and new ones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from clustergraph.ask.names import plain
from clustergraph.ask.resolve import choices_query, nearest, read_choices
from clustergraph.errors import Where
from clustergraph.graph import Graph
from clustergraph.questions import Parameter
from clustergraph.terms import GRAPH, ID, ONTOLOGY, PREFIXES, SCHEME, expand, slug, thing

HOME: Final = f"{GRAPH}eccp/"
"""Where the graphs of imported profiles are."""
_DATES: Final = {r"\d{4}": "gYear", r"\d{4}-\d\d": "gYearMonth", r"\d{4}-\d\d-\d\d": "date"}
_NEW: Final = {"cg:Partnership": "partnership", "cg:Project": "project", "cg:Activity": "network"}
_CLASSES: Final = {"partnership": "Partnership", "project": "Project", "network": "Network"}
_LONGEST: Final = 100


class CellError(ValueError):
    """A cell does not say what its column takes."""


@dataclass
class Register:
    """What the statements of a table are made of: names that a graph knows, and new ones."""

    graph: Graph
    lists: tuple[Quad, ...]
    """The code lists of the form, with what each of their values covers."""
    quads: set[Quad] = field(default_factory=set)
    where: Where | None = None
    """The cell of the table that statements come from now."""
    cells: dict[Quad, Where] = field(default_factory=dict)
    """The first cell that each statement comes from."""
    _known: dict[str, tuple[dict[str, str], dict[str, set[str]]]] = field(default_factory=dict)
    _given: set[str] = field(default_factory=set)

    def reference(self, graph: NamedNode, title: str, description: str) -> None:
        """Describe a graph of identities."""
        self.add(graph, "rdf:type", expand("cg:ReferenceGraph"), graph)
        self.add(graph, "skos:prefLabel", Literal(title, language="en"), graph)
        self.add(graph, "dcterms:description", Literal(description, language="en"), graph)

    def add(self, subject: NamedNode, predicate: str, value: NamedNode | Literal, graph: NamedNode) -> None:
        """Add a statement to a graph."""
        quad = Quad(subject, expand(predicate), value, graph)
        self.quads.add(quad)
        if self.where:
            self.cells.setdefault(quad, self.where)

    def statement(self, kind: str, words: Sequence[str]) -> NamedNode:
        """Return a new IRI for a statement."""
        name = stem = slug("-".join(["eccp", *words]))[:_LONGEST].strip("-")
        number = 1
        while f"{kind}/{name}" in self._given:
            number += 1
            name = f"{stem}-{number}"
        self._given.add(f"{kind}/{name}")
        return thing(kind, name)

    def find(self, of: str, name: str) -> NamedNode | None:
        """Return what a name means, by label, spelling or code, or None.

        Args:
            of: a class, as a prefixed name, or the name of a code list.
            name: the name.
        """
        exact, loose = self._choices(of)
        same = loose.get(plain(name), set())
        iri = exact.get(name) or (min(same) if len(same) == 1 else None)
        return NamedNode(iri) if iri else None

    def _choices(self, of: str) -> tuple[dict[str, str], dict[str, set[str]]]:
        """Return the IRIs of a class or list by name, and by name without accents, case and punctuation."""
        if of not in self._known:
            parameter = Parameter("name", "", "iri" if ":" in of else "code", of)
            rows = self.graph.select(choices_query(parameter))
            exact = read_choices((row["thing"].value, row["name"].value) for row in rows)
            loose: dict[str, set[str]] = defaultdict(set)
            for name, iri in exact.items():
                loose[plain(name)].add(iri)
            loose.pop("", None)
            self._known[of] = exact, dict(loose)
        return self._known[of]

    def code(self, of: str, name: str) -> NamedNode:
        """Return what a name means; see `find`.

        Raises:
            ValueError: nothing has that name; it names the nearest.
        """
        found = self.find(of, name)
        if found is None:
            near = nearest(name, self._choices(of)[0])
            hint = f"did you mean {' or '.join(repr(other) for other in near)}?" if near else f"see the list {of}"
            raise CellError(f"{name!r} is not known; {hint}")
        return found

    def official(self, scheme: str, name: str) -> NamedNode | None:
        """Return a value of the sources that a value of an official list covers, or None."""
        rows = self._mapping.query(
            f"""SELECT ?covered {{ ?code skos:inScheme <{SCHEME}{scheme}> ; skos:prefLabel|skos:notation ?label ;
              skos:exactMatch|skos:closeMatch|skos:narrowMatch ?covered FILTER (STR(?label) = {Literal(name)}) }}
              ORDER BY ?covered LIMIT 1""",
            prefixes=PREFIXES,
        )
        assert isinstance(rows, QuerySolutions)
        return next((NamedNode(row["covered"].value) for row in rows), None)

    @cached_property
    def _mapping(self) -> Store:
        store = Store()
        store.extend(self.lists)
        return store

    def organisation(self, name: str, iri: str = "") -> NamedNode:
        """Return an organisation, a new one if nothing has that name."""
        if not iri:
            return self.find("cg:Organisation", name) or self._new(
                thing("organisation", _stem(name)), "Organisation", name, "organisations"
            )
        if not iri.startswith(f"{ID}organisation/"):
            raise CellError(f"{iri} is not the IRI of an organisation")
        node = NamedNode(iri)
        return node if self._has_label(node) else self._new(node, "Organisation", name, "organisations")

    def activity(self, of: str, name: str) -> NamedNode:
        """Return a partnership, project or network, a new one if nothing has that name."""
        kind = _NEW[of]
        return self.find(of, name) or self._new(thing(kind, _stem(name)), _CLASSES[kind], name, "activities")

    def _has_label(self, node: NamedNode) -> bool:
        return bool(list(self.graph.select(f"SELECT * {{ {node} skos:prefLabel ?label }} LIMIT 1")))

    def _new(self, node: NamedNode, class_: str, name: str, home: str) -> NamedNode:
        graph = NamedNode(HOME + home)
        self.reference(graph, f"New {home} of the cluster platform", f"The identity of {home} that a profile names.")
        self.add(node, "rdf:type", NamedNode(ONTOLOGY + class_), graph)
        self.add(node, "skos:prefLabel", Literal(name, language="en"), graph)
        return node


def _stem(name: str) -> str:
    stem = slug(name)
    if not stem:
        raise CellError(f"{name!r} gives no name for an IRI; write it in Latin letters, or give the IRI")
    return stem


def dated(text: str) -> Literal:
    """Return a year, month or day as a literal of the right type.

    >>> dated("2010-12").datatype.value.rpartition("#")[2]
    'gYearMonth'

    Raises:
        ValueError: it is none of these.
    """
    for pattern, datatype in _DATES.items():
        if re.fullmatch(pattern, text):
            return Literal(text, datatype=expand(f"xsd:{datatype}"))
    raise CellError(f"{text!r} is not a date; write 2016, 2016-05 or 2016-05-01")
