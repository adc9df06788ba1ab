"""Property paths: read from shapes, written as SPARQL and in words, walked forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyoxigraph import Literal, NamedNode

from clustergraph.shacl.triples import InvalidShapesError, Node, Triples, rdf, sh, show
from clustergraph.sparql.exists import NEVER

_MAX_DEPTH: Final = 50
_SIGNS: Final = {
    "inversePath": "^",
    "alternativePath": "|",
    "zeroOrMorePath": "*",
    "oneOrMorePath": "+",
    "zeroOrOnePath": "?",
}
_NAMES: Final = {sign: name for name, sign in _SIGNS.items()}


@dataclass(frozen=True)
class Step:
    """One predicate, from subject to object or the other way."""

    predicate: NamedNode
    inverse: bool = False


@dataclass(frozen=True)
class Composed:
    """A path that is made of others."""

    sign: str
    """As in SPARQL: ``/`` or ``|`` for several paths, one of ``* + ?`` for one."""
    parts: tuple[Path, ...]


Path: TypeAlias = Step | Composed


def read(triples: Triples, node: Node, above: tuple[Node, ...] = ()) -> Path:
    """Return the path that a node stands for, below others; raises `InvalidShapesError` if it is none."""
    if isinstance(node, NamedNode):
        return Step(node)
    if isinstance(node, Literal) or node in above or len(above) > _MAX_DEPTH:
        raise InvalidShapesError(f"{show(node)} is not a property path")
    above = (*above, node)
    if triples.objects(node, rdf("first")):
        return Composed("/", _members(triples, node, above))
    found = [(sign, value) for name, sign in _SIGNS.items() for value in triples.objects(node, sh(name))]
    if len(found) != 1:
        raise InvalidShapesError(f"a property path has {len(found)} kinds where it must have one")
    [(sign, value)] = found
    if sign == "|":
        return Composed(sign, _members(triples, value, above))
    inner = read(triples, value, above)
    return reverse(inner) if sign == "^" else Composed(sign, (inner,))


def _members(triples: Triples, node: Node, above: tuple[Node, ...]) -> tuple[Path, ...]:
    members = tuple(read(triples, item, above) for item in triples.items(node))
    if len(members) < 2:
        raise InvalidShapesError("a property path that is a list must have two members or more")
    return members


def reverse(path: Path) -> Path:
    """Return the path that leads back.

    >>> sparql(reverse(Composed("/", (Step(NamedNode("a:p")), Step(NamedNode("a:q"))))))
    '^<a:q>/^<a:p>'
    """
    if isinstance(path, Step):
        return Step(path.predicate, not path.inverse)
    parts = tuple(map(reverse, path.parts))
    return Composed(path.sign, parts[::-1] if path.sign == "/" else parts)


def sequence(*paths: Path | None) -> Path | None:
    """Return the paths one after the other; no path at all stays where it is."""
    steps = tuple(path for path in paths if path is not None)
    return steps[0] if len(steps) == 1 else Composed("/", steps) if steps else None


def sparql(path: Path) -> str:
    """Return the path as SPARQL writes it."""
    return _write(path, lambda predicate: f"<{predicate.value}>", "")


def words(path: Path, label: Callable[[NamedNode], str]) -> str:
    """Return the path with labels and the signs of SPARQL."""
    return _write(path, label, " ")


def _write(path: Path, name: Callable[[NamedNode], str], space: str) -> str:
    if isinstance(path, Step):
        return "^" * path.inverse + name(path.predicate)
    within = {"/": "|", "|": ""}.get(path.sign, "^/|*+?")
    texts = []
    for part in path.parts:
        text = _write(part, name, space)
        sign = "^" * part.inverse if isinstance(part, Step) else part.sign
        texts.append(f"({text})" if sign and sign in within else text)
    return f"{space}{path.sign}{space}".join(texts) if path.sign in "/|" else texts[0] + path.sign


def turtle(path: Path) -> str:
    """Return the node that stands for a path in RDF, as Turtle writes it.

    >>> turtle(Composed("/", (Step(NamedNode("a:p")), Step(NamedNode("a:q"), inverse=True))))
    '( <a:p> [ <http://www.w3.org/ns/shacl#inversePath> <a:q> ] )'
    """
    if isinstance(path, Step):
        return f"[ {sh('inversePath')} {path.predicate} ]" if path.inverse else str(path.predicate)
    inner = " ".join(map(turtle, path.parts))
    listed = f"( {inner} )" if path.sign in "/|" else inner
    return listed if path.sign == "/" else f"[ {sh(_NAMES[path.sign])} {listed} ]"


def can_be_empty(path: Path) -> bool:
    """Whether the path can lead from a node to itself without any triple."""
    if isinstance(path, Step):
        return False
    empty = map(can_be_empty, path.parts)
    return path.sign in "*?" or (all(empty) if path.sign == "/" else any(empty))


def pattern(path: Path, start: str, end: str, *, inner: bool = False) -> str:
    """Return a group graph pattern that binds the end of a path, or tests it, for a start that is bound.

    One for the inside of an EXISTS, where the engine joins triple patterns slowly, keeps a sequence together.
    """
    written = sparql(path)
    if inner and isinstance(path, Composed) and path.sign == "/":
        written = f"({written})|{NEVER}"
    plain = f"{start} {written} {end} ."
    if not can_be_empty(path):
        return plain
    # A node that no triple has is a value of itself, too.
    return f"LATERAL {{ {{ {plain} }} UNION {{ BIND({start} AS {end}) }} }}"


def parts(path: Path | None) -> Iterator[tuple[Path | None, Step, Path | None]]:
    """Yield every predicate that a path reads, with the path before it and the path after it."""
    if isinstance(path, Step):
        yield None, path, None
    elif path is not None:
        again = Composed("*", path.parts) if path.sign in "*+" else None
        for number, part in enumerate(path.parts):
            ends = (path.parts[:number], path.parts[number + 1 :]) if path.sign == "/" else ((), ())
            before, after = sequence(again, *ends[0]), sequence(*ends[1], again)
            for left, step, right in parts(part):
                yield sequence(before, left), step, sequence(right, after)
