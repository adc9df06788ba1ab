# Puts what sources say into the lists of the platform: a value of a list where that is matched to it. What a source says
# stays as it is beside that; what no value of a complete list covers is kept aside and becomes a gap.
PREFIX adms: <http://www.w3.org/ns/adms#>
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX list: <https://w3id.org/clustergraph/export/eccp/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX state: <http://purl.org/adms/status/>
INSERT {
  GRAPH list:mapped {
    ?thing dcterms:subject ?code .
    ?code a skos:Concept ; skos:prefLabel ?label ; skos:notation ?notation ; skos:inScheme ?list ;
      skos:mappingRelation ?value .
    ?list a skos:ConceptScheme ; skos:prefLabel ?title ; adms:status ?state
  }
} WHERE {
  GRAPH list:mapping {
    ?list a skos:ConceptScheme ; dcterms:source ?from ; skos:prefLabel ?title ; adms:status ?state .
    ?code skos:inScheme ?list ; skos:exactMatch|skos:closeMatch|skos:narrowMatch ?value ; skos:prefLabel ?label
    OPTIONAL { ?code skos:notation ?notation }
  }
  ?thing ?from ?value
} ;

INSERT { GRAPH list:unmapped { ?list skos:member ?value } } WHERE {
  GRAPH list:mapping { ?list a skos:ConceptScheme ; dcterms:source ?from ; adms:status state:Completed }
  ?thing ?from ?value
  FILTER NOT EXISTS {
    GRAPH list:mapped { ?thing dcterms:subject ?code . ?code skos:inScheme ?list ; skos:mappingRelation ?value }
  }
} ;

INSERT { ?kind skos:broadMatch ?category . ?category a skos:Concept ; skos:prefLabel ?label ; skos:inScheme ?list .
  ?list a skos:ConceptScheme ; skos:prefLabel ?title } WHERE {
  ?thing cg:memberKind|cg:breakdown ?kind .
  GRAPH list:mapping { ?category skos:narrowMatch ?kind ; skos:prefLabel ?label ; skos:inScheme ?list .
    ?list skos:prefLabel ?title . FILTER NOT EXISTS { ?list dcterms:source ?any } }
} ;

INSERT { ?label skos:broadMatch ?recognition . ?recognition a skos:Concept ; skos:prefLabel ?words ; skos:inScheme ?list .
  ?list a skos:ConceptScheme ; skos:prefLabel ?title } WHERE {
  ?award cg:label ?label .
  GRAPH list:mapping { ?recognition skos:narrowMatch ?label ; skos:prefLabel ?words ; skos:inScheme ?list .
    ?list skos:prefLabel ?title }
} ;

INSERT { ?subject ?predicate ?object } WHERE { GRAPH list:mapped { ?subject ?predicate ?object } } ;

# The platform asks for names in no language; that of an organisation may be in any, or in none.
DELETE { ?named skos:prefLabel ?name } INSERT { ?named skos:prefLabel ?plain } WHERE {
  ?named skos:prefLabel ?name BIND (STR(?name) AS ?plain) FILTER (LANG(?name) != "")
}
