# Puts the values of the sources into the lists of the form: an official code where the mapping has one; where a list is
# provisional, the value itself. What an official list does not cover is kept aside and becomes a gap.
PREFIX adms: <http://www.w3.org/ns/adms#>
PREFIX state: <http://purl.org/adms/status/>
PREFIX list: <https://w3id.org/clustergraph/export/eccp/>

INSERT {
  GRAPH list:mapped {
    ?thing ?to ?code .
    ?code a skos:Concept ; skos:prefLabel ?label ; skos:notation ?notation ; skos:inScheme ?list .
    ?list a skos:ConceptScheme ; skos:prefLabel ?title ; adms:status ?state
  }
} WHERE {
  GRAPH list:mapping {
    ?list a skos:ConceptScheme ; dcterms:source ?from ; sh:path ?to ; skos:prefLabel ?title ; adms:status ?state .
    ?code skos:inScheme ?list ; skos:exactMatch|skos:closeMatch|skos:narrowMatch ?value ; skos:prefLabel ?label
    OPTIONAL { ?code skos:notation ?notation }
  }
  ?thing ?from ?value
} ;

INSERT {
  GRAPH list:mapped {
    ?thing ?to ?value .
    ?value a skos:Concept ; skos:inScheme ?list .
    ?list a skos:ConceptScheme ; skos:prefLabel ?title ; adms:status state:UnderDevelopment
  }
} WHERE {
  GRAPH list:mapping {
    ?list a skos:ConceptScheme ; dcterms:source ?from ; sh:path ?to ; skos:prefLabel ?title ;
      adms:status state:UnderDevelopment
  }
  ?thing ?from ?value .
  FILTER NOT EXISTS {
    GRAPH list:mapping { ?official skos:inScheme ?list ; skos:exactMatch|skos:closeMatch|skos:narrowMatch ?value }
  }
} ;

INSERT { GRAPH list:unmapped { ?thing ?to ?value } } WHERE {
  GRAPH list:mapping { ?list a skos:ConceptScheme ; dcterms:source ?from ; sh:path ?to ; adms:status ?state }
  ?thing ?from ?value .
  FILTER (?state != state:UnderDevelopment)
  FILTER NOT EXISTS {
    GRAPH list:mapping { ?official skos:inScheme ?list ; skos:exactMatch|skos:closeMatch|skos:narrowMatch ?value }
  }
} ;

DELETE { ?thing ?from ?value } WHERE { GRAPH list:mapping { ?list dcterms:source ?from } ?thing ?from ?value } ;

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

INSERT { ?subject ?predicate ?object } WHERE { GRAPH list:mapped { ?subject ?predicate ?object } }
