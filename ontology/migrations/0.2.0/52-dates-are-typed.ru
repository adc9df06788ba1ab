#+ title: Dates are years, months or days
#+ meaning: >
#+   A date that was text, a number or a point in time is xsd:gYear, xsd:gYearMonth or xsd:date. Where a source gives no date, but
#+   between which dates it lies, there is cg:Dating; cg:issued is a date that the document itself gives.
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
DELETE { GRAPH ?g { ?x ?property ?old } }
INSERT { GRAPH ?g { ?x ?property ?new } }
WHERE {
  VALUES ?property {
    cg:asOf cg:closes cg:end cg:founded cg:heldSince cg:issued cg:legalPersonalitySince cg:opens cg:start
  }
  GRAPH ?g { ?x ?property ?old }
  FILTER (ISLITERAL(?old))
  BIND (REPLACE(STR(?old), "^ +| +$|T[0-9:.]+(Z|[+-][0-9:]+)?$", "") AS ?text)
  BIND (IF(REGEX(?text, "^[0-9]{4}$"), xsd:gYear, IF(REGEX(?text, "^[0-9]{4}-(0[1-9]|1[0-2])$"), xsd:gYearMonth,
    IF(REGEX(?text, "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"), xsd:date, xsd:string))) AS ?type)
  FILTER (?type != xsd:string && (DATATYPE(?old) != ?type || STR(?old) != ?text))
  BIND (STRDT(?text, ?type) AS ?new)
}
