"""Property paths: read from shapes, written as SPARQL and in words, walked forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from clustergraph.shacl.triples import InvalidShapesError, Node, Subject, Triples, rdf, sh, show

_MAX_DEPTH: Final = 50
_NEVER: Final = "<urn:x-clustergraph:never>"
"""A predicate that no data has."""


@dataclass(frozen=True)
class Step:
    """One predicate, from subject to object or the other way."""

    predicate: NamedNode
    inverse: bool = False


@dataclass(frozen=True)
class Sequence:
    """One path after the other."""

    steps: tuple[Path, ...]


@dataclass(frozen=True)
class Alternative:
    """Any of several paths."""

    options: tuple[Path, ...]


@dataclass(frozen=True)
class Repeat:
    """A path taken optionally, or any number of times."""

    path: Path
    optional: bool
    many: bool

    @property
    def sign(self) -> str:
        """The sign that SPARQL has for it."""
        return ("*" if self.optional else "+") if self.many else "?"


Path: TypeAlias = Step | Sequence | Alternative | Repeat


def read(triples: Triples, node: Node) -> Path:
    """Return the path that a node of the shapes stands for.

    Raises:
        InvalidShapesError: it is no well-formed path.
    """
    return _read(triples, node, ())


def _read(triples: Triples, node: Node, above: tuple[Node, ...]) -> Path:
    if isinstance(node, NamedNode):
        return Step(node)
    if isinstance(node, Literal) or node in above or len(above) > _MAX_DEPTH:
        raise InvalidShapesError(f"{show(node)} is not a property path")
    above = (*above, node)
    if triples.objects(node, _FIRST):
        return Sequence(_members(triples, node, above))
    found = [(name, value) for name in _KINDS for value in triples.objects(node, sh(name))]
    if len(found) != 1:
        raise InvalidShapesError(f"a property path has {len(found)} kinds where it must have one")
    [(name, value)] = found
    if name == "alternativePath":
        return Alternative(_members(triples, value, above))
    inner = _read(triples, value, above)
    return (
        reverse(inner) if name == "inversePath" else Repeat(inner, name.startswith("zero"), name.endswith("MorePath"))
    )


_KINDS: Final = ("inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")


_FIRST: Final = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#first")


def _members(triples: Triples, node: Node, above: tuple[Node, ...]) -> tuple[Path, ...]:
    members = tuple(_read(triples, item, above) for item in triples.items(node))
    if len(members) < 2:
        raise InvalidShapesError("a property path that is a list must have two members or more")
    return members


def reverse(path: Path) -> Path:
    """Return the path that leads back.

    >>> sparql(reverse(Sequence((Step(NamedNode("a:p")), Step(NamedNode("a:q"))))))
    '^<a:q>/^<a:p>'
    """
    match path:
        case Step():
            return Step(path.predicate, not path.inverse)
        case Sequence():
            return Sequence(tuple(reverse(step) for step in reversed(path.steps)))
        case Alternative():
            return Alternative(tuple(reverse(option) for option in path.options))
        case Repeat():
            return Repeat(reverse(path.path), path.optional, path.many)


def sequence(*paths: Path | None) -> Path | None:
    """Return the paths one after the other; no path at all stays where it is."""
    steps = tuple(path for path in paths if path is not None)
    return steps[0] if len(steps) == 1 else Sequence(steps) if steps else None


def sparql(path: Path) -> str:
    """Return the path as SPARQL writes it."""
    return _write(path, lambda predicate: f"<{predicate.value}>", "/", "|")


def words(path: Path, label: Callable[[NamedNode], str]) -> str:
    """Return the path with labels and the signs of SPARQL."""
    return _write(path, label, " / ", " | ")


def _write(path: Path, name: Callable[[NamedNode], str], then: str, either: str) -> str:
    def within(part: Path, *kinds: type) -> str:
        text = _write(part, name, then, either)
        return (
            f"({text})" if isinstance(part, kinds) or (isinstance(part, Step) and part.inverse and kinds[1:]) else text
        )

    match path:
        case Step():
            return "^" * path.inverse + name(path.predicate)
        case Sequence():
            return then.join(within(step, Alternative) for step in path.steps)
        case Alternative():
            return either.join(_write(option, name, then, either) for option in path.options)
        case Repeat():
            return within(path.path, Alternative, Sequence, Repeat) + path.sign


def written(path: Path, name: str) -> tuple[Subject, list[Triple]]:
    """Return the node that stands for a path in RDF, and what is said of it; blank nodes have names that begin alike.

    >>> node, triples = written(Step(NamedNode("a:p"), inverse=True), "path")
    >>> [str(triple.predicate).rpartition("#")[2] for triple in triples]
    ['inversePath>']
    """
    node = BlankNode(name)
    match path:
        case Step(inverse=False):
            return path.predicate, []
        case Step():
            return node, [Triple(node, sh("inversePath"), path.predicate)]
        case Sequence():
            return _listed(path.steps, name)
        case Alternative():
            head, triples = _listed(path.options, f"{name}x")
            return node, [Triple(node, sh("alternativePath"), head), *triples]
        case Repeat():
            kind = ("zeroOrMorePath" if path.optional else "oneOrMorePath") if path.many else "zeroOrOnePath"
            inner, triples = written(path.path, f"{name}x")
            return node, [Triple(node, sh(kind), inner), *triples]


def _listed(members: tuple[Path, ...], name: str) -> tuple[Subject, list[Triple]]:
    found: list[Triple] = []
    rest: Subject = rdf("nil")
    for number, member in reversed([*enumerate(members)]):
        cell = BlankNode(f"{name}l{number}")
        value, triples = written(member, f"{name}m{number}")
        found += [Triple(cell, rdf("first"), value), Triple(cell, rdf("rest"), rest), *triples]
        rest = cell
    return rest, found


def can_be_empty(path: Path) -> bool:
    """Whether the path can lead from a node to itself without any triple."""
    match path:
        case Step():
            return False
        case Sequence():
            return all(can_be_empty(step) for step in path.steps)
        case Alternative():
            return any(can_be_empty(option) for option in path.options)
        case Repeat():
            return path.optional or can_be_empty(path.path)


def pattern(path: Path, start: str, end: str, *, inner: bool = False) -> str:
    """Return a group graph pattern that binds the end of a path to its values for a start that is bound.

    Args:
        path: the path.
        start: a variable.
        end: a variable, or a term.
        inner: the pattern is for the inside of an EXISTS, where the engine joins triple patterns slowly: a sequence is
            then kept together as one path.
    """
    written = sparql(path)
    if inner and isinstance(path, Sequence):
        written = f"({written})|{_NEVER}"
    plain = f"{start} {written} {end} ."
    if not can_be_empty(path):
        return plain
    # A node that no triple has is a value of itself, too.
    return f"LATERAL {{ {{ {plain} }} UNION {{ BIND({start} AS {end}) }} }}"


def parts(path: Path | None) -> Iterator[tuple[Path | None, Step, Path | None]]:
    """Yield every predicate that a path reads, with the path before it and the path after it."""
    match path:
        case None:
            return
        case Step():
            yield None, path, None
        case Sequence():
            for number, step in enumerate(path.steps):
                before, after = sequence(*path.steps[:number]), sequence(*path.steps[number + 1 :])
                for left, part, right in parts(step):
                    yield sequence(before, left), part, sequence(right, after)
        case Alternative():
            for option in path.options:
                yield from parts(option)
        case Repeat():
            again = Repeat(path.path, optional=True, many=True) if path.many else None
            for left, part, right in parts(path.path):
                yield sequence(again, left), part, sequence(right, again)
