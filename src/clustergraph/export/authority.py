"""Terms of authority lists, and what a catalogue must say of those that it uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.export.downloads import Download
from clustergraph.export.publication import Publication
from clustergraph.terms import COUNTRY, NUTS, PREFIXES

PROFILE: Final = "https://semiceu.github.io/DCAT-AP/releases/3.0.1/"
"""The IRI of DCAT-AP 3.0.1."""

SERVICE_FORMATS: Final = ("CSV", "JSON", "RDF_TURTLE", "XML")
"""What the endpoint answers in, as codes of the list of file types."""

FILE_TYPES: Final = {
    "nquads": "RDF_N_QUADS",
    "ntriples": "RDF_N_TRIPLES",
    "turtle": "RDF_TURTLE",
    "trig": "RDF_TRIG",
    "jsonld": "JSON_LD",
    "rdfxml": "RDF_XML",
    "zip": "ZIP",
}
"""The codes of the list of file types, by the names of formats."""

_SPACES: Final = {
    **PREFIXES,
    "adms": "http://www.w3.org/ns/adms#",
    "dcatap": "http://data.europa.eu/r5r/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "eu": "http://publications.europa.eu/resource/authority/",
    "media": "http://www.iana.org/assignments/media-types/",
    "licencetype": "http://purl.org/adms/licencetype/",
    "publishertype": "http://purl.org/adms/publishertype/",
}
_THEMES: Final = {
    "AGRI": "Agriculture, fisheries, forestry and food", "ECON": "Economy and finance",
    "EDUC": "Education, culture and sport", "ENER": "Energy", "ENVI": "Environment",
    "GOVE": "Government and public sector", "HEAL": "Health", "INTR": "International issues",
    "JUST": "Justice, legal system and public safety", "REGI": "Regions and cities",
    "SOCI": "Population and society", "TECH": "Science and technology", "TRAN": "Transport",
}  # fmt: skip
_SCHEMES: Final = {
    "eu:data-theme": "Data themes",
    "eu:planned-availability": "Planned availability",
    "eu:distribution-status": "Status of distributions",
    "eu:concept-status": "Status of concepts",
    "licencetype:1.0": "Types of licence",
    "publishertype:1.0": "Types of publisher",
}
_EUROPE: Final = (-25.0, 34.0, 45.0, 72.0)


def used(
    publication: Publication, places: Iterable[str], names: Mapping[str, str], downloads: tuple[Download, ...]
) -> Iterator[Quad]:
    """Yield what the shapes of DCAT-AP want to be said of the terms that a catalogue uses.

    Args:
        publication: whose codes are used.
        places: IRIs of countries and regions.
        names: their labels.
        downloads: the files, whose formats are used.
    """
    yield from _codes(publication)
    yield from _licence(publication)
    yield from _places(publication, places, names)
    yield from _formats(downloads)
    for name, title in _SCHEMES.items():
        yield from describe(iri(name), {"rdf:type": [iri("skos:ConceptScheme")], "dcterms:title": [english(title)]})


def describe(subject: NamedNode, statements: Mapping[str, Iterable[NamedNode | Literal]]) -> Iterator[Quad]:
    """Yield the statements of a subject, from its properties as prefixed names."""
    for predicate, values in statements.items():
        for value in values:
            yield Quad(subject, iri(predicate), value)


def concept(subject: NamedNode, label: str, scheme: NamedNode) -> Iterator[Quad]:
    """Yield what is said of a concept."""
    yield from describe(
        subject, {"rdf:type": [iri("skos:Concept")], "skos:prefLabel": [english(label)], "skos:inScheme": [scheme]}
    )


def standard(subject: NamedNode, title: str) -> Iterator[Quad]:
    """Yield what is said of a standard."""
    yield from describe(subject, {"rdf:type": [iri("dcterms:Standard")], "dcterms:title": [english(title)]})


def iri(pname: str) -> NamedNode:
    """Return what a prefixed name stands for.

    >>> iri("eu:language/ENG").value
    'http://publications.europa.eu/resource/authority/language/ENG'
    """
    prefix, _, local = pname.partition(":")
    return NamedNode(_SPACES[prefix] + local)


def typed(value: str, datatype: str) -> Literal:
    """Return a literal of a datatype that is given as a prefixed name."""
    return Literal(value, datatype=iri(datatype))


def english(text: str) -> Literal:
    """Return an English text."""
    return Literal(text, language="en")


def _listed(subject: NamedNode, kind: str, scheme: NamedNode, label: str) -> Iterator[Quad]:
    """Yield what is said of a term that is not a concept here."""
    yield from describe(subject, {"rdf:type": [iri(kind)], "rdfs:label": [english(label)], "skos:inScheme": [scheme]})


def _codes(about: Publication) -> Iterator[Quad]:
    for code in about.themes:
        yield from concept(iri(f"eu:data-theme/{code}"), _THEMES.get(code, code), iri("eu:data-theme"))
    for name, code in (
        ("planned-availability", about.availability),
        ("distribution-status", "COMPLETED"),
        ("concept-status", "CURRENT"),
    ):
        yield from concept(iri(f"eu:{name}/{code}"), code.lower(), iri(f"eu:{name}"))
    for kind, name, code in (
        ("LinguisticSystem", "language", about.language),
        ("Frequency", "frequency", about.frequency),
        ("RightsStatement", "access-right", "PUBLIC"),
    ):
        yield from _listed(iri(f"eu:{name}/{code}"), f"dcterms:{kind}", iri(f"eu:{name}"), code)


def _licence(about: Publication) -> Iterator[Quad]:
    licence, kind = iri(f"eu:licence/{about.licence}"), iri("licencetype:Attribution")
    yield from _listed(licence, "dcterms:LicenseDocument", iri("eu:licence"), about.licence.replace("_", " "))
    yield Quad(licence, iri("dcterms:type"), kind)
    if about.licence == "CC_BY_4_0":
        yield Quad(licence, iri("skos:exactMatch"), NamedNode("https://creativecommons.org/licenses/by/4.0/"))
    yield from concept(kind, "attribution", iri("licencetype:1.0"))


def _places(about: Publication, places: Iterable[str], names: Mapping[str, str]) -> Iterator[Quad]:
    europe = iri("eu:continent/EUROPE")
    yield from _listed(europe, "dcterms:Location", iri("eu:continent"), "Europe")
    yield from _box(europe, _EUROPE)
    for place in sorted(places):
        code = place.rpartition("/")[2]
        scheme = COUNTRY.removesuffix("/") if place.startswith(COUNTRY) else NUTS.removesuffix("/code/")
        yield from _listed(NamedNode(place), "dcterms:Location", NamedNode(scheme), names.get(place, code))
        if code in about.places:
            yield from _box(NamedNode(place), about.places[code])


def _box(place: NamedNode, box: tuple[float, float, float, float]) -> Iterator[Quad]:
    west, south, east, north = box
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    ring = ",".join(f"{x:g} {y:g}" for x, y in corners)
    yield Quad(place, iri("dcat:bbox"), typed(f"POLYGON(({ring}))", "geo:wktLiteral"))
    centre = f"POINT({(west + east) / 2:g} {(south + north) / 2:g})"
    yield Quad(place, iri("dcat:centroid"), typed(centre, "geo:wktLiteral"))


def _formats(downloads: tuple[Download, ...]) -> Iterator[Quad]:
    for code in sorted({FILE_TYPES[each.format] for each in downloads} | {*SERVICE_FORMATS}):
        yield from _listed(
            iri(f"eu:file-type/{code}"), "dcterms:MediaTypeOrExtent", iri("eu:file-type"), code.replace("_", " ")
        )
    for media in sorted({each.media_type for each in downloads} | {"application/gzip"}):
        yield from describe(
            iri(f"media:{media}"), {"rdf:type": [iri("dcterms:MediaType")], "rdfs:label": [Literal(media)]}
        )
    yield from describe(iri("spdx:checksumAlgorithm_sha256"), {"rdf:type": [iri("spdx:ChecksumAlgorithm")]})
    yield from standard(NamedNode(PROFILE), "DCAT-AP 3.0.1")
    for name in sorted({each.conforms_to for each in downloads if each.conforms_to}):
        yield from standard(NamedNode(name), name)
