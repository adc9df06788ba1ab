#+ title: A planned connection is a tie, and to cooperate has one word
#+ meaning: >-
#+   cg:connectsWith becomes a relationship of the kind connection whose phase is planned, certain where it was a plain link and
#+   as certain as its assertion otherwise. The kind collaboration is called cooperates-with: both said that two work together.
#+ terms: {cg:connectsWith: [cg:Relationship], relationship-kind:collaboration: [relationship-kind:cooperates-with]}
PREFIX certainty: <https://w3id.org/clustergraph/scheme/certainty/>
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX phase: <https://w3id.org/clustergraph/scheme/phase/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX relationship-kind: <https://w3id.org/clustergraph/scheme/relationship-kind/>

DELETE { GRAPH ?section { ?one cg:connectsWith ?other } }
INSERT { GRAPH ?section { ?tie a cg:Relationship ; cg:party ?one ; cg:counterparty ?other ;
  cg:relationshipKind relationship-kind:connection ; cg:certainty certainty:stated ; cg:phase phase:planned } }
WHERE {
  GRAPH ?section { ?one cg:connectsWith ?other }
  BIND (CONCAT(REPLACE(STR(?section), "^.*/graph/", ""), "-", REPLACE(STR(?one), "^.*/", ""), "-connection-",
    REPLACE(STR(?other), "^.*/id/", "")) AS ?name)
  BIND (IRI(CONCAT("https://w3id.org/clustergraph/id/relationship/", REPLACE(LCASE(?name), "[^a-z0-9]+", "-"))) AS ?tie)
} ;

DELETE { GRAPH ?section { ?assertion a cg:Assertion ; rdf:subject ?one ; rdf:predicate cg:connectsWith ; rdf:object ?other ;
  ?property ?value } }
INSERT { GRAPH ?section { ?tie a cg:Relationship ; cg:party ?one ; cg:counterparty ?other ;
  cg:relationshipKind relationship-kind:connection ; cg:phase phase:planned ; ?property ?value } }
WHERE {
  GRAPH ?section { ?assertion rdf:subject ?one ; rdf:predicate cg:connectsWith ; rdf:object ?other ; ?property ?value }
  FILTER (?property NOT IN (rdf:type, rdf:subject, rdf:predicate, rdf:object, cg:phase))
  BIND (IRI(REPLACE(STR(?assertion), "/id/assertion/", "/id/relationship/")) AS ?tie)
} ;

DELETE { GRAPH ?section { ?tie cg:relationshipKind relationship-kind:collaboration } }
INSERT { GRAPH ?section { ?tie cg:relationshipKind relationship-kind:cooperates-with } }
WHERE { GRAPH ?section { ?tie cg:relationshipKind relationship-kind:collaboration } }
