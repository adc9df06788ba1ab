"""A small release for the tests of the service: two clusters, a pilot, a figure that two sections give differently."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.pipeline import exports
from clustergraph.pipeline.project import Project
from clustergraph.release.artefacts import home_of
from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import merge, write
from clustergraph.terms import PREFIXES

VOCABULARY = """
GRAPH graph:ontology {
  <https://w3id.org/clustergraph/ontology> a owl:Ontology ; dcterms:title "clustergraph"@en .
  cg:Cluster a owl:Class ; rdfs:label "cluster"@en ;
    skos:definition "An organisation that manages a concentration."@en .
  cg:Figure a owl:Class ; rdfs:label "figure"@en .
  cg:participatesIn a owl:ObjectProperty ; rdfs:label "participates in"@en .
  cg:subject a owl:ObjectProperty ; rdfs:label "is figure of"@en .
  cg:value a owl:DatatypeProperty ; rdfs:label "has value"@en .
}
GRAPH graph:reference {
  organisation:plastipolis a cg:Cluster ; skos:prefLabel "Plastipolis"@fr , "Plastipolis cluster"@en ;
    cg:region nuts:FRK ;
    cg:website "https://plastipolis.example/"^^xsd:anyURI .
  organisation:afil a cg:Cluster ; skos:prefLabel "AFIL <b>&\\"quoted\\"</b>"@en ; cg:region nuts:ITC4 ;
    cg:website "javascript:alert(1)"^^xsd:anyURI .
  nuts:FRK a cg:Region ; skos:prefLabel "Auvergne-Rhône-Alpes"@fr .
  <https://w3id.org/clustergraph/scheme/measure/members> a skos:Concept ; skos:prefLabel "members"@en .
  document:note a cg:Document ; dcterms:title "Concept note"@en .
  w:s3 a cg:Section ; cg:inDocument document:note ; cg:sectionNumber "3" ; cg:heading "Partners" ; cg:order 3 .
  w:annex-1 a cg:Section ; cg:inDocument document:note ; cg:heading "Annex 1" ;
    cg:table "Figures" ; cg:row "Plastipolis" .
  pilot:esm a cg:Pilot ; skos:prefLabel "Efficient and Sustainable Manufacturing"@en .
}
GRAPH w:s3 {
  figure:members-1 a cg:Figure ; cg:subject organisation:plastipolis ; cg:value 320 ;
    cg:measure <https://w3id.org/clustergraph/scheme/measure/members> .
}
GRAPH w:annex-1 {
  figure:members-2 a cg:Figure ; cg:subject organisation:plastipolis ; cg:value 400 ;
    cg:measure <https://w3id.org/clustergraph/scheme/measure/members> .
}
GRAPH graph:inferred {
  organisation:plastipolis cg:participatesIn pilot:esm ; a cg:Organisation .
}
"""


def write_release(root: Path, digest: str = "d1", extra: str = "", repeat: int = 0) -> Path:
    """Write a release below a data root, make it current, and return its directory.

    It gets a name that tests can know, and not the digest of its content; and it is described, without files.
    """
    header = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
    store = Store()
    store.extend(parse(header + VOCABULARY + extra, format=RdfFormat.TRIG))
    many = "http://many.example/"
    predicate, graph = NamedNode(f"{many}p"), NamedNode(f"{many}graph")
    store.extend(Quad(NamedNode(f"{many}{n}"), predicate, NamedNode(f"{many}{n % 97}"), graph) for n in range(repeat))
    merge(store)
    releases = Releases(root)
    with releases.lock():
        made = write(releases, store, Record())
    path = made.path.rename(releases.home / digest)
    replace(made, digest=digest, created="2026-11-22T09:00:00+00:00", version="0.1.0").write(path)
    home_of(made.path).rename(home_of(path))
    exports.prepare(path, Project(root), files=False)
    point(root, digest)
    return path


def point(root: Path, digest: str) -> None:
    """Make a release current."""
    releases = Releases(root)
    releases.activate(releases.home / digest)
