"""The words that the documents print lead to the model: to a term, how much there is of it, and what asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from clustergraph.graph import Graph
    from clustergraph.questions.search import Name


@pytest.mark.parametrize(
    ("printed", "label", "class_", "question"),
    [
        ("Funding Scheme", "has action type", "property", "funding-statements"),
        ("funding scheme", "funding scheme", "class", "project-data"),
        ("Partenaires 4 Moteurs", "has participant", "property", "project-data"),
        ("Main Thematic", "has main thematic", "property", "fields"),
        ("Size of the Network", "members", "measure", "figures"),
        ("member companies", "members", "measure", "figures"),
        ("Number of SMEs", "SMEs", "measure", "figures"),
        ("inhabitants", "population", "measure", "figures"),
        ("Topics", "topic", "funding level", "schemes-by-projects"),
        ("WP leader", "leader", "participation role", "participants"),
        ("locatedIn", "is located in", "property", "bridging-organisations"),
    ],
)
def test_a_printed_word_leads_to_its_term_with_its_count_and_questions(
    graph: Graph, printed: str, label: str, class_: str, question: str
) -> None:
    (hit,) = (each for each in graph.search(printed) if (each.label, each.class_) == (label, class_))
    assert hit.score == 100
    assert hit.count
    assert question in hit.questions
    assert hit.questions[question] == graph.questions[question].title


def test_a_printed_word_is_a_value_of_a_parameter(graph: Graph) -> None:
    printed = graph.ask("figures", measure="Size of the Network")
    assert printed.rows == graph.ask("figures", measure="members").rows
    titles = graph.ask("facts", fact="Title")
    assert {row[titles.columns.index("property")].shown for row in titles.rows} == {"full name"}


def test_every_other_name_of_a_term_leads_to_it_and_to_a_question(graph: Graph) -> None:
    rows = list(
        graph.select("""SELECT ?term ?name {
      ?term skos:altLabel ?name . { ?term a owl:Class } UNION { ?term a owl:ObjectProperty }
      UNION { ?term a owl:DatatypeProperty } UNION { ?term cg:quantityKind ?kind }
      FILTER (STRSTARTS(STR(?term), "https://w3id.org/clustergraph/"))
    }""")
    )
    assert len(rows) > 80
    for row in rows:
        (hit,) = (each for each in graph.search(row["name"].value) if each.iri == row["term"].value)
        assert hit.score == 100
        assert hit.questions, hit


def test_what_is_counted_of_a_term_is_what_the_graph_has(graph: Graph) -> None:
    assert found(graph, "SMEs", "measure").count == count(graph, "?thing cg:measure measure:smes")
    assert found(graph, "region", "class").count == count(graph, "?thing a cg:Region")
    assert found(graph, "has measure", "property").count == count(graph, "?thing cg:measure ?value")
    assert found(graph, "SMEs", "measure").counted.endswith(" things have it")


def test_questions_are_found_by_title_and_less_by_parameter_or_column(graph: Graph) -> None:
    title = graph.questions["rival-figures"].title
    first = graph.search(title)[0]
    assert (first.kind, first.label, first.score) == ("question", title, 100)
    assert first.iri.endswith("/query/rival-figures")
    by_column = [hit for hit in graph.search("certainty") if hit.kind == "question"]
    assert by_column
    assert {hit.score for hit in by_column} == {80}
    assert graph.search("certainty")[0].label == "has certainty"


def test_what_is_deprecated_is_not_found(graph: Graph) -> None:
    assert not any(
        "/scheme/status/" in hit.iri or hit.iri.endswith("/ontology/status") for hit in graph.search("status")
    )


def found(graph: Graph, name: str, class_: str) -> Name:
    return next(hit for hit in graph.search(name) if hit.class_ == class_)


def count(graph: Graph, pattern: str) -> int:
    (row,) = graph.select(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")
    return int(row["n"].value)
