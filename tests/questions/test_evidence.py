"""Evidence is exact: the stated triples alone, with the ontology and the rules, give the row again."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from clustergraph.errors import QueryError, QuestionError
from clustergraph.graph import Graph
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions import question as questions
from clustergraph.questions import rules
from clustergraph.questions.catalogue import catalogue
from clustergraph.questions.evidence import Derived, Evidence, Stated, facts, stated
from clustergraph.questions.lineage import Lineage
from clustergraph.questions.names import AmbiguousNameError
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.write import merge
from clustergraph.sparql.exists import rewrite
from clustergraph.sparql.parser import query_of
from clustergraph.terms import INFERRED, PREFIXES, expand
from tests.conftest import ROOT

QUESTIONS = questions.load(ROOT / "queries")
SOME = ("differing-participants", "not-in", "participants", "partners-sharing-pilots", "rival-figures")
"""Questions with joined cells, without and with a negation, with rules in between, and about figures."""
LARGE = ("clusters", "documents", "partnerships")
DENIED = ("domain-coverage", "key-partners", "not-in")
MINIMAL = [name for name in QUESTIONS if name not in (*LARGE, *DENIED)]
"""Without those whose rows rest on too many facts, or on some that only the ontology makes needed."""
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
    return read_all(rdf_files(*project.ontology.folders))


def rows(store: Store, query: str) -> list[dict[str, Any]]:
    found = store.query(rewrite(query), prefixes=PREFIXES)
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
        quads = stated(Evidence(whole.store).of_row(query, row).proofs)
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


ON_IMPORTS = ("claims-against-data", "verdicts-by-project")
"""Questions on what is compared with imported data, of which the project has none."""


@pytest.mark.parametrize("name", [*SOME, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_the_evidence_closes_with_any_parameters_too(whole: Graph, ontology: list[Quad], name: str) -> None:
    draw, asked = random.Random(name), 0
    for _ in range(400):
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
    assert asked or name in ON_IMPORTS, "no parameters were found that give rows"


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


def test_a_proof_does_not_depend_on_how_the_store_was_loaded(whole: Graph) -> None:
    turned = Store()
    turned.extend(reversed(list(whole.store)))
    statement = ("organisation:afil", "cg:sharesPilotWith", "organisation:eurecat")
    assert Graph(turned, QUESTIONS).explained(*statement) == whole.explained(*statement)


def test_figures_and_datings_are_told_in_plain_words(whole: Graph) -> None:
    text = "\n".join(whole.explained("organisation:viameca", "cg:members", "160")["text"])
    assert "1. ViaMéca: members 160. [" in text
    assert "issued is not before 2017-03-28 (ambiguous)" in text
    answer = whole.ask("labels", organisation="Pool-Net", label_level="Bronze", ended=True)
    text = "\n".join(whole.proofs(answer, [0])[0]["text"])
    assert "“Pool-Net holds label Cluster management excellence label (ECEI/ESCA)”: end is not after 2015" in text
    assert "award:" not in text


def test_of_a_part_of_a_statement_the_whole_is_told(whole: Graph) -> None:
    figure = "<https://w3id.org/clustergraph/id/figure/m-annex-1-plastipolis-plastipolis-members>"
    found = whole.explained(figure, "cg:value", "400")
    assert found["statement"].startswith("Plastipolis: members 400")
    (step,) = found["steps"]
    assert step["says"] == found["statement"]
    assert found["triple"].startswith(figure)
    assert found["dates"] == {"trueFrom": "2017-03-28", "knownFrom": "2017-03-28"}


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
    assert "Catalonia participates in Vanguard pilot" in text
    assert "(collective). [C.3 Letter of Catalonia]" in text
    assert "A partner is linked to a pilot through its region" in text
    assert "Concept note (2017)" in text


def rests_on(whole: Graph, name: str, place: int) -> tuple[str, set[Any], set[Any], tuple[Any, ...]]:
    """The query of a question, the facts that one of its rows rests on, those of them that give it, and the row.

    The others keep the rules from giving something else.
    """
    query = QUESTIONS[name].query
    found = rows(whole.store, query)
    row = found[place % len(found)]
    basis = Evidence(whole.store).of_row(query, row)
    ground = Lineage(whole.store).of_row(query_of(query), row)
    assert ground is not None
    return query, {proof.fact for proof in basis.proofs}, set(ground.facts), comparable(row)


def gives(whole: Graph, used: set[Any], query: str) -> set[tuple[Any, ...]]:
    store = Store()
    for subject, predicate, value in used:
        store.extend(whole.store.quads_for_pattern(subject, predicate, value, None))
    return {comparable(row) for row in rows(store, query)}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.sampled_from(MINIMAL), st.integers(0, 1000), st.randoms(use_true_random=False))
def test_without_any_of_the_facts_that_a_row_rests_on_it_is_gone(
    whole: Graph, name: str, place: int, draw: random.Random
) -> None:
    query, used, giving, row = rests_on(whole, name, place)
    assert row in gives(whole, used, query)
    for fact in draw.sample(sorted(giving, key=str), min(len(giving), 6)):
        assert row not in gives(whole, used - {fact}, query), fact


def test_each_step_is_told_once_with_all_its_sections(whole: Graph) -> None:
    proof = whole.proofs(whole.ask("partners-sharing-pilots"), [0])[0]
    said = [step["says"] for step in proof["steps"]]
    assert len(said) == len(set(said)) < 12
    assert max(len(step["sources"]) for step in proof["steps"]) > 3
    for step in proof["steps"]:
        assert bool(step["sources"]) != bool(step["from"])
        assert all(number < step["number"] for number in step["from"])
    assert "https://" not in " ".join(proof["text"])


def test_what_nothing_says_is_told_in_words(whole: Graph) -> None:
    text = whole.proofs(whole.ask("not-in"), [0])[0]["text"]
    assert any(line.startswith("- No certain statement says that") and " participates in " in line for line in text)
    answer = whole.ask("labels", held="false")
    text = whole.proofs(answer, [0])[0]["text"]
    assert any(line.startswith("- No certain statement says that") and "holds label anything" in line for line in text)


def test_a_count_has_the_rows_that_it_adds_up(whole: Graph) -> None:
    proof = whole.proofs(whole.ask("label-counts"), [0])[0]
    assert len(proof["parts"]) == 2
    assert all(part["steps"] for part in proof["parts"])
    assert any(line.startswith("- 2 rows are summed up: ") for line in proof["text"])


def test_axioms_are_told_in_words(whole: Graph) -> None:
    text = whole.explained("AFIL", "is located in", "North-West Italy")["text"]
    assert any('"is within" together give "is located in".' in line for line in text)
    assert not any("?x" in line for line in text)


def test_names_tell_a_statement_as_well_as_iris_do(whole: Graph) -> None:
    by_names = whole.explained("AFIL", "shares pilot with", "Eurecat")
    assert by_names == whole.explained("organisation:afil", "cg:sharesPilotWith", "organisation:eurecat")
    assert by_names["statement"] == "AFIL shares pilot with Eurecat"
    assert whole.explained("Centro Español de Plásticos", "founded", "1953")["statement"].endswith("founded 1953")
    with pytest.raises(QuestionError, match="nothing is called 'Nobody at all'"):
        whole.explained("Nobody at all", "founded", "1953")


def test_the_choices_are_told_where_several_things_with_a_name_have_the_statement() -> None:
    store = Store()
    for thing in ("pilot:one", "pilot:two"):
        store.add(Quad(expand(thing), expand("skos:prefLabel"), Literal("Twin")))
        store.add(Quad(expand(thing), expand("cg:founded"), Literal("1953")))
    store.add(Quad(expand("cg:founded"), expand("rdfs:label"), Literal("founded")))
    with pytest.raises(AmbiguousNameError, match=r"pilot:one.*pilot:two"):
        Graph(store, {}).explain("Twin", "founded", "1953")


def test_ten_rows_of_evidence_are_short(whole: Graph) -> None:
    proofs = whole.proofs(whole.ask("partners-sharing-pilots"), range(10))
    assert sum(len(proof["text"]) for proof in proofs) < 120


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
