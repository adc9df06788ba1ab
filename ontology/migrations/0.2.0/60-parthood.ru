#+ title: One word for each kind of whole
#+ meaning: >-
#+   cg:sectionOf is called cg:partOf, and cg:belongsTo cg:subOrganisationOf; what they say is the same.
#+   dcterms:isPartOf between two places becomes cg:within; from an activity or strategy to another, cg:partOf; from a
#+   document to an activity, cg:describes. Elsewhere it stays.
#+ terms: {cg:sectionOf: [cg:partOf], cg:belongsTo: [cg:subOrganisationOf]}
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
DELETE { GRAPH ?graph { ?part ?old ?whole } }
INSERT { GRAPH ?graph { ?part ?new ?whole } }
WHERE {
  VALUES (?old ?new) { (cg:sectionOf cg:partOf) (cg:belongsTo cg:subOrganisationOf) }
  GRAPH ?graph { ?part ?old ?whole }
} ;

DELETE { GRAPH ?graph { ?assertion rdf:predicate ?old } }
INSERT { GRAPH ?graph { ?assertion rdf:predicate ?new } }
WHERE {
  VALUES (?old ?new) { (cg:sectionOf cg:partOf) (cg:belongsTo cg:subOrganisationOf) }
  GRAPH ?graph { ?assertion rdf:predicate ?old }
} ;

DELETE { GRAPH ?graph { ?part dcterms:isPartOf ?whole } }
INSERT { GRAPH ?graph { ?part ?new ?whole } }
WHERE {
  VALUES (?kind ?wholeKind ?new) {
    (cg:Place cg:Place cg:within)
    (cg:Strategy cg:Strategy cg:partOf)
    (cg:Strategy cg:Activity cg:partOf)
    (cg:Activity cg:Strategy cg:partOf)
    (cg:Activity cg:Activity cg:partOf)
    (cg:Document cg:Activity cg:describes)
  }
  GRAPH ?graph { ?part dcterms:isPartOf ?whole }
  GRAPH ?described { ?part a ?class }
  ?class rdfs:subClassOf* ?kind .
  GRAPH ?alsoDescribed { ?whole a ?wholeClass }
  ?wholeClass rdfs:subClassOf* ?wholeKind .
}
