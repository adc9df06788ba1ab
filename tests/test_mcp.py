"""The server for language models, through the real client of the protocol, over both transports."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from clustergraph.build import pipeline
from clustergraph.build.release import Releases
from clustergraph.build.sources import Project

from .small_project import make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("mcp"))
    pipeline.publish(Project(root), Releases(root / ".clustergraph"))
    return root


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "clustergraph", "--project", str(folder), "mcp", *words]


def call(target: Any, tool: str, **arguments: Any) -> Any:
    async def run() -> Any:
        async with Client(target) as client:
            return await client.call_tool(tool, arguments)

    return anyio.run(run)


def stdio(folder: Path) -> Any:
    program, *words = command(folder)
    return stdio_client(StdioServerParameters(command=program, args=words, env=dict(os.environ)))


def text(result: Any) -> str:
    return "".join(part.text for part in result.content)


def test_the_tools_are_listed_with_what_they_take(folder: Path) -> None:
    async def names() -> dict[str, Any]:
        async with Client(stdio(folder)) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    tools = anyio.run(names)
    assert {"list_questions", "explain_question", "ask_question", "search_names", "describe_thing", "show_schema",
            "explain_statement", "run_sparql"} == set(tools)  # fmt: skip
    assert all(tool.description for tool in tools.values())


def test_a_question_is_listed_explained_and_answered(folder: Path) -> None:
    (listed,) = json.loads(text(call(stdio(folder), "list_questions", subject="clusters")))
    assert listed["name"] == "clusters"
    explained = json.loads(text(call(stdio(folder), "explain_question", name="clusters")))
    assert "ViaMéca" in explained["parameters"]["cluster"]["examples"]
    answer = json.loads(text(call(stdio(folder), "ask_question", name="clusters", parameters={"cluster": "Viameca"})))
    assert [row["cluster"]["label"] for row in answer["rows"]] == ["ViaMéca"]


def test_rows_are_cut_and_counted(folder: Path) -> None:
    answer = json.loads(text(call(stdio(folder), "ask_question", name="clusters", limit=1)))
    assert (len(answer["rows"]), answer["rows_in_all"]) == (1, 2)
    rest = call(stdio(folder), "ask_question", name="clusters", offset=1, evidence=True)
    answer = json.loads(text(rest))
    assert [row["cluster"]["label"] for row in answer["rows"]] == ["ViaMéca"]
    assert len(answer["evidence"]) == 1
    assert "ViaMéca" in answer["evidence"][0]["statement"]


def test_names_are_searched_and_things_described_with_their_section(folder: Path) -> None:
    (hit,) = json.loads(text(call(stdio(folder), "search_names", text="viamca")))
    described = json.loads(text(call(stdio(folder), "describe_thing", name=hit["iri"])))
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
def test_what_is_wrong_is_told_to_the_model(folder: Path, tool: str, arguments: dict[str, Any], said: str) -> None:
    result = call(stdio(folder), tool, **arguments)
    assert result.is_error
    assert said in text(result)
    assert "Traceback" not in text(result)


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(command(folder, "--http", "--port", str(port)), stderr=subprocess.PIPE)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    server.terminate()
    server.wait(10)
    if server.stderr:
        server.stderr.close()


def test_streamable_http_answers_the_same(address: str) -> None:
    query = "SELECT ?c { ?c a cg:Cluster } ORDER BY ?c"
    document = json.loads(text(call(address, "run_sparql", query=query)))
    assert len(document["results"]["bindings"]) == 2


def test_a_statement_is_explained(folder: Path) -> None:
    async def told() -> list[Any]:
        async with Client(stdio(folder)) as client:
            found = []
            for value in ("cg:Cluster", "cg:Region", "cg:Cluster . ?s"):
                given = {"subject": "organisation:afil", "predicate": "a", "value": value}
                found.append(await client.call_tool("explain_statement", given))
            return found

    right, wrong, malformed = anyio.run(told)
    assert "cluster" in " ".join(json.loads(right.content[0].text)).lower()
    assert wrong.is_error
    assert "the graph does not say" in wrong.content[0].text
    assert malformed.is_error
    assert "not one statement" in malformed.content[0].text
