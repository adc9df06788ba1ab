"""Evidence is exact: the stated triples alone, with the ontology and the rules, give the row again."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from clustergraph.errors import QueryError
from clustergraph.graph import Graph
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions import question as questions
from clustergraph.questions import rules
from clustergraph.questions.catalogue import catalogue
from clustergraph.questions.evidence import Derived, Evidence, Stated, facts, stated
from clustergraph.questions.lineage import Lineage
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.write import merge
from clustergraph.terms import INFERRED, PREFIXES
from tests.conftest import ROOT

QUESTIONS = questions.load(ROOT / "queries")
SOME = ("differing-participants", "not-in", "participants", "partners-sharing-pilots", "rival-figures")
"""Questions with joined cells, without and with a negation, with rules in between, and about figures."""
OTHERS = [name for name in QUESTIONS if name not in SOME]


@pytest.fixture(scope="module")
def whole(project: Project) -> Graph:
    """The graph as a release holds it, with the catalogue."""
    store = Store()
    store.extend(read_all(project.graph_files()))
    store.extend(catalogue(QUESTIONS.values(), rules.load(project.rules)))
    merge(store)
    infer(store, project.rules)
    return Graph(store, QUESTIONS)


@pytest.fixture(scope="module")
def ontology(project: Project) -> list[Quad]:
    return read_all(rdf_files(project.ontology))


def rows(store: Store, query: str) -> list[dict[str, Any]]:
    found = store.query(query, prefixes=PREFIXES)
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [{name: row[name] for name in names} for row in found]


def comparable(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row with joined texts as sets, since GROUP_CONCAT has no order."""
    parts = {k: frozenset(re.split("[,;] | ", v.value)) if isinstance(v, Literal) else v for k, v in row.items()}
    return tuple(sorted(parts.items(), key=lambda pair: pair[0]))


def again(found: set[Quad], ontology: list[Quad], query: str) -> set[tuple[Any, ...]]:
    store = Store()
    store.extend(found)
    store.extend(ontology)
    merge(store)
    infer(store, ROOT / "queries" / "rules")
    return {comparable(row) for row in rows(store, query)}


