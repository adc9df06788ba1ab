"""Namespaces and the IRIs of this project; the only place that mints one."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from pyoxigraph import NamedNode

BASE: Final = "https://w3id.org/clustergraph/"
ONTOLOGY: Final = BASE + "ontology/"
SCHEME: Final = BASE + "scheme/"
ID: Final = BASE + "id/"
GRAPH: Final = BASE + "graph/"
SHAPE: Final = BASE + "shape/"
QUERY: Final = BASE + "query/"
RELEASE: Final = BASE + "release/"
NUTS: Final = "http://data.europa.eu/nuts/code/"
COUNTRY: Final = "http://publications.europa.eu/resource/authority/country/"

ID_KINDS: Final = (
    "organisation", "region", "place", "address", "geometry", "identifier",
    "partnership", "project", "pilot", "initiative", "network", "platform", "thematic-area", "event", "programme",
    "alliance", "work-package",
    "strategy", "funding", "document", "letter",
    "participation", "relationship", "figure", "award", "priority", "coverage", "grant", "mention", "plan", "assertion",
    "match", "dating", "note", "data-set", "pairing", "verdict",
)  # fmt: skip
"""The kinds of thing that have an IRI of ours, each with a prefix of its name: the path segment after ``/id/``."""

LISTS: Final = (
    "action", "action-type", "address-kind", "bound", "breakdown", "certainty", "effra-domain", "emerging-industry",
    "field", "field-basis", "funding-level", "identifier-scheme", "industrial-ecosystem", "key-enabling-technology",
    "label", "label-level", "legal-status", "match-state", "measure", "member-kind", "mention-kind", "note-kind",
    "organisation-kind", "origin", "other-term", "participation-role", "period", "phase", "plan-kind", "quantity-kind",
    "relationship-kind", "s3-platform", "scope", "service", "status", "target-group", "term-kind", "theme", "unit",
    "verdict-kind", "verdict-reason",
)  # fmt: skip
"""The code lists, each with a file in ``ontology/schemes/`` and a prefix of its name."""

VOCABULARIES: Final[dict[str, str]] = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "qb": "http://purl.org/linked-data/cube#",
    "qudt": "http://qudt.org/schema/qudt/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "void": "http://rdfs.org/ns/void#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vann": "http://purl.org/vocab/vann/",
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "eurio": "http://data.europa.eu/s66#",
    "frapo": "http://purl.org/cerif/frapo/",
    "dingo": "https://w3id.org/dingo#",
    "cpov": "http://data.europa.eu/m8g/",
    "legal": "http://www.w3.org/ns/legal#",
    "locn": "http://www.w3.org/ns/locn#",
    "adms": "http://www.w3.org/ns/adms#",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "bibo": "http://purl.org/ontology/bibo/",
    "nuts": NUTS,
    "country": COUNTRY,
}
"""Prefixes of vocabularies that are not ours."""

PREFIXES: Final[dict[str, str]] = {
    **VOCABULARIES,
    "cg": ONTOLOGY,
    "shape": SHAPE,
    "query": QUERY,
    "graph": GRAPH,
    **{kind: f"{ID}{kind}/" for kind in ID_KINDS},
    **{code_list: f"{SCHEME}{code_list}/" for code_list in LISTS},
}
"""Every prefix that files, queries and answers may use without declaring it; a project adds its own with `declare`."""


SHARED_PREFIXES: Final = frozenset(PREFIXES) - {*ID_KINDS}
"""Those that mean the same in every project."""


@dataclass
class Home:
    """What the project that this process works on calls its own; see `declare`."""

    base: str = BASE
    """What the IRIs of its own things begin with."""
    languages: tuple[str, ...] = ("en",)
    """The languages in which names are preferred, the best first."""


HOME: Final = Home()


def declare(prefixes: Mapping[str, str], base: str = BASE, languages: Iterable[str] = ("en",)) -> None:
    """Let the prefixes, the base and the languages of a project be used in this process: the last one that is opened.

    >>> declare({"ex": "https://example.org/graph/"})
    >>> compact("https://example.org/graph/a"), PREFIXES.pop("ex")
    ('ex:a', 'https://example.org/graph/')
    """
    PREFIXES.update(prefixes)
    HOME.base, HOME.languages = base, tuple(languages)


def own(path: str) -> NamedNode:
    """Return the IRI of the project's own with a path below its base.

    >>> own("id/organisation/afil").value
    'https://w3id.org/clustergraph/id/organisation/afil'
    """
    return NamedNode(HOME.base + path)


def slug(text: str) -> str:
    """Return the ASCII slug of a name, the last segment of its IRI.

    >>> slug("Clúster Digital de Catalunya")
    'cluster-digital-de-catalunya'
    >>> slug("« Straße & Söhne »"), slug("ŁÓDŹ"), slug("Nykøbing Sjælland")
    ('strasse-sohne', 'lodz', 'nykobing-sjaelland')
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")


