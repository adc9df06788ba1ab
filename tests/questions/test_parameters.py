"""The types of parameters: each is used, takes what it should, and a wrong value is told at every door."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from click.testing import CliRunner
from mcp import Client
from pyoxigraph import NamedNode
from starlette.testclient import TestClient

from clustergraph.cli.main import cli
from clustergraph.errors import ClustergraphError, QuestionError
from clustergraph.graph import Graph
from clustergraph.mcp.server import create_server
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.questions import question as questions
from clustergraph.questions.names import AmbiguousNameError
from clustergraph.questions.parameters import resolve
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.terms import GRAPH, ID
from clustergraph.web.app import create_app
from tests.conftest import ROOT
from tests.small_project import make

Door = Callable[[dict[str, list[str]]], str]

QUESTIONS = questions.load(ROOT / "queries")
TYPED = """#+ title: What has every type of parameter?
#+ tags: [types]
#+ parameters:
#+   cluster: {label: The cluster, type: iri, class: cg:Cluster, required: true}
#+   status: {label: The status, type: code, list: status}
#+   least: {label: At least, type: number}
#+   day: {label: On this day, type: date}
#+   sure: {label: Whether it is sure, type: boolean}
#+   word: {label: Words, type: text, many: true}
#+   either: {label: Either of them, type: iri, class: cg:Cluster, but: cg:Network, many: true}
#+   body: {label: The body, type: iri, class: cg:Organisation}
#+ columns:
#+   cluster: The cluster
#+   word: The word
#+ evidence: "{cluster}[ has {word}]"
SELECT ?cluster ?word WHERE {
  VALUES ?cluster { organisation:afil }
  VALUES ?status { UNDEF }
  VALUES ?least { 1 }
  VALUES ?day { UNDEF }
  VALUES ?sure { true }
  VALUES ?word { "a" "b" }
  VALUES ?either { UNDEF }
  VALUES ?body { UNDEF }
  ?cluster a cg:Cluster
} ORDER BY ?cluster ?word
"""
MORE = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix m: <https://w3id.org/clustergraph/graph/4m4iof/> .
@prefix organisation: <https://w3id.org/clustergraph/id/organisation/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

m:more {
    organisation:body
        a cg:Organisation ;
        skos:prefLabel "Some Body"@en .

    organisation:gemini-2020
        a cg:Cluster ;
        skos:altLabel "GEMINI" ;
        skos:prefLabel "Gemini 2020"@en .

    organisation:gemini-pilot
        a cg:Cluster ;
        skos:altLabel "Gemini 2020" , "Gemini" ;
        skos:prefLabel "Gemini (pilot)"@en .

    organisation:net
        a cg:Cluster , cg:Network ;
        skos:prefLabel "The Net"@en .
}
"""
"""A name that two clusters bear, and one that is the preferred one of one of them; other kinds of things."""
TWO = "'gemini' is a name of 2 things: Gemini 2020 (cluster, organisation:gemini-2020), Gemini (pilot) (cluster, "
TAKEN = (
    "'gemini 2020' is taken for Gemini 2020 (cluster, organisation:gemini-2020); it is also a name of Gemini (pilot)"
)
WRONG = [
    ({}, "needs the parameter 'cluster'"),
    ({"cluster": ["Viamca"]}, "did you mean 'ViaMéca'"),
    ({"cluster": ["zzzz"]}, "there are 5 choices: AFIL"),
    ({"cluster": ["AFIL", "ViaMéca"]}, "takes one value"),
    ({"clustr": ["AFIL"]}, "did you mean 'cluster'"),
    ({"cluster": ["organisation:a b"]}, "is not an IRI"),
    ({"cluster": ["gemini"]}, TWO),
    (
        {"either": ["Gemini"], "cluster": ["AFIL"]},
        "which is meant: organisation:gemini-2020 or organisation:gemini-pilot",
    ),
    ({"cluster": ["some body"]}, "is an organisation (organisation:body), and this asks for a cluster"),
    ({"cluster": ["organisation:body"]}, "is an organisation (organisation:body), and this asks for a cluster"),
    ({"cluster": ["some body"]}, "you may mean the parameter 'body'"),
    ({"cluster": ["AFIL"], "either": ["The Net"]}, "this asks for a cluster that is not a "),
    ({"cluster": ["G2"]}, "did you mean 'Gemini 2020'"),
    ({"either": ["AFIL, viameca"], "cluster": ["AFIL"]}, "once for each value: either=AFIL, either=viameca"),
    ({"cluster": ["AFIL,ViaMéca"]}, "'cluster' takes one value"),
    ({"cluster": ["AFIL"], "status": ["sure"]}, "is not known"),
    ({"cluster": ["AFIL"], "least": ["many"]}, "least is a number, not 'many'"),
    ({"cluster": ["AFIL"], "least": ["NaN"]}, "least is a number"),
    ({"cluster": ["AFIL"], "least": ["1e9"]}, "least is a number"),
    ({"cluster": ["AFIL"], "least": ["٣"]}, "least is a number"),
    ({"cluster": ["AFIL"], "day": ["2016-13-01"]}, "write 2016, 2016-05 or 2016-05-01"),
    ({"cluster": ["AFIL"], "day": ["2015-02-29"]}, "day is a date"),
    ({"cluster": ["AFIL"], "day": ["16"]}, "day is a date"),
    ({"cluster": ["AFIL"], "day": ["yesterday"]}, "day is a date"),
    ({"cluster": ["AFIL"], "sure": ["maybe"]}, "sure is true or false, not 'maybe'"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("typed") / "project")
    (root / "queries" / "typed.rq").write_text(TYPED, "utf-8")
    (root / "data" / "4m4iof" / "more.trig").write_text(MORE, "utf-8")
    publish.publish(Project(root), Releases(root / ".clustergraph"))
    return root


@pytest.fixture(scope="module")
def release(folder: Path) -> Path:
    current = Releases(folder / ".clustergraph").current()
    assert current is not None
    return current


@pytest.fixture(scope="module")
def doors(folder: Path, release: Path):
    """What each door says to parameters."""

    def by_python(given: dict[str, list[str]]) -> str:
        with pytest.raises(QuestionError) as found:
            Graph.open(release).ask("typed", **given)
        return str(found.value)

    def by_command(given: dict[str, list[str]]) -> str:
        words = [f"--{name}={value}" for name, values in given.items() for value in values]
        result = CliRunner().invoke(cli, ["--project", str(folder), "ask", "typed", *words])
        assert isinstance(result.exception, ClustergraphError)
        return str(result.exception)

    with (
        TestClient(create_app(folder / ".clustergraph", Settings())) as client,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(create_server(release, Settings()))) as session,
    ):

        def by_model(given: dict[str, list[str]]) -> str:
            result = portal.call(session.call_tool, "ask_question", {"name": "typed", "parameters": given})
            assert result.is_error
            return "".join(part.text for part in result.content)

        def by_web(given: dict[str, list[str]]) -> str:
            response = client.get("/questions/typed.json", params=given)
            assert response.status_code == 400
            return f"{response.json()['detail']} {response.json().get('advice', '')}"

        yield {"python": by_python, "command": by_command, "mcp": by_model, "web": by_web}


