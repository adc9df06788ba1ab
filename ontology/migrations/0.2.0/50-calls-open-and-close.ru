#+ title: Events begin, calls open and close
#+ meaning: >
#+   When an event takes place is its cg:start. A programme or call has cg:opens and cg:closes; cg:start and cg:end of a call are taken
#+   as these, and those of a programme or scheme stay the time that it runs.
#+ terms: {cg:held: [cg:opens, cg:start]}
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX funding-level: <https://w3id.org/clustergraph/scheme/funding-level/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
DELETE { GRAPH ?g { ?x cg:held ?date } }
INSERT { GRAPH ?g { ?x ?new ?date } }
WHERE {
  GRAPH ?g { ?x cg:held ?date }
  BIND (EXISTS { GRAPH ?any { ?x a cg:FundingScheme } } || EXISTS { GRAPH ?other { ?x cg:schemeLevel ?level } }
    || CONTAINS(STR(?x), "/id/funding/") AS ?funds)
  BIND (IF(?funds, cg:opens, cg:start) AS ?new)
} ;
DELETE { GRAPH ?g { ?x rdf:predicate cg:held } }
INSERT { GRAPH ?g { ?x rdf:predicate ?new } }
WHERE {
  GRAPH ?g { ?x rdf:predicate cg:held ; rdf:subject ?about }
  BIND (EXISTS { GRAPH ?any { ?about a cg:FundingScheme } } || EXISTS { GRAPH ?other { ?about cg:schemeLevel ?level } }
    || CONTAINS(STR(?about), "/id/funding/") AS ?funds)
  BIND (IF(?funds, cg:opens, cg:start) AS ?new)
} ;
DELETE { GRAPH ?g { ?call ?old ?date } }
INSERT { GRAPH ?g { ?call ?new ?date } }
WHERE {
  VALUES (?old ?new) { (cg:start cg:opens) (cg:end cg:closes) }
  GRAPH ?g { ?call ?old ?date }
  FILTER EXISTS { GRAPH ?any { ?call cg:schemeLevel funding-level:call } }
}
