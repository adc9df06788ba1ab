#+ title: Names of events, services, groups and aims are no themes
#+ meaning: >-
#+   The list of themes has terms that name a field of activity. What a source prints in the same place and is no field moves
#+   to what it is: services to the list service, groups of people or organisations to target-group, everything else (events,
#+   projects, awards, methods, aims of policy) to other-term. Where it is printed, what kind of thing it is (cg:termKind) and
#+   what it is about (cg:aboutField) stay, and so does who is active in what through it.
#+   Codes of your own that have a cg:termKind move in the same way.
#+ terms:
#+   theme:arena-42: [service:arena-42]
#+   theme:business-and-entrepreneurship: [other-term:business-and-entrepreneurship]
#+   theme:business-cooperations-in-the-field-of-polymer-s-advanced-processes: [service:business-cooperations-in-the-field-of-polymer-s-advanced-processes]
#+   theme:business-cooperations-on-green-material-technologies: [service:business-cooperations-on-green-material-technologies]
#+   theme:business-development: [service:business-development]
#+   theme:business-platform: [service:business-platform]
#+   theme:cluster-management-excellence: [other-term:cluster-management-excellence]
#+   theme:clusters: [target-group:clusters]
#+   theme:companies-and-regional-industries: [target-group:companies-and-regional-industries]
#+   theme:competitiveness: [other-term:competitiveness]
#+   theme:component-level: [other-term:component-level]
#+   theme:cross-border-cooperation: [other-term:cross-border-cooperation]
#+   theme:cutting-edge-technological-developments: [other-term:cutting-edge-technological-developments]
#+   theme:cyberone: [other-term:cyberone]
#+   theme:development: [other-term:development]
#+   theme:dissemination-and-organization-of-conferences: [service:dissemination-and-organization-of-conferences]
#+   theme:effectuation: [other-term:effectuation]
#+   theme:equal-opportunities: [other-term:equal-opportunities]
#+   theme:field-strategy: [other-term:field-strategy]
#+   theme:founders: [target-group:founders]
#+   theme:golnno-business-coaching: [service:golnno-business-coaching]
#+   theme:human-resources: [service:human-resources]
#+   theme:innovation: [other-term:innovation]
#+   theme:innovation-promotion-and-development: [service:innovation-promotion-and-development]
#+   theme:innovative-and-high-tech-companies: [target-group:innovative-and-high-tech-companies]
#+   theme:inter-regional-cooperation: [other-term:inter-regional-cooperation]
#+   theme:internationalization: [other-term:internationalization]
#+   theme:italian-french-cooperation: [other-term:italian-french-cooperation]
#+   theme:lean-startup-method: [other-term:lean-startup-method]
#+   theme:management-of-cooperative-projects: [service:management-of-cooperative-projects]
#+   theme:manufacturing-companies: [target-group:manufacturing-companies]
#+   theme:markets: [other-term:markets]
#+   theme:matchmaking: [service:matchmaking]
#+   theme:networking-activities: [service:networking-activities]
#+   theme:opportunities-of-horizon-2020: [other-term:opportunities-of-horizon-2020]
#+   theme:organization-of-a-materials-for-3dprinting-congress: [other-term:organization-of-a-materials-for-3dprinting-congress]
#+   theme:ph-d-candidates: [target-group:ph-d-candidates]
#+   theme:regional-industry: [target-group:regional-industry]
#+   theme:regional-innovation-potential: [other-term:regional-innovation-potential]
#+   theme:regional-manufacturing-companies: [target-group:regional-manufacturing-companies]
#+   theme:research: [other-term:research]
#+   theme:research-and-development: [other-term:research-and-development]
#+   theme:researchers: [target-group:researchers]
#+   theme:researchers-from-the-ict-sector: [target-group:researchers-from-the-ict-sector]
#+   theme:smes: [target-group:smes]
#+   theme:social-dialogue: [other-term:social-dialogue]
#+   theme:social-issues: [other-term:social-issues]
#+   theme:start-ups: [target-group:start-ups]
#+   theme:system-level: [other-term:system-level]
#+   theme:technology-and-business-cooperations-on-biobased-materials: [service:technology-and-business-cooperations-on-biobased-materials]
#+   theme:technology-and-business-cooperations-on-micro-and-nano-technologies: [service:technology-and-business-cooperations-on-micro-and-nano-technologies]
#+   theme:thematic-areas-from-the-s3-platform-industrial-modernisation: [other-term:thematic-areas-from-the-s3-platform-industrial-modernisation]
#+   theme:transition-towards-smart-regions: [other-term:transition-towards-smart-regions]
#+   theme:transnational-cooperation: [other-term:transnational-cooperation]
#+   theme:two-projects-about-4-0-industry-in-plastics-and-composites: [other-term:two-projects-about-4-0-industry-in-plastics-and-composites]
#+   theme:young-entrepreneurs: [target-group:young-entrepreneurs]
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX term-kind: <https://w3id.org/clustergraph/scheme/term-kind/>

# Which term becomes which is noted in a graph of this step alone, then done.
INSERT { GRAPH <https://w3id.org/clustergraph/graph/migration> { ?old rdfs:seeAlso ?new } }
WHERE {
  ?old skos:inScheme <https://w3id.org/clustergraph/scheme/theme> ; dcterms:isReplacedBy ?new .
  { GRAPH ?graph { ?one ?property ?old } } UNION { GRAPH ?graph { ?old ?property ?other } }
} ;

INSERT { GRAPH <https://w3id.org/clustergraph/graph/migration> { ?old rdfs:seeAlso ?new } }
WHERE {
  GRAPH ?graph { ?old cg:termKind ?kind }
  FILTER (STRSTARTS(STR(?old), "https://w3id.org/clustergraph/scheme/theme/"))
  BIND (IF(?kind = term-kind:service, "service", IF(?kind IN (term-kind:organisation-kind, term-kind:person-group),
    "target-group", "other-term")) AS ?list)
  BIND (IRI(REPLACE(STR(?old), "/scheme/theme/", CONCAT("/scheme/", ?list, "/"))) AS ?new)
} ;

DELETE { GRAPH ?graph { ?old skos:inScheme <https://w3id.org/clustergraph/scheme/theme> } }
INSERT { GRAPH ?graph { ?old skos:inScheme ?list } }
WHERE {
  GRAPH <https://w3id.org/clustergraph/graph/migration> { ?old rdfs:seeAlso ?new }
  GRAPH ?graph { ?old skos:inScheme <https://w3id.org/clustergraph/scheme/theme> }
  BIND (IRI(REPLACE(STR(?new), "/[^/]*$", "")) AS ?list)
} ;

DELETE { GRAPH ?graph { ?one ?property ?old } }
INSERT { GRAPH ?graph { ?one ?property ?new } }
WHERE {
  GRAPH <https://w3id.org/clustergraph/graph/migration> { ?old rdfs:seeAlso ?new }
  GRAPH ?graph { ?one ?property ?old }
} ;

DELETE { GRAPH ?graph { ?old ?property ?value } }
INSERT { GRAPH ?graph { ?new ?property ?value } }
WHERE {
  GRAPH <https://w3id.org/clustergraph/graph/migration> { ?old rdfs:seeAlso ?new }
  GRAPH ?graph { ?old ?property ?value }
  FILTER (?graph != <https://w3id.org/clustergraph/graph/migration>)
} ;

DELETE WHERE { GRAPH <https://w3id.org/clustergraph/graph/migration> { ?old ?property ?new } }