@pytest.mark.parametrize("door", ["python", "command", "mcp", "web"])
@pytest.mark.parametrize(("given", "said"), WRONG)
def test_a_wrong_value_is_told_at_every_door(
    doors: dict[str, Door], door: str, given: dict[str, list[str]], said: str
) -> None:
    assert said in doors[door](given)


@pytest.mark.parametrize(
    ("name", "value", "term"),
    [
        ("least", "12", '"12"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("least", "-0.5", '"-0.5"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        ("day", "2016", '"2016-12-31"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ("day", "2016-02", '"2016-02-29"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ("day", "2016-02-29", '"2016-02-29"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ("sure", "TRUE", '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'),
        ("word", 'a"b\n}', '"a\\"b\\n}"'),
        ("cluster", "afil", "<https://w3id.org/clustergraph/id/organisation/afil>"),
    ],
)
def test_a_value_becomes_a_term_of_its_type(release: Path, name: str, value: str, term: str) -> None:
    question = questions.parse(Path("typed.rq"), TYPED)
    graph = Graph.open(release)
    given = {"cluster": ["AFIL"], name: [value]}
    bound, _ = resolve(question, given, graph)
    assert [str(each) for each in bound[name]] == [term]


def test_a_model_gives_numbers_and_truths_as_they_are(release: Path) -> None:
    async def run() -> bool:
        async with Client(create_server(release, Settings())) as session:
            given = {"cluster": "AFIL", "least": 2, "day": 2016, "sure": True}
            return (await session.call_tool("ask_question", {"name": "typed", "parameters": given})).is_error

    assert not anyio.run(run)


def test_a_name_that_another_thing_bears_too_is_noted_at_every_door(folder: Path, release: Path) -> None:
    graph = Graph.open(release)
    with pytest.warns(UserWarning, match=re.escape(TAKEN)):
        assert TAKEN in graph.ask("typed", cluster="gemini 2020").notes[0]
    done = CliRunner().invoke(cli, ["--project", str(folder), "ask", "typed", "--cluster", "gemini 2020"])
    assert f"note: {TAKEN}" in done.stderr
    with TestClient(create_app(folder / ".clustergraph", Settings())) as client:
        address = "/questions/typed.json?cluster=gemini 2020"
        assert TAKEN in client.get(address).json()["notes"][0]
        assert TAKEN in client.get(address.replace("json", "csv")).headers["x-clustergraph-hint"]
        assert "is taken for" in client.get(address.replace(".json", ""), headers={"Accept": "text/html"}).text

    async def told() -> str:
        async with Client(create_server(release, Settings())) as session:
            given = {"name": "typed", "parameters": {"cluster": "gemini 2020"}}
            return (await session.call_tool("ask_question", given)).content[0].text

    assert TAKEN in json.loads(anyio.run(told))["notes"][0]
    assert graph.put(graph.questions["typed"], {"cluster": ["AFIL"]}).notes == ()


def test_the_things_that_a_name_may_mean_are_told_to_programs_and_linked_for_people(folder: Path) -> None:
    with TestClient(create_app(folder / ".clustergraph", Settings())) as client:
        problem = client.get("/questions/typed.json?cluster=Gemini&word=x").json()
        page = client.get("/questions/typed?cluster=Gemini&word=x", headers={"Accept": "text/html"}).text
    assert (problem["parameter"], problem["value"]) == ("cluster", "Gemini")
    assert problem["choices"][1] == {
        "label": "Gemini (pilot)",
        "class": "cluster",
        "iri": f"{ID}organisation/gemini-pilot",
    }
    assert 'href="/questions/typed?cluster=organisation%3Agemini-pilot&amp;word=x"' in page


@pytest.mark.parametrize(
    ("name", "said"),
    [("Gemini", "say which is meant"), ("gemini 2020", "is taken for"), ("Gemini pilt", "nothing is called just")],
)
def test_a_thing_is_never_silently_described_for_another(release: Path, name: str, said: str) -> None:
    async def told() -> str:
        async with Client(create_server(release, Settings())) as session:
            return (await session.call_tool("describe_thing", {"iri": name})).content[0].text

    assert said in anyio.run(told)


def test_whatever_bears_just_a_name_is_found_by_it(release: Path) -> None:
    assert {hit.label for hit in Graph.open(release).search("gemini", 1)} == {"Gemini 2020", "Gemini (pilot)"}


def test_text_is_never_a_part_of_the_query(release: Path) -> None:
    answer = Graph.open(release).ask("typed", cluster="AFIL", word=['} ?x ?y ?z . {"', "b"])
    assert {row["word"] for row in answer} == {'} ?x ?y ?z . {"', "b"}


def test_defaults_are_read_from_the_query() -> None:
    question = questions.parse(Path("typed.rq"), TYPED)
    assert {p.name: p.default for p in question.parameters.values() if p.default} == {
        "cluster": ("organisation:afil",),
        "least": ("1",),
        "sure": ("true",),
        "word": ("a", "b"),
    }


def test_openapi_tells_types_choices_and_defaults(folder: Path) -> None:
    with TestClient(create_app(folder / ".clustergraph", Settings())) as client:
        document = json.loads(client.get("/openapi.json").text)
    found = {p["name"]: p for p in document["paths"]["/questions/typed"]["get"]["parameters"]}
    assert found["cluster"]["required"]
    assert "ViaMéca" in found["cluster"]["schema"]["anyOf"][0]["enum"]
    assert found["least"]["schema"] == {"type": "number", "default": 1}
    assert found["sure"]["schema"] == {"type": "boolean", "default": True}
    assert found["word"]["schema"]["default"] == ["a", "b"]
    assert found["status"]["schema"]["type"] == "string"


def test_every_type_is_used_and_every_default_can_be_given(graph: Graph) -> None:
    used = {p.type for q in QUESTIONS.values() for p in q.parameters.values()}
    assert used == set(questions.TYPES)
    every = [p for q in QUESTIONS.values() for p in q.parameters.values()]
    assert any(p.many for p in every)
    for name, question in QUESTIONS.items():
        given = {p.name: list(p.default) for p in question.parameters.values() if p.default}
        if given:
            assert len(graph.ask(name, **given)) == len(list(graph.select(question.query))), name


@pytest.mark.parametrize("name", ["facts", "without-fact", "shared-facts"])
def test_a_fact_that_is_not_known_is_told_with_the_nearest(graph: Graph, name: str) -> None:
    with pytest.raises(QuestionError, match="did you mean 'founded'"):
        graph.ask(name, fact="fonded")
    assert (
        graph.ask("facts", subject="bwcon", fact="place").bound["fact"]
        == graph.ask("facts", subject="bwcon", fact="has place").bound["fact"]
    )


@pytest.mark.parametrize("new", ["is located in", "is active in", "is funded under", "has as participant", "is set by"])
def test_a_property_is_found_by_its_old_label(graph: Graph, new: str) -> None:
    assert (
        graph.ask("how-many", by=new.removeprefix("is ").removeprefix("has as ")).bound["by"]
        == graph.ask("how-many", by=new).bound["by"]
    )


@pytest.mark.parametrize(
    ("given", "section"),
    [
        ("C.3", "annex-3"),
        ("Letters of Support", "annex-3"),
        ("c.3 letters of support", "annex-3"),
        ("A.3.1.6", "a-3-1-6"),
    ],
)
def test_a_section_is_given_by_its_number_and_its_heading(graph: Graph, given: str, section: str) -> None:
    assert graph.ask("priorities", within=given).bound["within"] == [NamedNode(f"{GRAPH}4m4iof/{section}")]


@pytest.mark.parametrize("number", ["B.3", "A.3.3.4.1", "summary"])
def test_a_number_that_two_sections_bear_is_asked_for(graph: Graph, number: str) -> None:
    with pytest.raises(AmbiguousNameError, match="section of") as told:
        graph.ask("priorities", within=number)
    assert len(told.value.choices) == 2


SECTIONS = [
    (q.name, p.name)
    for q in QUESTIONS.values()
    for p in q.parameters.values()
    if p.of == "cg:Section" and p.name != "only"
]


@pytest.mark.parametrize(("name", "parameter"), SECTIONS)
def test_a_section_is_meant_with_what_is_inside_it(graph: Graph, name: str, parameter: str) -> None:
    found = {
        whole: [bool(len(graph.ask(name, **{parameter: f"m:{each}"}))) for each in (whole, part)]
        for whole, part in {"a-3-1": "a-3-1-6", "annex-2": "annex-2-beincpps", "annex-3": "annex-3-north-west"}.items()
    }
    assert [whole for whole, (outside, inside) in found.items() if inside and not outside] == []


def test_a_partnership_is_no_initiative_and_no_project(graph: Graph) -> None:
    for name, given in {
        "partners-sharing-pilots": {"initiative": "4M4IoF"},
        "project-data": {"project": "WIINTECH 2020"},
    }.items():
        with pytest.raises(QuestionError, match=r"is a partnership .*, and this asks for a"):
            graph.ask(name, **given)


def test_a_name_that_what_is_left_out_bears_too_is_noted(graph: Graph) -> None:
    (note,) = graph.put(graph.questions["project-data"], {"project": ["WIINTECH"]}).notes
    assert "it is also a name of WIINTECH 2020 (partnership" in note
