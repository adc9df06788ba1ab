"""A project of a few files, to build, break and mend in tests."""

from __future__ import annotations

from pathlib import Path

CONFIGURATION = """[ontology]
packaged = false

[prefixes]
m = "https://w3id.org/clustergraph/graph/4m4iof/"
"""

ONTOLOGY = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

cg:Cluster
    a owl:Class ;
    rdfs:label "cluster"@en ;
    rdfs:subClassOf cg:Organisation .

cg:Organisation
    a owl:Class ;
    rdfs:label "organisation"@en .
"""

SHAPES = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix shape: <https://w3id.org/clustergraph/shape/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

shape:Organisation
    a sh:NodeShape ;
    sh:property shape:Organisation-label ;
    sh:targetClass cg:Organisation .

shape:Organisation-label
    a sh:PropertyShape ;
    sh:maxCount 1 ;
    sh:message "Give it one label." ;
    sh:minCount 1 ;
    sh:name "label" ;
    sh:path skos:prefLabel .
"""

DATA = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix m: <https://w3id.org/clustergraph/graph/4m4iof/> .
@prefix organisation: <https://w3id.org/clustergraph/id/organisation/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

m:summary {
    organisation:afil
        a cg:Cluster ;
        skos:prefLabel "AFIL"@en .

    organisation:viameca
        a cg:Cluster ;
        skos:altLabel "Viameca" ;
        skos:prefLabel "ViaMéca"@en .
}
"""

QUESTION = """#+ title: Which clusters are there?
#+ tags: [clusters]
#+ parameters:
#+   cluster: {label: Only this one, type: iri, class: cg:Cluster, many: true}
#+ columns:
#+   cluster: The cluster
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
SELECT ?cluster WHERE {
  VALUES ?cluster { UNDEF }
  ?cluster a cg:Cluster
} ORDER BY ?cluster
"""

CHECK = """# A label has white space at its ends.
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?value WHERE { ?thing skos:prefLabel ?value FILTER REGEX(STR(?value), "^ | $") }
"""


def make(root: Path) -> Path:
    """Write the files of a small, valid project and return its folder."""
    files = {
        "clustergraph.toml": CONFIGURATION,
        "ontology/clustergraph.ttl": ONTOLOGY,
        "shapes/organisation.ttl": SHAPES,
        "data/4m4iof/summary.trig": DATA,
        "queries/clusters.rq": QUESTION,
        "queries/checks/white-space.rq": CHECK,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (root / "queries" / "rules").mkdir()
    return root