@pytest.mark.parametrize("halves", [0, *(pytest.param(halves, marks=pytest.mark.slow) for halves in (1, 2))])
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if place % 3 else name for place, name in enumerate(QUESTIONS)]
)
def test_the_evidence_of_a_row_gives_the_row_again(whole: Graph, ontology: list[Quad], name: str, halves: int) -> None:
    """The first row of each question, that in the middle, and the last one."""
    query = QUESTIONS[name].query
    found = rows(whole.store, query)
    if len(found) > halves:
        row = found[(len(found) - 1) * halves // 2]
        quads = stated(Evidence(whole.store).of_row(query, row))
        assert INFERRED not in {quad.graph_name for quad in quads}
        assert comparable(row) in again(quads, ontology, query), row


VALUES = {"boolean": ("true", "false"), "number": ("1", "2", "3"), "date": ("2015", "2017", "2017-06-01")}
"""Values for the parameters that name no thing."""


def chosen(whole: Graph, name: str, draw: random.Random) -> dict[str, str]:
    """Some of the parameters of a question: things that stand in one of its rows, and any numbers, dates and so on."""
    question = QUESTIONS[name]
    found = rows(whole.store, question.query)
    row = draw.choice(found) if found else {}
    given = {}
    for parameter in question.parameters.values():
        known = set(whole.choices(parameter))
        things = sorted(term.value for term in row.values() if isinstance(term, NamedNode) and term.value in known)
        values = things or VALUES.get(parameter.type) or parameter.default or sorted(known)
        if values and (parameter.required or draw.random() < 0.5):
            given[parameter.name] = draw.choice(values)
    return given


@pytest.mark.parametrize("name", [*SOME, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_the_evidence_closes_with_any_parameters_too(whole: Graph, ontology: list[Quad], name: str) -> None:
    draw, asked = random.Random(name), 0
    for _ in range(40):
        given = chosen(whole, name, draw)
        if not given and QUESTIONS[name].parameters:
            continue
        answer = whole.ask(name, **given)
        if not answer.rows:
            continue
        place = draw.randrange(len(answer))
        quads = stated(whole.evidence(answer, place))
        assert comparable(dict(answer.terms[place])) in again(quads, ontology, answer.query), (given, place)
        asked += 1
        if asked == 2:
            return
    assert asked, "no parameters were found that give rows"


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_row_is_told_in_words(whole: Graph, name: str) -> None:
    question = QUESTIONS[name]
    named = set(re.findall(r"\{(\w+)\}", question.evidence))
    assert named
    assert named <= set(question.columns)
    for values in rows(whole.store, question.query)[:50]:
        told = question.statement({column: "x" if value else "" for column, value in values.items()})
        assert not set("{}[]") & set(told)
        assert "x" in told


def test_without_a_part_of_the_evidence_the_row_is_gone(whole: Graph, ontology: list[Quad]) -> None:
    answer = whole.ask("partners-sharing-pilots", partner="Eurecat", certainty="stated", origin="computed")
    quads = stated(whole.evidence(answer, 0))
    needed = {quad for quad in quads if quad.object == NamedNode(PREFIXES["pilot"] + "vanguard-esm")}
    assert needed
    assert comparable(dict(answer.terms[0])) not in again(quads - needed, ontology, answer.query)


def test_what_is_inferred_names_its_rule_and_what_it_came_from(whole: Graph) -> None:
    proof = whole.explain("organisation:afil", "cg:sharesPilotWith", "organisation:eurecat")
    assert isinstance(proof, Derived)
    assert proof.rule == "rules/shares-pilot"
    bottom = [p for p in facts([proof]) if isinstance(p, Stated)]
    assert any("annex-3-catalonia" in graph.value for p in bottom for graph in p.graphs)


def test_an_axiom_is_named_too(whole: Graph) -> None:
    proof = whole.explain("organisation:afil", "cg:locatedIn", "<http://data.europa.eu/nuts/code/ITC>")
    assert isinstance(proof, Derived)
    assert proof.rule in ("prp-spo1", "prp-spo2")


def test_a_stated_triple_names_its_sections(whole: Graph) -> None:
    proof = whole.explain("organisation:cep", "cg:founded", '"1953"^^xsd:gYear')
    assert isinstance(proof, Stated)
    assert [graph.value.rsplit("/", 1)[1] for graph in proof.graphs] == ["a-3-3-4-2"]


def test_what_the_graph_does_not_say_cannot_be_explained(whole: Graph) -> None:
    with pytest.raises(QueryError, match="does not say"):
        whole.explain("organisation:afil", "cg:sharesPilotWith", "organisation:plastipolis")


def test_the_text_says_who_says_so_with_status(whole: Graph) -> None:
    answer = whole.ask("partners-sharing-pilots", partner="Eurecat", certainty="stated", origin="computed")
    text = "\n".join(whole.proofs(answer, [0])[0]["text"])
    assert "Letter of Catalonia (collective, 2017)" in text
    assert "A partner is linked to a pilot through its region" in text


def test_the_document_has_section_table_and_row(whole: Graph) -> None:
    answer = whole.ask("participants", activity="ERICA", participant="Eurecat")
    groups = whole.proofs(answer, [0])[0]["stated"]
    assert any(group["source"].get("row") == "AFIL" and group["source"].get("table") for group in groups)


def test_the_body_of_a_rule_that_makes_its_subjects_is_sought_once(whole: Graph, monkeypatch: Any) -> None:
    """Nothing known of a subject that is made narrows the search, which takes a while."""
    asked: list[str] = []
    solutions = Lineage.solutions

    def counted(self: Lineage, group: str, given: Any) -> list[dict[str, Any]]:
        asked.append(f"{group} {sorted(given)}" if "AS ?node" in group and "?node" not in group.split("AS")[0] else "")
        return solutions(self, group, given)

    monkeypatch.setattr(Lineage, "solutions", counted)
    answer = whole.ask("partners-sharing-pilots", partner="AFIL")
    evidence = Evidence(whole.store)
    assert all(evidence.of_row(answer.query, row) for row in answer.terms[:4])
    bodies = [text for text in asked if text.endswith(" []")]
    assert len(bodies) == len(set(bodies)) == 1
    assert not [text for text in asked if "'node', 'pilot'" in text]
