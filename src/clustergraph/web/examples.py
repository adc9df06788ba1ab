"""Queries to begin with, shown on the home page and beside the query form."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final[dict[str, str]] = {
    "Clusters and the regions they are in": """\
SELECT DISTINCT ?cluster ?name ?region
WHERE {
  ?cluster a cg:Cluster ; skos:prefLabel ?name .
  OPTIONAL { ?cluster cg:region ?place . ?place skos:prefLabel ?region FILTER(lang(?region) IN ("en", "")) }
}
ORDER BY ?name""",
    "Who takes part in what, in which role": """\
SELECT ?who ?activity ?role
WHERE {
  ?participation a cg:Participation ; cg:participant ?party ; cg:activity ?in .
  ?party skos:prefLabel ?who .
  ?in skos:prefLabel ?activity .
  OPTIONAL { ?participation cg:role/skos:prefLabel ?role }
}
ORDER BY ?activity ?who
LIMIT 200""",
    "Organisations that share a pilot": """\
SELECT DISTINCT ?one ?other
WHERE {
  ?a cg:sharesPilotWith ?b .
  ?a skos:prefLabel ?one . ?b skos:prefLabel ?other .
  FILTER(str(?a) < str(?b))
}
ORDER BY ?one ?other""",
    "Figures that differ between sections": """\
SELECT ?name ?measured ?value ?section
WHERE {
  ?figure cg:subject ?subject ; cg:measure ?measure ; cg:value ?value .
  ?rival cg:subject ?subject ; cg:measure ?measure ; cg:value ?another .
  FILTER(?value != ?another)
  ?subject skos:prefLabel ?name . ?measure skos:prefLabel ?measured .
  OPTIONAL { ?figure cg:statedIn/cg:heading ?section }
}
GROUP BY ?name ?measured ?value ?section
ORDER BY ?name ?measured ?value
LIMIT 200""",
    "Everything one section says": """\
CONSTRUCT { ?s ?p ?o }
WHERE {
  { SELECT ?section WHERE { GRAPH ?section { ?figure a cg:Figure } } LIMIT 1 }
  GRAPH ?section { ?s ?p ?o }
}""",
    "How many things of each class there are": """\
SELECT ?class (COUNT(DISTINCT ?thing) AS ?things)
WHERE { ?thing a ?class . FILTER(STRSTARTS(STR(?class), STR(cg:))) }
GROUP BY ?class
ORDER BY DESC(?things)""",
}
"""A title, and the query."""
