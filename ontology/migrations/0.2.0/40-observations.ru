#+ title: Figures, targets and claims are siblings
#+ meaning: >
#+   cg:Figure no longer includes cg:Target and cg:Claim: it is a number of what is or was. What all three have in common is
#+   cg:Observation. A target or claim that was called a figure, too, is one no longer.
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
DELETE { GRAPH ?graph { ?number a cg:Figure } }
WHERE {
  VALUES ?class { cg:Target cg:Claim }
  GRAPH ?graph { ?number a cg:Figure, ?class }
}
