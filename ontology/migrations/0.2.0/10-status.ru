#+ title: The status of a statement is four things
#+ meaning: >
#+   What was one status is a certainty, which every statement has, and where it is not plain a scope, a phase or an origin.
#+   What was collective, planned, in progress or derived is also stated; where it is not, say so by hand.
#+   What followed from the scope of a list is also ambiguous; where another place shows that it belongs to all names, say stated.
#+   Every target is planned.
#+   The links participatesIn, coordinates, leads, holdsLabel, hasPriority, fundedUnder, coversDomain, activeIn and shares…With follow
#+   from what is certain, of the thing itself and so already, alone; what they included beside is in mayParticipateIn, mayHoldLabel
#+   and so on. Who is associated, connected or a supporter participates no longer.
#+ terms:
#+   cg:status: [cg:certainty, cg:scope, cg:phase, cg:origin]
#+   <https://w3id.org/clustergraph/scheme/status>:
#+     - <https://w3id.org/clustergraph/scheme/certainty>
#+     - <https://w3id.org/clustergraph/scheme/scope>
#+     - <https://w3id.org/clustergraph/scheme/phase>
#+     - <https://w3id.org/clustergraph/scheme/origin>
#+   status:ambiguous: [certainty:ambiguous]
#+   status:collective: [scope:collective]
#+   status:derived: [origin:derived]
#+   status:in-progress: [phase:under-way]
#+   status:list-scope: [scope:list]
#+   status:planned: [phase:planned]
#+   status:stated: [certainty:stated]
#+   status:unconfirmed: [certainty:unconfirmed]
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX certainty: <https://w3id.org/clustergraph/scheme/certainty/>
PREFIX origin: <https://w3id.org/clustergraph/scheme/origin/>
PREFIX phase: <https://w3id.org/clustergraph/scheme/phase/>
PREFIX scope: <https://w3id.org/clustergraph/scheme/scope/>
PREFIX status: <https://w3id.org/clustergraph/scheme/status/>
DELETE { GRAPH ?graph { ?statement cg:status ?status } }
INSERT { GRAPH ?graph { ?statement cg:certainty ?certainty ; ?dimension ?value } }
WHERE {
  GRAPH ?graph { ?statement cg:status ?status }
  VALUES (?status ?certainty ?dimension ?value) {
    (status:ambiguous certainty:ambiguous UNDEF UNDEF)
    (status:collective certainty:stated cg:scope scope:collective)
    (status:derived certainty:stated cg:origin origin:derived)
    (status:in-progress certainty:stated cg:phase phase:under-way)
    (status:list-scope certainty:ambiguous cg:scope scope:list)
    (status:planned certainty:stated cg:phase phase:planned)
    (status:stated certainty:stated UNDEF UNDEF)
    (status:unconfirmed certainty:unconfirmed UNDEF UNDEF)
  }
} ;
INSERT { GRAPH ?graph { ?target cg:phase phase:planned } }
WHERE {
  GRAPH ?graph { ?target a cg:Target ; cg:certainty ?certainty }
  FILTER NOT EXISTS { GRAPH ?graph { ?target cg:phase ?phase } }
}
