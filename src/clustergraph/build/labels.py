"""The words for things in anybody's files: their labels, or else short names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.terms import LOCAL_NAME, VOCABULARIES, compact

_PREFIX: Final = re.compile(r"(?i)(?<![\w:@-])@?prefix\s+([\w.-]*):\s*<([^<>\s]+)>")
_CONTEXT: Final = re.compile(r'"([A-Za-z][\w.-]*)"\s*:\s*"([a-z]+:[^"\s]+[/#])"')
_XMLNS: Final = re.compile(r"""xmlns:([\w.-]+)\s*=\s*["']([^"']+)["']""")
_HEAD: Final = 100_000
"""In so many bytes from its beginning a file declares its prefixes."""
_NAMES: Final = tuple(
    NamedNode(iri)
    for iri in (
        VOCABULARIES["skos"] + "prefLabel",
        VOCABULARIES["rdfs"] + "label",
        VOCABULARIES["dcterms"] + "title",
        VOCABULARIES["foaf"] + "name",
        "https://schema.org/name",
        "http://schema.org/name",
    )
)
"""The properties that name things, the best first."""


class Labels:
    """Gives the words for IRIs: their label if one has been noted, else a name with a prefix of the files."""

    def __init__(self, files: Iterable[Path] = ()) -> None:
        """Collect the prefixes of files."""
        self._found: dict[str, tuple[int, str]] = {}
        self._prefixes = {prefix: space for path in files for prefix, space in _prefixes(path).items()}

    def noting(self, quads: Iterable[Quad]) -> Iterator[Quad]:
        """Yield quads, and note the labels among them."""
        ranks = {name: rank for rank, name in enumerate(_NAMES)}
        for quad in quads:
            rank = ranks.get(quad.predicate)
            if rank is not None and isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                # English first, then no language, then any.
                language = {"en": 0, None: 1}.get(quad.object.language, 2)
                label = (rank + len(ranks) * language, quad.object.value)
                known = self._found.get(quad.subject.value, label)
                self._found[quad.subject.value] = min(known, label)
            yield quad

    def __call__(self, node: NamedNode) -> str:
        """Return the words for an IRI."""
        found = self._found.get(node.value)
        return found[1] if found else shorten(node.value, self._prefixes)


def _prefixes(path: Path) -> dict[str, str]:
    """Return the prefixes that the head of a file declares, or seems to."""
    with path.open("rb") as file:
        head = file.read(_HEAD).decode(errors="replace")
    patterns = {".jsonld": _CONTEXT, ".rdf": _XMLNS, ".owl": _XMLNS}
    return dict(patterns.get(path.suffix.lower(), _PREFIX).findall(head))


def shorten(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return the shortest prefixed name of an IRI; the prefixes of this project come second.

    >>> shorten("http://example.org/ns#age", {"ex": "http://example.org/ns#"})
    'ex:age'
    """
    fitting = ((space, prefix) for prefix, space in prefixes.items() if space and iri.startswith(space))
    for space, prefix in sorted(fitting, key=lambda pair: -len(pair[0])):
        if LOCAL_NAME.fullmatch(iri[len(space) :]):
            return f"{prefix}:{iri[len(space) :]}"
    return compact(iri)
