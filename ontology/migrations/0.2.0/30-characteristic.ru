#+ title: The drawer cg:characteristic is emptied
#+ meaning: >
#+   A legal status that stood in words (non-profit, non-governmental, independent, informal) is a code, cg:legalStatus.
#+   What a profile for the cluster platform says of itself is its dcterms:description.
#+   Every other characteristic is a skos:note; an address among them becomes a cg:Address by hand, and the shape of notes finds it.
#+ terms: {cg:characteristic: [cg:legalStatus, dcterms:description, skos:note]}
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX document: <https://w3id.org/clustergraph/id/document/>
PREFIX legal-status: <https://w3id.org/clustergraph/scheme/legal-status/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
DELETE { GRAPH ?section { ?thing cg:characteristic ?text } }
INSERT { GRAPH ?section { ?thing cg:legalStatus ?status } }
WHERE {
  VALUES (?words ?status) {
    ("non-profit" legal-status:non-profit) ("not-for-profit" legal-status:non-profit)
    ("non-governmental" legal-status:non-governmental) ("independent" legal-status:independent)
    ("informal" legal-status:informal) ("informal initiative" legal-status:informal)
  }
  GRAPH ?section { ?thing cg:characteristic ?text }
  FILTER(LCASE(STR(?text)) = ?words)
} ;
DELETE { GRAPH ?section { ?thing cg:characteristic ?text } }
INSERT { GRAPH ?section { ?thing dcterms:description ?text } }
WHERE {
  GRAPH ?section { ?thing cg:characteristic ?text }
  GRAPH ?sections { ?section cg:inDocument document:eccp-profiles }
} ;
DELETE { GRAPH ?section { ?thing cg:characteristic ?text } }
INSERT { GRAPH ?section { ?thing skos:note ?text } }
WHERE { GRAPH ?section { ?thing cg:characteristic ?text } } ;
DELETE { GRAPH ?section { ?assertion rdf:predicate cg:characteristic } }
INSERT { GRAPH ?section { ?assertion rdf:predicate skos:note } }
WHERE { GRAPH ?section { ?assertion rdf:predicate cg:characteristic } }
