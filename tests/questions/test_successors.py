"""Old questions lead to their successors: every entry of the project's list is right, and holds at every door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mcp import Client
from starlette.testclient import TestClient

from clustergraph import Graph
from clustergraph.cli.main import cli
from clustergraph.errors import SourceError
from clustergraph.mcp.server import create_server
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.questions.question import load
from clustergraph.questions.successors import FILE, Successor, successors
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.conftest import ROOT
from tests.small_project import make

QUESTIONS = load(ROOT / "queries")
ENTRIES = successors(ROOT / "queries")
OLD = """
actors:
  question: clusters
  parameters: {cluster: AFIL}
  renamed: {actor: cluster}
  columns: {actor: cluster}
  reason: a cluster is what it is about
  since: 0.2.0
clusters: {question: clusters, renamed: {name: cluster}, reason: its word everywhere, since: 0.2.0}
"""
NOTE = "'actors' is now asked as 'clusters' with cluster AFIL; cluster for actor: a cluster is what it is about"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.old)
def test_an_entry_leads_to_a_question_that_has_what_it_names(graph: Graph, entry: Successor) -> None:
    question = QUESTIONS[entry.question]
    meant = [name for values in entry.values.values() for asked in values.values() for name in asked]
    assert {*entry.parameters, *entry.renamed.values(), *meant} <= question.parameters.keys()
    assert entry.values.keys() <= entry.renamed.keys()
    assert set(entry.columns.values()) <= question.columns.keys()
    if entry.old == entry.question:
        assert question.parameters.keys().isdisjoint(entry.renamed)
        assert question.columns.keys().isdisjoint(entry.columns)
    else:
        assert entry.old not in QUESTIONS
    if all(not value.required or name in entry.parameters for name, value in question.parameters.items()):
        assert len(graph.ask(entry.question, **entry.given({})))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(tmp_path_factory.mktemp("successor"))
    (root / "queries" / FILE).write_text(OLD, "utf-8")
    publish.publish(Project(root), Releases(root / ".clustergraph"))
    return root


@pytest.fixture(scope="module")
def release(folder: Path) -> Path:
    found = Releases(folder / ".clustergraph").current()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(folder / ".clustergraph", Settings()), follow_redirects=False) as client:
        yield client


def command(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--project", str(folder), *words])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("actors", "clusters?cluster=AFIL"),
        ("actors.csv?limit=5", "clusters.csv?cluster=AFIL&limit=5"),
        ("actors.rq", "clusters.rq?cluster=AFIL"),
        ("actors?actor=ViaM%C3%A9ca&format=json", "clusters?cluster=ViaM%C3%A9ca&format=json"),
        ("clusters.json?name=AFIL&evidence=true", "clusters.json?cluster=AFIL&evidence=true"),
    ],
)
def test_http_redirects_for_ever(client: TestClient, old: str, new: str) -> None:
    response = client.get(f"/questions/{old}")
    assert (response.status_code, response.headers["Location"]) == (308, f"/questions/{new}")
    assert client.get(response.headers["Location"]).status_code == 200


def test_the_redirect_keeps_the_release_that_is_asked_for(client: TestClient, release: Path) -> None:
    moved = client.get(f"/questions/actors.json?release={release.name}").headers["Location"]
    assert client.get(moved).json()["release"] == release.name


def test_new_names_are_answered_at_once_and_old_ones_stand_in_no_list(client: TestClient) -> None:
    assert client.get("/questions/clusters.json?cluster=AFIL").json()["total"] == 1
    assert [question["name"] for question in client.get("/questions.json").json()] == ["clusters"]
    assert "actors" not in client.get("/openapi.json").text


def test_the_iri_of_an_old_question_says_what_replaces_it(client: TestClient) -> None:
    text = client.get("/query/actors", headers={"Accept": "text/turtle"}).text
    assert "owl:deprecated" in text
    assert "dcterms:isReplacedBy query:clusters" in text
    assert "owl:deprecated" not in client.get("/query/clusters", headers={"Accept": "text/turtle"}).text


def test_the_command_line_answers_and_says_so_once(folder: Path) -> None:
    done = command(folder, "ask", "actors", "--actor", "Viameca", "--format", "csv")
    assert (done.exit_code, done.stderr.count(NOTE)) == (0, 1)
    assert "ViaMéca" in done.stdout
    assert done.stdout == command(folder, "ask", "clusters", "--cluster", "Viameca", "--format", "csv").stdout
    shown = command(folder, "questions", "actors")
    assert (shown.stderr, "Which clusters are there?" in shown.stdout) == (f"note: {NOTE}\n", True)
    assert "actors" not in command(folder, "questions").stdout
    assert command(folder, "ask", "clusters").stderr == ""


def test_python_answers_and_warns(release: Path) -> None:
    graph = Graph.open(release)
    with pytest.warns(FutureWarning, match="'actors' is now asked as 'clusters'") as warned:
        answer = graph.ask("actors")
    assert (len(warned), warned[0].filename) == (1, __file__)
    assert ([row["cluster"] for row in answer], answer.question.name) == (["AFIL"], "clusters")
    with pytest.warns(FutureWarning, match="ask 'clusters' with cluster for name"):
        assert len(graph.ask("clusters", name="AFIL")) == 1
    assert "actors" not in graph.questions


@pytest.mark.anyio
async def test_a_language_model_is_answered_and_told(release: Path) -> None:
    async with Client(create_server(release, Settings())) as client:
        asked = await client.call_tool("ask_question", {"name": "actors", "parameters": {}})
        told = await client.call_tool("explain_question", {"name": "actors"})
        listed = await client.call_tool("list_questions", {})
    answer = json.loads(asked.content[0].text)
    assert (answer["note"], [row["cluster"]["label"] for row in answer["rows"]]) == (NOTE, ["AFIL"])
    explained = json.loads(told.content[0].text)
    assert (explained["name"], explained["note"]) == ("clusters", NOTE)
    assert "actors" not in listed.content[0].text


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("old: {question: clusters, since: 0.2.0}", "old lacks reason"),
        ("old: {question: clusters, since: 0.2.0, reason: r, rows: 3}", "unknown key: rows"),
        ("old: {question: gone, since: 0.2.0, reason: r}", "the successor of old is no question"),
        ("clusters: {question: clusters, parameters: {cluster: AFIL}, since: 0.2.0, reason: r}", "its own successor"),
        ("old: [clusters", "the successors are not as they should be"),
    ],
)
def test_a_wrong_entry_is_told(tmp_path: Path, entry: str, told: str) -> None:
    project = Project(make(tmp_path))
    (project.queries.own / FILE).write_text(entry, "utf-8")
    with pytest.raises(SourceError, match=told):
        load(project.queries)
