"""What to begin with: questions for the home page, and queries of the forms that no question has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clustergraph.questions import Question

_FIRST: Final = (
    "partners-sharing-pilots",
    "partners-by-country",
    "shared-priorities",
    "organisations-by-projects",
    "partner-programmes",
    "figures-over-time",
    "rival-figures",
    "claims-checked",
)

FORMS: Final[dict[str, tuple[str, str]]] = {
    "section": (
        "Everything one section says (CONSTRUCT)",
        """\
CONSTRUCT { ?s ?p ?o }
WHERE {
  { SELECT ?section WHERE { GRAPH ?section { ?figure a cg:Figure } } ORDER BY ?section LIMIT 1 }
  GRAPH ?section { ?s ?p ?o }
}""",
    ),
    "thing": (
        "All that is known of the largest cluster (DESCRIBE)",
        """\
DESCRIBE ?cluster
WHERE { ?figure cg:subject ?cluster ; cg:measure measure:members ; cg:value ?members . ?cluster a cg:Cluster }
ORDER BY DESC(?members) ?cluster
LIMIT 1""",
    ),
    "doubt": (
        "Does any figure have a rival in another section? (ASK)",
        """\
ASK {
  ?figure cg:subject ?subject ; cg:measure ?measure ; cg:value ?value ; cg:statedIn ?section .
  ?rival cg:subject ?subject ; cg:measure ?measure ; cg:value ?another ; cg:statedIn ?elsewhere .
  FILTER(?value != ?another && ?section != ?elsewhere)
}""",
    ),
    "classes": (
        "How many things of each class there are",
        """\
SELECT ?class (COUNT(DISTINCT ?thing) AS ?things)
WHERE { ?thing a ?class . FILTER(STRSTARTS(STR(?class), STR(cg:))) }
GROUP BY ?class
ORDER BY DESC(?things)""",
    ),
}
"""By name: a title, and the query."""


def first(questions: Mapping[str, Question]) -> list[Question]:
    """Return questions to begin with."""
    return [questions[name] for name in _FIRST if name in questions] or list(questions.values())[: len(_FIRST)]


def example(name: str, questions: Mapping[str, Question]) -> str:
    """Return the text of an example by its name, or of the first if there is none of that name."""
    if name in questions:
        head, body = f"# {questions[name].title}", questions[name].query.splitlines()
        return "\n".join([head, *(line for line in body if not line.startswith("#+"))])
    return FORMS.get(name, FORMS["classes"])[1]
