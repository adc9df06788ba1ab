#+ title: Months of a project have properties of their own
#+ meaning: The month of a project in which something begins or ends (M12) is a whole number, cg:startMonth or cg:endMonth.
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
DELETE { GRAPH ?g { ?x ?old ?month } }
INSERT { GRAPH ?g { ?x ?new ?number } }
WHERE {
  VALUES (?old ?new) { (cg:start cg:startMonth) (cg:end cg:endMonth) }
  GRAPH ?g { ?x ?old ?month }
  FILTER (REGEX(STR(?month), "^ *[Mm] *[0-9]{1,3} *$"))
  BIND (xsd:integer(REPLACE(STR(?month), "[Mm ]", "")) AS ?number)
}
