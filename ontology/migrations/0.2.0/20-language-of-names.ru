#+ title: Names have the language they are in
#+ meaning: >
#+   The tag of a label is the language of its words, and und where they are in no language: an invented name, a brand, an
#+   acronym. Before, most labels were tagged en because the text that prints them is English. No rule knows the language of a
#+   name: a label that is the acronym of its thing, in one word, becomes und, and every other label keeps its tag until somebody looks at it.
#+ terms: {}
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
DELETE { GRAPH ?g { ?thing skos:prefLabel ?name } }
INSERT { GRAPH ?g { ?thing skos:prefLabel ?bare } }
WHERE {
  GRAPH ?g { ?thing skos:prefLabel ?name FILTER (LANG(?name) = "en") }
  GRAPH ?section { ?thing cg:acronym ?acronym } FILTER (STR(?acronym) = STR(?name) && !CONTAINS(?acronym, " "))
  FILTER NOT EXISTS { GRAPH ?other { ?thing skos:prefLabel ?own FILTER (LANG(?own) = "und") } }
  BIND (STRLANG(STR(?name), "und") AS ?bare)
}
