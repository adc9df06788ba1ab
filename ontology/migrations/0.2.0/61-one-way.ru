#+ title: One way to say who takes part, who supports, who is a member
#+ meaning: >-
#+   A tie is of two sides that last. Who organises, founds, supports or is responsible for an activity, a body, a funding
#+   scheme or a strategy takes part in it in that role; a strategy or activity that serves an organisation has it for a
#+   beneficiary. An unspecified connection is a tie (it was also a role, "connected").
#+   cg:runs and cg:namedMember become participations as organiser and as member, cg:legallyRepresentedBy a tie; the same
#+   triples as assertions do too, as uncertain as they were.
#+   A letter that says what it supports says it alone: the ties of its issuer and its region follow from it.
#+   A tie of support beside a funding of the same by the same is left out.
#+   The event at which something was founded is named by cg:foundedAt.
#+   cg:Network, cg:Initiative, cg:RegionalAlliance and cg:WorkingGroup are bodies, no activities: what is called so and is
#+   no group of members needs another class, which no rule can choose.
#+ terms:
#+   cg:runs: [cg:Participation]
#+   cg:namedMember: [cg:Participation]
#+   cg:legallyRepresentedBy: [cg:Relationship]
#+   participation-role:connected: [relationship-kind:connection]
#+   relationship-kind:organiser: [participation-role:organiser]
#+   relationship-kind:founding-member: [participation-role:founding-member]
#+   relationship-kind:responsible-for: [participation-role:responsible]
#+   relationship-kind:created-at: [cg:foundedAt]
PREFIX certainty: <https://w3id.org/clustergraph/scheme/certainty/>
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX participation-role: <https://w3id.org/clustergraph/scheme/participation-role/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX relationship-kind: <https://w3id.org/clustergraph/scheme/relationship-kind/>

# A letter says itself what it supports; what its issuer promises stays with it.
DELETE { GRAPH ?section { ?tie ?property ?value } }
INSERT { GRAPH ?section { ?letter cg:purpose ?purpose } }
WHERE {
  GRAPH ?section {
    ?letter cg:supports ?activity ; cg:issuer|cg:onBehalfOf ?party .
    ?tie cg:relationshipKind relationship-kind:supports ; cg:party ?party ; cg:counterparty ?activity ; ?property ?value
    OPTIONAL { ?tie cg:purpose ?purpose }
  }
} ;

# Who pays for a project supports it.
DELETE { GRAPH ?section { ?tie ?property ?value } }
WHERE {
  GRAPH ?section {
    ?funding a cg:Funding ; cg:funder ?party ; cg:activity ?activity .
    ?tie cg:relationshipKind relationship-kind:supports ; cg:party ?party ; cg:counterparty ?activity ; ?property ?value
  }
} ;

DELETE { GRAPH ?section { ?tie ?property ?value } }
INSERT { GRAPH ?section { ?party cg:foundedAt ?event } }
WHERE {
  GRAPH ?section {
    ?tie cg:relationshipKind relationship-kind:created-at ; cg:party ?party ; cg:counterparty ?event ; ?property ?value .
    ?tie cg:certainty certainty:stated
  }
} ;

# What the rest becomes is noted in a graph of this step alone, then done.
INSERT { GRAPH <https://w3id.org/clustergraph/graph/migration> {
  ?tie rdfs:seeAlso ?participation ; rdf:type cg:Participation ; rdf:value ?role ; rdfs:label ?case
} }
WHERE {
  VALUES (?kind ?whole ?taken ?role ?case) {
    (relationship-kind:organiser cg:counterparty cg:Activity participation-role:organiser "tie")
    (relationship-kind:organiser cg:counterparty cg:Network participation-role:organiser "tie")
    (relationship-kind:organiser cg:counterparty cg:FundingScheme participation-role:organiser "tie")
    (relationship-kind:founding-member cg:counterparty cg:Activity participation-role:founding-member "tie")
    (relationship-kind:founding-member cg:counterparty cg:Network participation-role:founding-member "tie")
    (relationship-kind:founding-member cg:counterparty cg:Organisation participation-role:founding-member "tie")
    (relationship-kind:founding-member cg:counterparty cg:Strategy participation-role:founding-member "tie")
    (relationship-kind:responsible-for cg:counterparty cg:Activity participation-role:responsible "tie")
    (relationship-kind:responsible-for cg:counterparty cg:Network participation-role:responsible "tie")
    (relationship-kind:responsible-for cg:counterparty cg:Organisation participation-role:responsible "tie")
    (relationship-kind:responsible-for cg:counterparty cg:FundingScheme participation-role:responsible "tie")
    (relationship-kind:responsible-for cg:counterparty cg:Strategy participation-role:responsible "tie")
    (relationship-kind:supports cg:counterparty cg:Activity participation-role:supporter "tie")
    (relationship-kind:supports cg:counterparty cg:Network participation-role:supporter "tie")
    (relationship-kind:supports cg:counterparty cg:FundingScheme participation-role:supporter "tie")
    (relationship-kind:supports cg:counterparty cg:Strategy participation-role:supporter "tie")
    (relationship-kind:connection cg:counterparty cg:FundingScheme participation-role:supporter "tie")
    (relationship-kind:connection cg:counterparty cg:Strategy participation-role:supporter "tie")
    (relationship-kind:serves cg:party cg:Activity participation-role:beneficiary "served")
    (relationship-kind:serves cg:party cg:FundingScheme participation-role:beneficiary "served")
    (relationship-kind:serves cg:party cg:Strategy participation-role:beneficiary "served")
  }
  GRAPH ?section { ?tie cg:relationshipKind ?kind ; cg:counterparty ?counterparty ; ?whole ?activity }
  GRAPH ?described { ?activity a ?class }
  ?class rdfs:subClassOf* ?taken .
  BIND (IRI(REPLACE(STR(?tie), "/id/relationship/", "/id/participation/")) AS ?participation)
} ;

