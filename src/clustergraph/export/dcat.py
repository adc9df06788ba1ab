"""The graph as portals list it: catalogue, datasets, distributions and data service in DCAT-AP 3.0.1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from clustergraph.export.authority import (
    FILE_TYPES,
    PROFILE,
    SERVICE_FORMATS,
    concept,
    describe,
    english,
    iri,
    standard,
    typed,
    used,
)
from clustergraph.export.downloads import Download
from clustergraph.export.publication import About, Publication
from clustergraph.export.sources import COMPUTED, Facts
from clustergraph.terms import BASE

DATASET: Final = NamedNode(f"{BASE}dataset")
"""The whole graph; all that describes it is a fragment of this address."""


@dataclass(frozen=True)
class Subject:
    """What is described: a release, its files, and what is known of each source."""

    digest: str
    version: str
    created: str
    """When it was built, ISO 8601."""
    facts: Mapping[str, Facts]
    """By source; under the empty name those of the whole."""
    names: Mapping[str, str]
    """Labels of documents, countries and regions, by IRI."""
    documents: Mapping[str, str]
    """By source, the IRI of the document that it is the content of."""
    downloads: tuple[Download, ...] = ()


def catalogue(subject: Subject, publication: Publication) -> Iterator[Quad]:
    """Yield the catalogue, with a dataset for the whole and one for each source."""
    yield from _Catalogue(subject, publication).quads()


def node(fragment: str) -> NamedNode:
    """Return the IRI of a part of the description.

    >>> node("endpoint").value
    'https://w3id.org/clustergraph/dataset#endpoint'
    """
    return NamedNode(f"{DATASET.value}#{fragment}")


class _Catalogue:
    def __init__(self, subject: Subject, publication: Publication) -> None:
        self._subject = subject
        self._publication = publication
        self._issued = typed(publication.issued.isoformat(), "xsd:date")
        built = subject.created[:10] or publication.issued.isoformat()
        self._modified = typed(built, "xsd:date")
        self._publisher = NamedNode(publication.publisher.iri)
        self._licence = iri(f"eu:licence/{publication.licence}")
        self._themes = [iri(f"eu:data-theme/{code}") for code in publication.themes]
        self._language = iri(f"eu:language/{publication.language}")

    def quads(self) -> Iterator[Quad]:
        sources = [name for name in self._subject.facts if name and name not in COMPUTED]
        datasets = {"": DATASET, **{name: node(f"source-{name}") for name in sources}}
        yield from self._catalogue(list(datasets.values()))
        for source, dataset in datasets.items():
            yield from self._dataset(source, dataset, list(datasets.values()))
        yield from self._service()
        yield from self._parties()
        places = {place for facts in self._subject.facts.values() for place in facts.places}
        yield from used(self._publication, places, self._subject.names, self._subject.downloads)
        yield from standard(NamedNode(f"{BASE}ontology"), "clustergraph ontology")

    def _catalogue(self, datasets: list[NamedNode]) -> Iterator[Quad]:
        about = self._publication
        this = node("catalogue")
        records = [node(f"record-{_fragment(each)}") for each in datasets]
        yield from describe(
            this,
            {
                "rdf:type": [iri("dcat:Catalog"), iri("dcat:Resource")],
                "dcterms:title": [english(f"Catalogue of {about.publisher.name}")],
                "dcterms:description": [english("Linked data on European clusters, offered for reuse.")],
                "dcterms:publisher": [self._publisher],
                "dcterms:issued": [self._issued],
                "dcterms:modified": [self._modified],
                "dcterms:language": [self._language],
                "dcterms:license": [self._licence],
                "dcterms:spatial": [iri("eu:continent/EUROPE")],
                "dcat:themeTaxonomy": [iri("eu:data-theme")],
                "dcat:dataset": datasets,
                "dcat:service": [node("endpoint")],
                "dcat:record": records,
                "foaf:homepage": [NamedNode(about.publisher.homepage)],
            },
        )
        for dataset, record in zip(datasets, records, strict=True):
            yield from describe(
                record,
                {
                    "rdf:type": [iri("dcat:CatalogRecord")],
                    "foaf:primaryTopic": [dataset],
                    "dcterms:conformsTo": [NamedNode(PROFILE)],
                    "dcterms:issued": [self._issued],
                    "dcterms:modified": [self._modified],
                    "dcterms:language": [self._language],
                    "adms:status": [iri("eu:concept-status/CURRENT")],
                },
            )

    def _dataset(self, source: str, this: NamedNode, every: list[NamedNode]) -> Iterator[Quad]:
        facts, about = self._subject.facts.get(source, Facts()), self._about(source)
        document = self._subject.documents.get(source)
        places = sorted(facts.places)
        distributions = [each for each in self._subject.downloads if each.source == source]
        provenance, activity = node("provenance"), node("build")
        # What has no dates of its own, such as a code list, serves the time of the whole.
        dated = facts if facts.first else self._subject.facts[""]
        period = node(f"period-{source}" if facts.first and source else "period")
        yield from describe(
            this,
            {
                "rdf:type": [iri("dcat:Dataset"), iri("dcat:Resource"), iri("void:Dataset")],
                "dcterms:title": [english(about.title)],
                "dcterms:description": [english(about.description)],
                "dcterms:identifier": [Literal(self._subject.digest + (f"/{source}" if source else ""))],
                "dcterms:publisher": [self._publisher],
                "dcterms:creator": [self._publisher],
                "dcterms:issued": [self._issued],
                "dcterms:modified": [self._modified],
                "dcterms:language": [self._language],
                "dcterms:license": [self._licence],
                "dcterms:accessRights": [iri("eu:access-right/PUBLIC")],
                "dcterms:accrualPeriodicity": [iri(f"eu:frequency/{self._publication.frequency}")],
                "dcterms:conformsTo": [NamedNode(f"{BASE}ontology")],
                "dcterms:provenance": [provenance],
                "dcterms:spatial": [iri("eu:continent/EUROPE"), *map(NamedNode, places)],
                "dcterms:temporal": [period] if dated.first else [],
                "dcterms:hasPart": [] if source else every[1:],
                "dcterms:isPartOf": [DATASET] if source else [],
                "dcat:version": [Literal(self._subject.version)],
                "dcat:contactPoint": [node("contact")],
                "dcat:distribution": [node(f"file-{each.name}") for each in distributions],
                "dcat:keyword": [english(word) for word in self._publication.keywords],
                "dcat:landingPage": [NamedNode(BASE)],
                "dcat:theme": self._themes,
                "adms:versionNotes": [
                    Literal(
                        f"Release {self._subject.digest}, made by clustergraph {self._subject.version}.", language="en"
                    )
                ],
                "foaf:page": [DATASET],
                "prov:wasGeneratedBy": [activity],
                "prov:wasDerivedFrom": [NamedNode(document)] if document else [],
                "void:triples": [Literal(facts.statements)] if source else [],
            },
        )
        if dated.first:
            yield from describe(
                period,
                {
                    "rdf:type": [iri("dcterms:PeriodOfTime")],
                    "dcat:startDate": [_date(dated.first)],
                    "dcat:endDate": [_date(dated.last)],
                },
            )
        for each in distributions:
            yield from self._distribution(each)
        if not source:
            yield from self._provenance(provenance, activity)

    def _about(self, source: str) -> About:
        """Return title and description of a source: of the file, or of the document that it is the content of."""
        if not source:
            return About(self._publication.title, self._publication.description)
        if source in self._publication.sources:
            return self._publication.sources[source]
        facts = self._subject.facts[source]
        title = self._subject.names.get(self._subject.documents.get(source, ""), source)
        text = (
            f"{facts.statements:,} statements of the source “{title}”, "
            f"in {len(facts.graphs):,} named graphs: one for each section."
        )
        return About(f"clustergraph: {title}", text)

    def _distribution(self, file: Download) -> Iterator[Quad]:
        this, checksum = node(f"file-{file.name}"), node(f"checksum-{file.name}")
        yield from describe(
            this,
            {
                "rdf:type": [iri("dcat:Distribution")],
                "dcterms:title": [english(file.title)],
                "dcterms:description": [english(file.description)],
                "dcterms:format": [iri(f"eu:file-type/{FILE_TYPES[file.format]}")],
                "dcterms:license": [self._licence],
                "dcterms:language": [self._language],
                "dcterms:issued": [self._issued],
                "dcterms:modified": [self._modified],
                "dcterms:conformsTo": [NamedNode(file.conforms_to or f"{BASE}ontology")],
                "dcat:accessURL": [DATASET],
                "dcat:downloadURL": [NamedNode(f"{BASE}download/{file.name}")],
                "dcat:accessService": [node("endpoint")],
                "dcat:mediaType": [iri(f"media:{file.media_type}")],
                "dcat:compressFormat": [iri("media:application/gzip")] if file.packed else [],
                "dcat:byteSize": [typed(str(file.bytes), "xsd:nonNegativeInteger")],
                "dcatap:availability": [iri(f"eu:planned-availability/{self._publication.availability}")],
                "adms:status": [iri("eu:distribution-status/COMPLETED")],
                "spdx:checksum": [checksum],
            },
        )
        yield from describe(
            checksum,
            {
                "rdf:type": [iri("spdx:Checksum")],
                "spdx:algorithm": [iri("spdx:checksumAlgorithm_sha256")],
                "spdx:checksumValue": [typed(file.sha256, "xsd:hexBinary")],
            },
        )

    def _provenance(self, provenance: NamedNode, activity: NamedNode) -> Iterator[Quad]:
        text = (
            "Read from the sources by hand or by importers, section by section; what follows from it is computed, "
            "marked as inferred and kept in a named graph of its own; checked with SHACL before it is published."
        )
        yield from describe(
            provenance,
            {"rdf:type": [iri("dcterms:ProvenanceStatement")], "rdfs:label": [english(text)]},
        )
        yield from describe(
            activity,
            {
                "rdf:type": [iri("prov:Activity")],
                "rdfs:label": [english(f"Build of release {self._subject.digest}")],
                "prov:used": [NamedNode(each) for each in sorted(set(self._subject.documents.values()))],
                "prov:wasAssociatedWith": [self._publisher],
            },
        )

    def _service(self) -> Iterator[Quad]:
        endpoint = NamedNode(f"{BASE}sparql")
        protocol = NamedNode("https://www.w3.org/TR/sparql11-protocol/")
        yield from describe(
            node("endpoint"),
            {
                "rdf:type": [iri("dcat:DataService"), iri("dcat:Resource")],
                "dcterms:title": [english("SPARQL endpoint")],
                "dcterms:description": [
                    english("Answers SPARQL 1.1 queries over the current release, by GET and POST.")
                ],
                "dcterms:publisher": [self._publisher],
                "dcterms:license": [self._licence],
                "dcterms:accessRights": [iri("eu:access-right/PUBLIC")],
                "dcterms:conformsTo": [protocol],
                "dcterms:format": [iri(f"eu:file-type/{each}") for each in SERVICE_FORMATS],
                "dcat:endpointURL": [endpoint],
                "dcat:endpointDescription": [endpoint],
                "dcat:servesDataset": [DATASET],
                "dcat:contactPoint": [node("contact")],
                "dcat:keyword": [english(word) for word in ("SPARQL", *self._publication.keywords)],
                "dcat:theme": self._themes,
                "dcat:landingPage": [NamedNode(BASE)],
                "foaf:page": [DATASET],
            },
        )
        yield from describe(endpoint, {"rdf:type": [iri("rdfs:Resource")]})
        yield from standard(protocol, "SPARQL 1.1 Protocol")

    def _parties(self) -> Iterator[Quad]:
        publisher, contact = self._publication.publisher, self._publication.contact
        kind = iri(f"publishertype:{publisher.type}")
        yield from describe(
            self._publisher,
            {
                "rdf:type": [iri("foaf:Agent")],
                "foaf:name": [english(publisher.name)],
                "foaf:homepage": [NamedNode(publisher.homepage)],
                "dcterms:type": [kind],
            },
        )
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", publisher.type).lower()
        yield from concept(kind, words, NamedNode("http://purl.org/adms/publishertype/1.0"))
        yield from describe(
            node("contact"),
            {
                "rdf:type": [iri("vcard:Kind"), iri("vcard:Organization")],
                "vcard:fn": [english(contact.name)],
                "vcard:hasURL": [NamedNode(contact.page)],
                "vcard:hasEmail": [NamedNode(f"mailto:{contact.email}")] if contact.email else [],
            },
        )
        for page in sorted({BASE, publisher.homepage, DATASET.value}):
            yield from describe(NamedNode(page), {"rdf:type": [iri("foaf:Document"), iri("rdfs:Resource")]})


def _date(value: str) -> Literal:
    return typed(value, {4: "xsd:gYear", 7: "xsd:gYearMonth"}.get(len(value), "xsd:date"))


def _fragment(iri: NamedNode) -> str:
    return iri.value.partition("#")[2] or "all"