_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Letters that do not fall apart into one of ASCII and a mark."""


def slug_of(iri: str) -> str:
    """Return the slug of an IRI: the last segment of one of ours, and all of another, so that no two have the same.

    >>> slug_of("https://w3id.org/clustergraph/id/organisation/afil"), slug_of("https://example.org/id/1")
    ('afil', 'example-org-id-1')
    """
    return slug(iri.rpartition("/")[2] if iri.startswith(ID) else iri.partition("://")[2])


def named_after(space: str, name: str) -> NamedNode:
    """Return the IRI in a space that has the name of a file; what an IRI cannot hold is percent-encoded.

    >>> named_after(QUERY, "checks/my check").value
    'https://w3id.org/clustergraph/query/checks/my%20check'
    """
    return NamedNode(space + _NO_IRI.sub(lambda match: quote(match[0], errors="surrogateescape"), name))


def expand(pname: str) -> NamedNode:
    """Return the IRI that a prefixed name of `PREFIXES` stands for.

    >>> expand("skos:prefLabel").value
    'http://www.w3.org/2004/02/skos/core#prefLabel'

    Raises:
        KeyError: the prefix is not known.
    """
    prefix, _, local = pname.partition(":")
    return NamedNode(PREFIXES[prefix] + local)


def compact(iri: str) -> str:
    """Return the shortest known prefixed name of an IRI, or the IRI itself in angle brackets.

    >>> compact("https://w3id.org/clustergraph/id/organisation/afil")
    'organisation:afil'
    >>> compact("https://example.org/x")
    '<https://example.org/x>'
    """
    return prefixed(iri, PREFIXES) or f"<{iri}>"


def prefixed(iri: str, prefixes: Mapping[str, str]) -> str | None:
    """Return the shortest prefixed name of an IRI, or None if it has none that needs no escapes.

    >>> prefixed("http://example.org/ns#age", {"ex": "http://example.org/ns#"})
    'ex:age'
    """
    fitting = ((space, prefix) for prefix, space in prefixes.items() if space and iri.startswith(space))
    for space, prefix in sorted(fitting, key=lambda pair: -len(pair[0])):
        if LOCAL_NAME.fullmatch(iri, len(space)):
            return f"{prefix}:{iri[len(space) :]}"
    return None


def is_vocabulary(graph: NamedNode) -> bool:
    """Return whether a graph is a part of the ontology or a code list.

    >>> is_vocabulary(NamedNode(GRAPH + "schemes/theme")), is_vocabulary(NamedNode(GRAPH + "reference/countries"))
    (True, False)
    """
    spaces = (GRAPH, f"{HOME.base}graph/")
    return graph.value.startswith(tuple(space + folder for space in spaces for folder in ("ontology/", "schemes/")))


_OWN_SPACES: Final = ("id/", "graph/")
"""What the paths of IRIs that are a project's own begin with, if the service is to answer at them."""


def address(iri: str, *, described: bool = True) -> str:
    """Return the address at which the service tells about an IRI, or else the web; nothing if neither does.

    >>> address("https://w3id.org/clustergraph/id/organisation/afil")
    '/id/organisation/afil'
    >>> address("http://data.europa.eu/nuts/code/FRK")
    '/describe?iri=http%3A%2F%2Fdata.europa.eu%2Fnuts%2Fcode%2FFRK'
    >>> address("https://example.org/x", described=False)
    'https://example.org/x'
    >>> address("javascript:alert(1)")
    ''
    """
    for base in (HOME.base, BASE):
        if iri.startswith(base) and (base == BASE or iri[len(base) :].startswith(_OWN_SPACES)):
            return "/" + quote(iri[len(base) :], safe="/:@!$&'()*+,;=~")
    if not iri.startswith(("http://", "https://")):
        return ""
    return f"/describe?{urlencode({'iri': iri})}" if described else iri


_NO_IRI: Final = re.compile(r"""[\x00-\x20<>"{}|\\^`%#?\ud800-\udfff]""")
LOCAL_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?|")
"""Local parts that Turtle and SPARQL take without escapes."""

INFERRED: Final = NamedNode(GRAPH + "inferred")
"""The graph that holds what the build computes, and nothing else."""

CATALOGUE: Final = NamedNode(GRAPH + "catalogue")
"""The graph that describes the release itself and its questions."""