INSERT { GRAPH <https://w3id.org/clustergraph/graph/migration> {
  ?participation rdfs:seeAlso ?tie ; rdf:type cg:Relationship ; rdf:value relationship-kind:connection ;
    rdfs:label "connected"
} }
WHERE {
  GRAPH ?section { ?participation cg:role participation-role:connected }
  BIND (IRI(REPLACE(STR(?participation), "/id/participation/", "/id/relationship/")) AS ?tie)
} ;

INSERT { GRAPH <https://w3id.org/clustergraph/graph/migration> {
  ?assertion rdfs:seeAlso ?statement ; rdf:type ?class ; rdf:value ?code ; rdfs:label ?case
} }
WHERE {
  VALUES (?predicate ?class ?code ?case ?kind) {
    (cg:namedMember cg:Participation participation-role:member "member" "participation")
    (cg:runs cg:Participation participation-role:organiser "runs" "participation")
    (cg:legallyRepresentedBy cg:Relationship relationship-kind:legal-representation "represented" "relationship")
  }
  GRAPH ?section { ?assertion rdf:predicate ?predicate }
  BIND (IRI(REPLACE(STR(?assertion), "/id/assertion/", CONCAT("/id/", ?kind, "/"))) AS ?statement)
} ;

DELETE { GRAPH ?graph { ?other ?naming ?old } }
INSERT { GRAPH ?graph { ?other ?naming ?new } }
WHERE {
  GRAPH <https://w3id.org/clustergraph/graph/migration> { ?old rdfs:seeAlso ?new }
  GRAPH ?graph { ?other ?naming ?old }
} ;

DELETE { GRAPH ?graph { ?old ?property ?value } }
INSERT { GRAPH ?graph { ?new a ?class ; ?coded ?code ; ?kept ?value } }
WHERE {
  GRAPH <https://w3id.org/clustergraph/graph/migration> {
    ?old rdfs:seeAlso ?new ; rdf:type ?class ; rdf:value ?code ; rdfs:label ?case
  }
  GRAPH ?graph { ?old ?property ?value }
  FILTER (?graph != <https://w3id.org/clustergraph/graph/migration>)
  OPTIONAL {
    VALUES (?case ?property ?renamed) {
      ("tie" cg:party cg:participant) ("tie" cg:counterparty cg:activity)
      ("served" cg:party cg:activity) ("served" cg:counterparty cg:participant)
      ("connected" cg:participant cg:party) ("connected" cg:activity cg:counterparty)
      ("member" rdf:subject cg:activity) ("member" rdf:object cg:participant)
      ("runs" rdf:subject cg:participant) ("runs" rdf:object cg:activity)
      ("represented" rdf:subject cg:counterparty) ("represented" rdf:object cg:party)
    }
  }
  BIND (IF(?class = cg:Participation, cg:role, cg:relationshipKind) AS ?coded)
  BIND (IF(?property IN (rdf:type, rdf:predicate, cg:role, cg:relationshipKind), ?nothing, COALESCE(?renamed, ?property))
    AS ?kept)
} ;

DELETE WHERE { GRAPH <https://w3id.org/clustergraph/graph/migration> { ?old ?property ?value } } ;

INSERT { GRAPH ?section { ?participation a cg:Participation ; cg:participant ?participant ; cg:activity ?activity ;
  cg:role ?role ; cg:certainty certainty:stated } }
WHERE {
  { GRAPH ?section { ?activity cg:namedMember ?participant } VALUES ?role { participation-role:member } }
  UNION { GRAPH ?section { ?participant cg:runs ?activity } VALUES ?role { participation-role:organiser } }
  FILTER NOT EXISTS { GRAPH ?section { ?same cg:participant ?participant ; cg:activity ?activity ; cg:role ?role } }
  BIND (CONCAT(REPLACE(STR(?section), "^.*/graph/", ""), "-", REPLACE(STR(?activity), "^.*/", ""), "-",
    REPLACE(STR(?participant), "^.*/", ""), "-", REPLACE(STR(?role), "^.*/", "")) AS ?name)
  BIND (IRI(CONCAT("https://w3id.org/clustergraph/id/participation/", REPLACE(LCASE(?name), "[^a-z0-9]+", "-")))
    AS ?participation)
} ;

INSERT { GRAPH ?section { ?tie a cg:Relationship ; cg:party ?party ; cg:counterparty ?represented ;
  cg:relationshipKind relationship-kind:legal-representation ; cg:certainty certainty:stated } }
WHERE {
  GRAPH ?section { ?represented cg:legallyRepresentedBy ?party }
  FILTER NOT EXISTS { GRAPH ?section { ?same cg:party ?party ; cg:counterparty ?represented ;
    cg:relationshipKind relationship-kind:legal-representation } }
  BIND (CONCAT(REPLACE(STR(?section), "^.*/graph/", ""), "-", REPLACE(STR(?party), "^.*/", ""),
    "-legal-representation-", REPLACE(STR(?represented), "^.*/", "")) AS ?name)
  BIND (IRI(CONCAT("https://w3id.org/clustergraph/id/relationship/", REPLACE(LCASE(?name), "[^a-z0-9]+", "-"))) AS ?tie)
} ;

DELETE { GRAPH ?section { ?one ?old ?other } }
WHERE {
  VALUES ?old { cg:runs cg:namedMember cg:legallyRepresentedBy }
  GRAPH ?section { ?one ?old ?other }
}
