"""Every door opens on the same question file: SPARQL, Python, REST, the command line and MCP give the same rows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from click.testing import CliRunner
from mcp import Client
from starlette.testclient import TestClient

from clustergraph.build.catalogue import catalogue
from clustergraph.build.release import Releases
from clustergraph.build.sources import Project
from clustergraph.cli.main import cli
from clustergraph.config import Settings
from clustergraph.graph import Graph
from clustergraph.mcp import create_server
from clustergraph.questions import load
from clustergraph.rules import load as load_rules
from clustergraph.web.app import create_app

from .conftest import ROOT

QUESTIONS = load(ROOT / "queries")


@pytest.fixture(scope="module")
def releases(project: Project, store: Any, tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """The graph of the project as a release; checks and shapes are left to their own tests."""
    from pyoxigraph import DefaultGraph, Quad, Store

    whole = Store()
    whole.extend(store)
    for quad in catalogue(QUESTIONS.values(), load_rules(project.rules)):
        whole.extend([quad, Quad(quad.subject, quad.predicate, quad.object, DefaultGraph())])
    found = Releases(tmp_path_factory.mktemp("doors"))
    with found.lock():
        written = found.write(whole, project.fingerprint(), 0, 0)
        found.activate(found.root / "releases" / written.digest)
    return found


@pytest.fixture(scope="module")
def opened(releases: Releases) -> Graph:
    current = releases.current()
    assert current is not None
    return Graph.open(current)


@pytest.fixture(scope="module")
def client(releases: Releases):
    with TestClient(create_app(releases.root, Settings(query_seconds=30))) as client:
        yield client


@pytest.fixture(scope="module")
def by_mcp(releases: Releases) -> dict[str, list[Any]]:
    """Ask every question through one session of the real client."""

    async def ask() -> dict[str, list[Any]]:
        current = releases.current()
        assert current is not None
        found = {}
        async with Client(create_server(current, Settings())) as session:
            for name in QUESTIONS:
                result = await session.call_tool(
                    "ask_question", {"name": name, "limit": 500, "parameters": GIVEN.get(name, {})}
                )
                assert not result.is_error, (name, result.content[0].text)
                found[name] = json.loads(result.content[0].text)["rows"]
        return found

    return anyio.run(ask)


GIVEN = {
    "participants-also-in": {"activity": "WIINTECH 2020", "other": "4M4IoF"},
    "shared-projects": {"one": "AFIL"},
}
"""Parameters for the questions that need some."""


def shown(row: dict[str, Any]) -> tuple[str, ...]:
    """What a row shows, as text; joined names have no order."""
    values = (v["label"] if isinstance(v, dict) else v for v in row.values())
    return tuple(", ".join(sorted(str(v).replace(";", ",").split(", "))) for v in values)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_door_gives_the_same_rows(
    opened: Graph, client: TestClient, by_mcp: dict[str, list[Any]], releases: Releases, name: str
) -> None:
    given = GIVEN.get(name, {})
    answer = opened.ask(name, **given)
    expected = [shown(row) for row in answer][:500]

    rest = client.get(f"/questions/{name}.json", params={"limit": 500, **given}).json()["rows"]
    assert [shown(row) for row in rest] == expected

    words = ["--project", str(ROOT), "--releases", str(releases.root), "ask", name, "--format", "json"]
    words += [f"--{key}={value}" for key, value in given.items()]
    command = CliRunner().invoke(cli, words)
    assert [shown(row) for row in json.loads(command.stdout)][:500] == expected

    assert [shown(row) for row in by_mcp[name]] == expected

    table = client.post("/sparql", data={"query": answer.query}, headers={"Accept": "text/csv"})
    assert len(list(csv.reader(io.StringIO(table.text)))) - 1 == len(answer)


def test_a_label_opens_every_door(opened: Graph, client: TestClient, releases: Releases) -> None:
    expected = [shown(row) for row in opened.ask("partners-sharing-pilots", partner="Eurecat")]
    assert expected
    rest = client.get("/questions/partners-sharing-pilots.json", params={"partner": "EURECAT"}).json()["rows"]
    assert [shown(row) for row in rest] == expected
    words = ["--project", str(ROOT), "--releases", str(releases.root), "ask", "partners-sharing-pilots"]
    command = CliRunner().invoke(cli, [*words, "--partner", "eurecat", "--format", "json"])
    assert [shown(row) for row in json.loads(command.stdout)] == expected


def test_a_release_can_be_opened_from_anywhere(opened: Graph) -> None:
    assert Path(opened.questions["participants"].path).name == "participants.rq"
