"""The server for language models, through the real client of the protocol, over both transports."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from pyoxigraph import DefaultGraph, Quad, Store

from clustergraph.mcp.server import create_server
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.questions import question as question_files
from clustergraph.questions.catalogue import catalogue
from clustergraph.questions.conflict import load_rules as load_conflict_rules
from clustergraph.questions.rules import load as load_rules
from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import write
from clustergraph.settings import Settings
from tests.conftest import ROOT
from tests.live_server import PATIENCE, serve, until
from tests.small_project import make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("mcp"))
    publish.publish(Project(root), Releases(root / ".clustergraph"))
    return root


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "clustergraph", "--project", str(folder), "mcp", *words]


QUESTIONS = question_files.load(ROOT / "queries")
Do = Callable[..., Any]
"""Does a method of a client in its session."""


@contextmanager
def session(target: Any) -> Iterator[Do]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(target)) as client:
        yield lambda method, *arguments: portal.call(getattr(client, method), *arguments)


@pytest.fixture(scope="module")
def stdio(folder: Path) -> Iterator[Do]:
    """One server, asked over its standard input."""
    program, *words = command(folder)
    with session(stdio_client(StdioServerParameters(command=program, args=words, env=dict(os.environ)))) as do:
        yield do


@pytest.fixture(scope="module")
def whole(project: Project, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Do]:
    """The graph of the project, asked in this process."""
    held = Store()
    held.extend(store)
    conflicts = load_conflict_rules(project.queries).values()
    for quad in catalogue(QUESTIONS.values(), load_rules(project.rules), conflicts):
        held.extend([quad, Quad(quad.subject, quad.predicate, quad.object, DefaultGraph())])
    with session(
        create_server(write(Releases(tmp_path_factory.mktemp("whole")), held, Record()).path, Settings())
    ) as do:
        yield do


def call(do: Do, tool: str, **arguments: Any) -> Any:
    return do("call_tool", tool, arguments)


def text(result: Any) -> str:
    return "".join(part.text for part in result.content)


def told(result: Any) -> Any:
    """What a tool gives, which is the same as text and as a structure."""
    assert not result.is_error, text(result)
    assert json.loads(text(result)) == result.structured_content
    return result.structured_content


def test_the_tools_are_listed_with_what_they_take_and_give(stdio: Do) -> None:
    tools = {tool.name: tool for tool in stdio("list_tools").tools}
    assert {"list_questions", "explain_question", "ask_question", "search_names", "describe_thing", "show_schema",
            "explain_statement", "list_conflicts", "run_sparql"} == set(tools)  # fmt: skip
    assert all(tool.description and tool.output_schema and tool.annotations for tool in tools.values())
    assert all(tool.annotations.read_only_hint for tool in tools.values())


def test_a_question_is_listed_explained_and_answered(stdio: Do) -> None:
    (listed,) = told(call(stdio, "list_questions", q="which clusters"))["questions"]
    assert (listed["name"], set(listed["parameters"])) == ("clusters", {"cluster"})
    explained = told(call(stdio, "explain_question", name="clusters"))
    assert "ViaMéca" in explained["parameters"]["cluster"]["values"]
    answer = told(call(stdio, "ask_question", name="clusters", parameters={"cluster": "Viameca"}))
    assert [row["cluster"]["label"] for row in answer["rows"]] == ["ViaMéca"]


def test_all_questions_are_listed_by_name_alone_and_none_for_words_that_none_has(stdio: Do) -> None:
    assert all(set(each) == {"name", "question"} for each in told(call(stdio, "list_questions"))["questions"])
    none = told(call(stdio, "list_questions", q="clusters unheard-of"))
    assert (none["questions"], "leave q out" in none["note"]) == ([], True)


def test_rows_are_cut_and_counted(stdio: Do) -> None:
    answer = told(call(stdio, "ask_question", name="clusters", limit=1))
    assert (len(answer["rows"]), answer["rows_in_all"]) == (1, 2)
    answer = told(call(stdio, "ask_question", name="clusters", offset=1, evidence=True))
    assert [row["cluster"]["label"] for row in answer["rows"]] == ["ViaMéca"]
    (proved,) = answer["evidence"]["rows"]
    assert "ViaMéca" in answer["evidence"]["steps"][0]
    assert len(answer["evidence"]["steps"]) == len(proved["because"]) > 0


def test_names_are_searched_and_things_described_with_their_section(stdio: Do) -> None:
    (hit,) = told(call(stdio, "search_names", q="viamca"))["found"]
    term = told(call(stdio, "search_names", q="cluster"))["found"][0]
    assert (term["class"], term["count"]) == ("class", "2 things")
    assert "clusters" in term["questions"]
    assert (hit["iri"], hit["class"]) == ("organisation:viameca", "cluster")
    described = told(call(stdio, "describe_thing", iri=hit["iri"]))
    assert (described["label"], "cluster" in described["classes"]) == ("ViaMéca", True)
    assert any("summary" in source for each in described["says"] for source in each["said_by"])
    assert told(call(stdio, "describe_thing", iri="ViaMéca")) == described
    assert len(told(call(stdio, "describe_thing", iri=hit["iri"], limit=1))["says"]) == 1


def test_what_disagrees_is_listed_by_kind_and_thing(whole: Do) -> None:
    found = told(call(whole, "list_conflicts", limit=3))
    assert (len(found["conflicts"]), found["in_all"]) == (3, sum(found["by_kind"].values()))
    figures = told(call(whole, "list_conflicts", kind="figures"))
    assert {each["kind"] for each in figures["conflicts"]} == {"figures"}
    assert all(len(each["values"]) > 1 for each in figures["conflicts"])
    assert len(text(call(whole, "list_conflicts", about="Plastipolis")).encode()) < 20_000
    wrong = call(whole, "list_conflicts", kind="rumours")
    assert (wrong.is_error, "figures" in text(wrong)) == (True, True)


def test_the_schema_is_short_and_defines_what_is_sought(whole: Do) -> None:
    whole, sought = (told(call(whole, "show_schema", **given))["terms"] for given in ({}, {"q": "participation"}))
    assert "cg:Cluster" in whole
    assert len(sought) < len(whole)
    assert any(each.startswith("cg:Participation: ") for each in sought)
    assert any(each.startswith("cg:participant (link: cg:Participation → ") for each in sought)


def test_a_query_gives_rows_a_truth_or_a_graph(stdio: Do) -> None:
    rows = told(call(stdio, "run_sparql", query="SELECT ?c { ?c a cg:Cluster } ORDER BY ?c", limit=1))
    assert rows["rows"] == [{"c": {"iri": "organisation:afil", "label": "AFIL"}}]
    assert "more than 1 rows" in rows["more"]
    assert told(call(stdio, "run_sparql", query="ASK {}"))["rows"] == [{"answer": True}]
    turtle = told(call(stdio, "run_sparql", query="CONSTRUCT WHERE { organisation:afil a cg:Cluster }"))["turtle"]
    assert "organisation:afil a cg:Cluster" in " ".join(turtle.split())


def test_the_ontology_the_documents_and_their_sections_can_be_read(whole: Do) -> None:
    def read(uri: str) -> str:
        return whole("read_resource", uri).contents[0].text

    assert {each.uri for each in whole("list_resources").resources} == {
        "clustergraph://ontology",
        "clustergraph://documents",
    }
    assert "cg:Cluster" in read("clustergraph://ontology")
    documents = {each["iri"]: each for each in json.loads(read("clustergraph://documents"))}
    assert "m:summary" in [each["iri"] for each in documents["document:4m4iof"]["sections"]]
    assert "organisation:" in read("clustergraph://documents/4m4iof/summary")
    with pytest.raises(Exception, match="there is no section"):
        read("clustergraph://documents/4m4iof/none")


def test_each_prompt_names_tools_and_questions_that_there_are(whole: Do) -> None:
    tools = {tool.name for tool in whole("list_tools").tools}
    prompts = whole("list_prompts").prompts
    assert len(prompts) == 5
    for prompt in prompts:
        given = {argument.name: "plastics" for argument in prompt.arguments}
        (message,) = whole("get_prompt", prompt.name, given).messages
        assert "plastics" in message.content.text
        named = set(re.findall(r"\b[a-z]+_[a-z]+\b", message.content.text))
        assert named <= tools, prompt.name
        questions = set(re.findall(r"\b[a-z]+(?:-[a-z]+)+\b", message.content.text))
        assert questions <= QUESTIONS.keys(), prompt.name


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask_question", {"name": "clstrs"}, "did you mean clusters"),
        ("ask_question", {"name": "clusters", "parameters": {"cluster": "Viamca"}}, "did you mean"),
        ("describe_thing", {"iri": "Viamc"}, "did you mean"),
        ("run_sparql", {"query": "SELECT ?s { ?s ?p }"}, "line 1"),
        ("run_sparql", {"query": "INSERT DATA { <a:a> <a:b> 1 }"}, "read-only"),
        ("run_sparql", {"query": "SELECT * { SERVICE <http://e.org/> { ?s ?p ?o } }"}, "SERVICE"),
        ("search_names", {"text": "AFIL"}, "search_names has no argument 'text'; its arguments: q, limit"),
        ("search_names", {"q": "AFIL", "limits": 3}, "did you mean 'limit'"),
        ("search_names", {"q": "AFIL", "limit": 0}, "search_names: limit: Input should be greater than or equal to 1"),
        ("search_names", {}, "search_names: q: Field required"),
        ("serch_names", {"q": "AFIL"}, "there is no tool 'serch_names'; there are"),
    ],
)
def test_what_is_wrong_is_told_to_the_model(stdio: Do, tool: str, arguments: dict[str, Any], said: str) -> None:
    result = call(stdio, tool, **arguments)
    assert result.is_error
    assert said in text(result)
    assert not re.search("Traceback|Error executing|pydantic", text(result))


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(command(folder, "--http", "--port", str(port)), stderr=subprocess.PIPE)
    assert until(lambda: answers(port))
    yield f"http://127.0.0.1:{port}/mcp"
    server.terminate()
    server.wait(PATIENCE)
    if server.stderr:
        server.stderr.close()


def test_streamable_http_answers_the_same(address: str) -> None:
    query = "SELECT ?c { ?c a cg:Cluster } ORDER BY ?c"
    with session(address) as do:
        assert len(told(call(do, "run_sparql", query=query))["rows"]) == 2


def test_the_service_answers_at_its_own_address(folder: Path) -> None:
    with serve(folder / ".clustergraph") as live, session(f"{live.url}/mcp") as do:
        assert len(told(call(do, "ask_question", name="clusters"))["rows"]) == 2
        assert call(do, "ask_question", name="clstrs").is_error
        # A stream that nothing is ever sent on would be held open for nobody.
        assert httpx.get(f"{live.url}/mcp").status_code == 405


def test_a_statement_is_explained(stdio: Do) -> None:
    right, wrong, malformed = (
        call(stdio, "explain_statement", subject="organisation:afil", predicate="a", object=value)
        for value in ("cg:Cluster", "cg:Region", "cg:Cluster . ?s")
    )
    assert "cluster" in " ".join(told(right)["because"]).lower()
    assert wrong.is_error
    assert "the graph does not say" in text(wrong)
    assert malformed.is_error
    assert "not one statement" in text(malformed)


def test_five_rows_with_evidence_are_short_and_tell_each_step_once(whole: Do) -> None:
    answer = call(whole, "ask_question", name="partners-sharing-pilots", limit=5, evidence=True)
    evidence = told(answer)["evidence"]
    assert len(json.dumps(evidence, ensure_ascii=False).encode()) < 4_000
    used = [number for row in evidence["rows"] for number in row["because"]]
    assert (len(evidence["rows"]), set(used)) == (5, set(range(1, len(evidence["steps"]) + 1)))
    assert len(used) > len(evidence["steps"])
    assert all(re.match(rf"{n}\. .+ \[.+\]$", step) for n, step in enumerate(evidence["steps"], 1))


def test_a_misspelt_term_is_named_in_the_notes(stdio: Do) -> None:
    found = told(call(stdio, "run_sparql", query="SELECT ?s { ?s a cg:Clutser }"))
    assert found["rows"] == []
    assert "did you mean cg:Cluster" in found["notes"][0]
    joined = told(call(stdio, "run_sparql", query="SELECT (GROUP_CONCAT(?c) AS ?all) { ?c a cg:Cluster }"))
    assert "GROUP_CONCAT takes texts, and ?c is an IRI" in joined["notes"][0]
