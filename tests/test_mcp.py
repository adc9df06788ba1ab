"""The server for language models, through the real client of the protocol, over both transports."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from tests.live_server import PATIENCE, until
from tests.small_project import make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("mcp"))
    publish.publish(Project(root), Releases(root / ".clustergraph"))
    return root


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "clustergraph", "--project", str(folder), "mcp", *words]


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


def call(do: Do, tool: str, **arguments: Any) -> Any:
    return do("call_tool", tool, arguments)


def text(result: Any) -> str:
    return "".join(part.text for part in result.content)


def test_the_tools_are_listed_with_what_they_take(stdio: Do) -> None:
    tools = {tool.name: tool for tool in stdio("list_tools").tools}
    assert {"list_questions", "explain_question", "ask_question", "search_names", "describe_thing", "show_schema",
            "explain_statement", "run_sparql"} == set(tools)  # fmt: skip
    assert all(tool.description for tool in tools.values())


def test_a_question_is_listed_explained_and_answered(stdio: Do) -> None:
    (listed,) = json.loads(text(call(stdio, "list_questions", subject="clusters")))
    assert listed["name"] == "clusters"
    explained = json.loads(text(call(stdio, "explain_question", name="clusters")))
    assert "ViaMéca" in explained["parameters"]["cluster"]["examples"]
    answer = json.loads(text(call(stdio, "ask_question", name="clusters", parameters={"cluster": "Viameca"})))
    assert [row["cluster"]["label"] for row in answer["rows"]] == ["ViaMéca"]


def test_rows_are_cut_and_counted(stdio: Do) -> None:
    answer = json.loads(text(call(stdio, "ask_question", name="clusters", limit=1)))
    assert (len(answer["rows"]), answer["rows_in_all"]) == (1, 2)
    rest = call(stdio, "ask_question", name="clusters", offset=1, evidence=True)
    answer = json.loads(text(rest))
    assert [row["cluster"]["label"] for row in answer["rows"]] == ["ViaMéca"]
    assert len(answer["evidence"]) == 1
    assert "ViaMéca" in answer["evidence"][0]["statement"]


def test_names_are_searched_and_things_described_with_their_section(stdio: Do) -> None:
    (hit,) = json.loads(text(call(stdio, "search_names", text="viamca")))
    described = json.loads(text(call(stdio, "describe_thing", name=hit["iri"])))
    sections = {statement["section"]["iri"] for statement in described["statements"]}
    assert "https://w3id.org/clustergraph/graph/4m4iof/summary" in sections


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask_question", {"name": "clstrs"}, "did you mean clusters"),
        ("ask_question", {"name": "clusters", "parameters": {"cluster": "Viamca"}}, "did you mean"),
        ("describe_thing", {"name": "Viamc"}, "did you mean"),
        ("run_sparql", {"query": "SELECT ?s { ?s ?p }"}, "line 1"),
        ("run_sparql", {"query": "INSERT DATA { <a:a> <a:b> 1 }"}, "read-only"),
        ("run_sparql", {"query": "SELECT * { SERVICE <http://e.org/> { ?s ?p ?o } }"}, "SERVICE"),
    ],
)
def test_what_is_wrong_is_told_to_the_model(stdio: Do, tool: str, arguments: dict[str, Any], said: str) -> None:
    result = call(stdio, tool, **arguments)
    assert result.is_error
    assert said in text(result)
    assert "Traceback" not in text(result)


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
        document = json.loads(text(call(do, "run_sparql", query=query)))
    assert len(document["results"]["bindings"]) == 2


def test_a_statement_is_explained(stdio: Do) -> None:
    right, wrong, malformed = (
        call(stdio, "explain_statement", subject="organisation:afil", predicate="a", value=value)
        for value in ("cg:Cluster", "cg:Region", "cg:Cluster . ?s")
    )
    assert "cluster" in " ".join(json.loads(right.content[0].text)).lower()
    assert wrong.is_error
    assert "the graph does not say" in wrong.content[0].text
    assert malformed.is_error
    assert "not one statement" in malformed.content[0].text


def test_a_misspelt_term_is_named_behind_the_answer(stdio: Do) -> None:
    found = call(stdio, "run_sparql", query="SELECT ?s { ?s a cg:Clutser }")
    answer, note = (part.text for part in found.content)
    assert json.loads(answer)["results"]["bindings"] == []
    assert "did you mean cg:Cluster" in note
