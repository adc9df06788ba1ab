"""The words for things: their labels in a store."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Store

from clustergraph.languages.composition import term
from clustergraph.languages.reader import UNDETERMINED, Label, named_in
from clustergraph.terms import ID, compact, expand, own, prefixed

_PREFIX: Final = re.compile(r"(?i)(?<![\w:@-])@?prefix\s+([\w.-]*):\s*<([^<>\s]+)>")
_CONTEXT: Final = re.compile(r'"([A-Za-z][\w.-]*)"\s*:\s*"([a-z]+:[^"\s]+[/#])"')
_XMLNS: Final = re.compile(r"""xmlns:([\w.-]+)\s*=\s*["']([^"']+)["']""")
_HEAD: Final = 100_000
"""In so many bytes from its beginning a file declares its prefixes."""
_NAMES: Final = (
    *map(expand, ("skos:prefLabel", "rdfs:label", "dcterms:title", "foaf:name", "schema:name")),
    NamedNode("http://schema.org/name"),
)
"""The properties that name things, the best first."""
_LABELS: Final = _NAMES[:2]
_TITLES: Final = (_NAMES[2:3], (expand("cg:heading"),))
"""What documents and sections have that bear no label."""


NAMING: Final = (*_LABELS, *(name for names in _TITLES for name in names))
"""The properties that `best` looks at."""


def rank(name: Literal, property_: NamedNode = _NAMES[0]) -> tuple[int, int, str]:
    """Return where a name stands among the names of one thing, the best first: this is how every door chooses.

    The language of the reader comes first, then those of the project, then English, then what is in no language, then
    any; of these the better property, then the first in the alphabet.

    >>> min([Literal("Lyon", language="fr"), Literal("Lyons", language="en"), Literal("LYS")], key=rank).value
    'Lyons'
    >>> min([Literal("Réseau Alpin", language="fr"), Literal("ZENIT", language="und")], key=rank).value
    'ZENIT'
    """
    languages = named_in()
    if name.language in languages:
        language = languages.index(name.language)
    else:
        language = len(languages) + (name.language not in (None, UNDETERMINED))
    return language, _NAMES.index(property_) if property_ in _NAMES else len(_NAMES), name.value


def labels(store: Store) -> dict[str, str]:
    """Return the label of everything in the default graph that has one."""
    words = Labels(())
    deque(
        words.noting(quad for name in _LABELS for quad in store.quads_for_pattern(None, name, None, DefaultGraph())), 0
    )
    return {iri: name for iri, (_, _, name) in words.found.items()}


def best(store: Store, node: NamedNode) -> Label:
    """Return the label of one thing in the default graph for its reader; else its title, heading, or nothing."""
    for names in (_LABELS, *_TITLES):
        quads = (quad for name in names for quad in store.quads_for_pattern(node, name, None, DefaultGraph()))
        named = [(rank(name, quad.predicate), name) for quad in quads if isinstance(name := quad.object, Literal)]
        if named:
            _, name = min(named, key=lambda each: each[0])
            found = Label(name.value, name.language)
            return found if node.value.startswith((ID, own("id/").value)) else term(found)
    return Label("")


def label(store: Store, node: NamedNode) -> str:
    """Return the label of a thing in the default graph as `best` chooses it, or else its short name."""
    return best(store, node) or compact(node.value)


def near(store: Store, iri: str, most: int) -> list[str]:
    """Return the IRIs of things in the same place that are most like an IRI, the most like it first."""
    name = re.split("[/#]", iri)[-1]
    place = iri.removesuffix(name)
    found = store.query(f'SELECT DISTINCT ?it {{ ?it a ?class FILTER (STRSTARTS(STR(?it), "{place}")) }}')
    assert isinstance(found, QuerySolutions)
    names = sorted(row["it"].value.removeprefix(place) for row in found)
    return [place + each for each in get_close_matches(name, names, n=most, cutoff=0.6)]


class Labels:
    """Gives the words for IRIs: their label if one has been noted, else a name with a prefix of the files."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.found: dict[str, tuple[int, int, str]] = {}
        self._prefixes = {prefix: space for path in files for prefix, space in _prefixes(path).items()}

    def noting(self, quads: Iterable[Quad]) -> Iterator[Quad]:
        """Yield quads, and note the labels among them."""
        names = frozenset(_NAMES)
        for quad in quads:
            if quad.predicate in names and isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                label = rank(quad.object, quad.predicate)
                self.found[quad.subject.value] = min(self.found.get(quad.subject.value, label), label)
            yield quad

    def __call__(self, node: NamedNode) -> str:
        """Return the words for an IRI."""
        found = self.found.get(node.value)
        return found[2] if found else shorten(node.value, self._prefixes)


def _prefixes(path: Path) -> dict[str, str]:
    """Return the prefixes that the head of a file declares, or seems to."""
    with path.open("rb") as file:
        head = file.read(_HEAD).decode(errors="replace")
    patterns = {".jsonld": _CONTEXT, ".rdf": _XMLNS, ".owl": _XMLNS}
    return dict(patterns.get(path.suffix.lower(), _PREFIX).findall(head))


def shorten(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return the shortest prefixed name of an IRI; the prefixes of this project come second."""
    return prefixed(iri, prefixes) or compact(iri)
