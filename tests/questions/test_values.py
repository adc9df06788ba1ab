"""What parameters are offered: values that have answers, with as many rows as there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner
from mcp import Client
from starlette.testclient import TestClient

from clustergraph.cli.main import cli
from clustergraph.graph import Graph
from clustergraph.mcp.server import create_server
from clustergraph.questions.question import load
from clustergraph.questions.values import values_of
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.terms import ID
from clustergraph.web.app import create_app
from tests.conftest import ROOT

SOME = ("priorities", "key-partners", "events", "documents")
OTHERS = [name for name in load(ROOT / "queries") if name not in SOME]


@pytest.mark.parametrize("name", [*SOME, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_a_value_that_is_given_stands_in_as_many_rows_as_is_said(graph: Graph, name: str) -> None:
    for parameter, values in values_of(graph, name).items():
        for each in [each for each in values if each.rows is not None][-1:]:
            answer = graph.put(graph.questions[name], {parameter: [each.value]})
            if graph.questions[name].parameters[parameter].facet:
                assert len(answer.rows) == each.rows, (parameter, each)
            else:
                found = [row for row in answer.terms if (term := row[parameter]) and term.value == each.iri]
                assert len(found) == each.rows, (parameter, each)


def test_a_parameter_without_a_column_is_offered_all_its_choices(graph: Graph) -> None:
    found = values_of(graph, "priorities")
    assert {each.value: each.rows for each in found["certainty"]}["ambiguous"]
    assert "unconfirmed" not in [each.value for each in found["certainty"]]
    assert {each.rows for each in found["within"]} == {None}


@pytest.fixture(scope="module")
def client(small_built: Path) -> Iterator[TestClient]:
    with TestClient(create_app(small_built / ".clustergraph", Settings())) as client:
        yield client


def test_every_door_offers_values_with_their_rows(small_built: Path, client: TestClient) -> None:
    words = ["--project", str(small_built), "questions", "clusters"]
    assert "AFIL (1), ViaMéca (1)" in CliRunner().invoke(cli, words).output
    assert client.get("/questions/clusters/choices").json()["cluster"][1] == {
        "value": "ViaMéca",
        "iri": f"{ID}organisation/viameca",
        "rows": 1,
    }
    page = client.get("/questions/clusters", headers={"Accept": "text/html"}).text
    assert '<option value="ViaMéca">ViaMéca (1)</option>' in page
    assert client.get("/questions/clstrs/choices").status_code == 404
    release = Releases(small_built / ".clustergraph").current()
    assert release

    async def told() -> str:
        async with Client(create_server(release, Settings())) as session:
            return (await session.call_tool("explain_question", {"name": "clusters"})).content[0].text

    assert '"AFIL": 1' in anyio.run(told).replace('":1', '": 1')


def test_an_answer_to_a_few_is_not_kept_waiting_for_the_counts(small_built: Path) -> None:
    with TestClient(create_app(small_built / ".clustergraph", Settings())) as client:
        address, browser = "/questions/clusters?cluster=AFIL", {"Accept": "text/html"}
        assert '<option value="AFIL" selected>AFIL</option>' in client.get(address, headers=browser).text
        client.get("/questions/clusters", headers=browser)
        again = client.get(f"{address}&cluster=ViaMéca", headers=browser).text
        assert '<option value="AFIL" selected>AFIL (1)</option>' in again
