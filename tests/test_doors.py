"""Every door opens on one question file: all give the same cells in the same order, and the same bytes where they can.

The doors are the page, REST in all formats, SPARQL, Python, the command line and the tools of language models.
"""

from __future__ import annotations

import calendar
import csv
import gzip
import html
import io
import json
import re
import shlex
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from click.testing import CliRunner
from mcp import Client
from pyoxigraph import (
    QueryResultsFormat,
    QuerySolutions,
    Store,
    parse_query_results,
)
from starlette.testclient import TestClient

from clustergraph import Answer, Graph
from clustergraph.cli.main import cli
from clustergraph.cli.table import table
from clustergraph.mcp.server import create_server
from clustergraph.questions.answer import Cell, Rows, cell
from clustergraph.questions.parameters import iri_of
from clustergraph.questions.question import load
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.accessible import check_page
from tests.conftest import ROOT

QUESTIONS = load(ROOT / "queries")
MONTHS = [*calendar.month_name][1:]
SOME = (
    "facts",
    "differing-participants",
    "project-pairs",
    "partners-by-place",
    "rival-figures",
    "work-packages",
)
"""Questions with what is hard: texts of many lines, joined cells, EXISTS, numbers, dates, cells without a value."""
MCP_ROWS = 500

Shown = list[list[tuple[str, str]]]
"""For each row and cell what it shows, and its IRI."""


@pytest.fixture(scope="module")
def current(releases: Releases) -> Path:
    found = releases.current()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def opened(current: Path) -> Graph:
    return Graph.open(current)


@pytest.fixture(scope="module")
def client(releases: Releases) -> Iterator[TestClient]:
    with TestClient(create_app(releases.root, Settings(query_seconds=60))) as client:
        yield client


Ask = Callable[[str, dict[str, str]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def tool(current: Path) -> Iterator[Callable[..., dict[str, Any]]]:
    """Uses a tool through the real client of the protocol for language models, in one session."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(create_server(current, Settings(query_seconds=60)))) as session,
    ):

        def use(called: str, /, **arguments: Any) -> dict[str, Any]:
            result = portal.call(session.call_tool, called, arguments)
            assert not result.is_error, result.content[0].text
            return json.loads(result.content[0].text)

        yield use


@pytest.fixture(scope="module")
def by_tool(tool: Callable[..., dict[str, Any]]) -> Ask:
    """Asks a question by a tool."""
    return lambda name, given: tool("ask_question", name=name, limit=MCP_ROWS, parameters=given)["rows"]


def shown(rows: Rows) -> Shown:
    return [[(cell.shown, cell.iri or "") for cell in row] for row in rows]


def of_objects(rows: list[dict[str, Any]]) -> Shown:
    return shown(
        [[Cell(v["label"], v["iri"]) if isinstance(v, dict) else Cell(v) for v in row.values()] for row in rows]
    )


def of_model(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Shown:
    """What a model is given: empty cells are left out, and IRIs are written with prefixes."""
    given = [[row.get(column) for column in columns] for row in rows]
    return [
        [(each.get("label") or iri_of(each["iri"]), iri_of(each["iri"].strip("<>"))) if isinstance(each, dict)
         else (Cell(each).shown, "") for each in row]
        for row in given
    ]  # fmt: skip


def of_separated(text: str, columns: tuple[str, ...], delimiter: str) -> Shown:
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [[(row[column], row.get(f"{column}_iri", "")) for column in columns] for row in rows]


def of_markdown(text: str) -> list[list[str]]:
    lines = text.rstrip("\n").split("\n")[2:]
    return [[part.replace("\\|", "|") for part in re.split(r"(?<!\\)\|", line[1:-1])] for line in lines]


class Table(HTMLParser):
    """Reads the table of an answer."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: Shown = []
        self._inside = self._cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inside |= tag == "div" and "answer" in (given.get("class") or "").split()
        if self._inside and tag == "tr":
            self.rows.append([])
        elif self._inside and (tag == "td" or given.get("scope") == "row"):
            self.rows[-1].append(("", ""))
            self._cell = True
        elif self._cell and tag == "a" and "row-why" in (given.get("class") or ""):
            self._cell = False  # What the row rests on is no part of it, nor the space before it.
            text, address = self.rows[-1][-1]
            self.rows[-1][-1] = (text.removesuffix(" "), address)
        elif self._cell and tag == "span" and given.get("class") == "hidden":
            self._cell = False  # That nothing is said is for who listens.
        elif self._cell and tag == "a":
            self.rows[-1][-1] = ("", given.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "table"
        self._cell &= tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._cell:
            text, address = self.rows[-1][-1]
            self.rows[-1][-1] = (text + data, address)


def command(releases: Releases, name: str, given: dict[str, str], format_: str, *options: str) -> bytes:
    words = ["--project", str(ROOT), "--releases", str(releases.root), "ask", name, "--format", format_, *options]
    done = CliRunner().invoke(cli, [*words, *(f"--{key}={value}" for key, value in given.items())])
    assert done.exit_code == 0, done.output
    return done.stdout_bytes


def values(opened: Graph, answer: Answer) -> dict[str, str]:
    """Values for the parameters of a question by which it has rows: names of things that stand in its first row."""
    given: dict[str, str] = {}
    (first,) = answer.part(0, 1) or [()]
    there = {each.iri for each in first}
    for parameter in answer.question.parameters.values():
        names = {iri: name for iri, name in opened.choices(parameter).offered.items() if iri in there}
        if names and parameter.name not in given:
            given[parameter.name] = min(names.values())
            break
    return given


def plain(text: str) -> str:
    """Return a number or date as the other doors write it: pages tell it as people do."""
    if found := re.fullmatch(rf"(?:(\d{{1,2}}) )?({'|'.join(MONTHS)}) (\d{{4}})", text):
        day, month, year = found.groups()
        return f"{year}-{MONTHS.index(month) + 1:02}" + (f"-{int(day):02}" if day else "")
    text = {"yes": "true", "no": "false"}.get(text, text)
    return text.replace(",", "") if re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text) else text


def check(
    opened: Graph, client: TestClient, releases: Releases, by_tool: Ask, name: str, given: dict[str, str]
) -> None:
    answer = opened.ask(name, **given)
    columns, expected = answer.columns, shown(answer.rows)

    def rest(format_: str, **more: bool) -> bytes:
        response = client.get(f"/questions/{name}.{format_}", params={"limit": 10_000, **given, **more})
        assert response.status_code == 200, response.text
        return response.content

    assert of_objects(json.loads(rest("json"))["rows"]) == expected
    for format_, delimiter in (("csv", ","), ("tsv", "\t")):
        assert of_separated(rest(format_, iris=True).decode(), columns, delimiter) == expected
        assert command(releases, name, given, format_, "--iris") == rest(format_, iris=True)
    assert of_markdown(rest("md").decode()) == [[f" {text} " for text, _ in row] for row in expected]
    for content in (rest("xml"), client.post("/sparql", data={"query": answer.query, "format": "xml"}).content):
        found = parse_query_results(content, format=QueryResultsFormat.XML)
        assert isinstance(found, QuerySolutions)
        assert tuple(variable.value for variable in found.variables) == columns
        assert shown([[cell(row[column], opened.label) for column in columns] for row in found]) == expected

    every_column = {"limit": 10_000, "columns": ",".join(columns), **given}
    page = client.get(f"/questions/{name}", params=every_column, headers={"Accept": "text/html"})
    on_page = Table(page.text).rows[1:]
    assert [[plain(text) for text, _ in row] for row in on_page] == [
        [plain(text) for text, _ in row] for row in expected
    ]
    assert [[bool(address) for _, address in row] for row in on_page] == [[bool(iri) for _, iri in r] for r in expected]

    assert of_objects(json.loads(command(releases, name, given, "json"))) == expected
    assert command(releases, name, given, "table").decode() == table(columns, answer.rows)
    assert rest("csv", excel=True) == b"\xef\xbb\xbf" + rest("csv")
    for format_ in ("csv", "tsv", "md", "xml"):
        assert command(releases, name, given, format_) == rest(format_)
    assert of_model(by_tool(name, given), answer.columns) == expected[:MCP_ROWS]


@pytest.mark.parametrize("name", SOME)
def test_every_door_gives_the_same_cells_in_the_same_order(
    opened: Graph, client: TestClient, releases: Releases, by_tool: Ask, name: str
) -> None:
    check(opened, client, releases, by_tool, name, {})


@pytest.mark.slow
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_the_same_cells_at_every_door(
    opened: Graph, client: TestClient, releases: Releases, by_tool: Ask, name: str
) -> None:
    needed = {each.name: "AFIL" for each in QUESTIONS[name].parameters.values() if each.required}
    check(opened, client, releases, by_tool, name, needed)
    chosen = needed | values(opened, opened.ask(name, **needed))
    if chosen != needed:
        check(opened, client, releases, by_tool, name, chosen)


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if "GROUP_CONCAT" in question.query])
def test_joined_cells_have_an_order_whatever_the_store(opened: Graph, store: Store, name: str) -> None:
    in_memory = Graph(store, QUESTIONS)
    assert shown(in_memory.ask(name).rows) == shown(opened.ask(name).rows)


def test_the_picture_is_the_same_at_every_door(opened: Graph, client: TestClient, releases: Releases) -> None:
    picture = client.get("/questions/shared-projects.svg").content
    assert command(releases, "shared-projects", {}, "svg") == picture
    assert opened.chart(opened.ask("shared-projects")).encode() == picture


def test_a_label_opens_every_door(opened: Graph, client: TestClient, releases: Releases, by_tool: Ask) -> None:
    given = {"partner": "EURECAT"}
    assert len(opened.ask("partners-sharing-pilots", partner="Eurecat"))
    check(opened, client, releases, by_tool, "partners-sharing-pilots", given)


DEFAULTS = {
    name: {p.name: list(p.default) for p in question.parameters.values() if p.default}
    for name, question in QUESTIONS.items()
    if any(p.default for p in question.parameters.values())
}
"""The defaults of each question."""


def needed(opened: Graph, name: str) -> dict[str, list[str]]:
    """Something for each parameter that has to be given."""
    parameters = QUESTIONS[name].parameters.values()
    return {each.name: [min(opened.choices(each).offered.values())] for each in parameters if each.required}


def test_a_default_can_be_typed_as_the_command_line_shows_it(opened: Graph, releases: Releases) -> None:
    for name, defaults in DEFAULTS.items():
        words = ["--project", str(ROOT), "--releases", str(releases.root), "questions", name]
        told = re.sub(r"\s+", " ", CliRunner().invoke(cli, words).output)
        usual = re.findall(r"unless given: (--(\w+) (?:'[^']*'|\S+)(?: --\2 (?:'[^']*'|\S+))*)", told)
        typed = shlex.split(" ".join(words for words, _ in usual))
        given: dict[str, list[str]] = {}
        for option, value in zip(typed[::2], typed[1::2], strict=True):
            given.setdefault(option.removeprefix("--"), []).append(value)
        assert given == defaults
        opened.put(QUESTIONS[name], {**needed(opened, name), **given})


WORDS = {"yes": "true", "no": "false"}
"""What a page says of what is true or false; a form sends the value."""


def test_a_default_can_be_given_as_the_page_shows_it(opened: Graph, client: TestClient) -> None:
    for name, defaults in DEFAULTS.items():
        page = client.get(f"/questions/{name}", headers={"Accept": "text/html"}).text
        for field in page.partition('class="parameters">')[2].partition("</form>")[0].split("<label for=")[1:]:
            parameter = re.findall(r' name="(\w+)"', field)
            texts = re.findall(r'(?:placeholder="|<option value="">usual: |Usual: )([^"<]+)', field)
            if not parameter or parameter[0] not in defaults:
                continue
            given = {
                parameter[0]: list(
                    dict.fromkeys(WORDS.get(each, each) for text in texts for each in html.unescape(text).split("; "))
                )
            }
            usual = opened.put(QUESTIONS[name], {**needed(opened, name), parameter[0]: defaults[parameter[0]]})
            assert opened.put(QUESTIONS[name], {**needed(opened, name), **given}).query == usual.query


def test_a_default_can_be_given_as_openapi_tells_it(opened: Graph, client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for name in DEFAULTS:
        told = {p["name"]: p["schema"].get("default") for p in paths[f"/questions/{name}"]["get"]["parameters"]}
        given = {key: told[key] for key in DEFAULTS[name]}
        response = client.get(f"/questions/{name}.rq", params={**needed(opened, name), **given})
        assert response.status_code == 200, response.text


def test_a_default_can_be_given_as_a_model_is_told_it(opened: Graph, tool: Callable[..., dict[str, Any]]) -> None:
    for name in DEFAULTS:
        told = tool("explain_question", name=name)["parameters"]
        given = {key: each["default"] for key, each in told.items() if each["default"]}
        assert given == DEFAULTS[name]
        tool("ask_question", name=name, parameters={**needed(opened, name), **given})


def test_a_release_can_be_opened_from_anywhere(opened: Graph) -> None:
    assert Path(opened.questions["participants"].path).name == "participants.rq"


def test_the_start_page_shows_clusters_on_a_map_numbers_and_answers(client: TestClient) -> None:
    response = client.get("/", headers={"Accept": "text/html"})
    page = response.text
    check_page(page)
    head = page[: page.index("<h2")]
    for name in ("clusters", "regions", "projects"):
        assert re.search(f'<a href="/questions/{name}"><strong>[1-9][0-9,]*</strong> {name}', head)
    assert 'class="land"' in head
    assert 'href="/id/organisation/plastipolis"' in head
    assert page.count("<svg") >= 4
    assert ">participation<" not in page
    dataset = client.get("/dataset", headers={"Accept": "text/html"}).text
    classes = dataset[dataset.index('id="classes"') :]
    assert classes.index(">cluster<") < classes.index(">participation<")
    assert len(gzip.compress(response.content)) < 60_000


def test_what_is_inferred_leads_to_its_proof_on_the_page_of_a_thing(client: TestClient) -> None:
    page = client.get("/id/organisation/plastipolis", headers={"Accept": "text/html"}).text
    addresses = [html.unescape(each) for each in re.findall(r'href="(/explain[^"]*)"', page)]
    assert len(addresses) > 50
    for address in addresses[:: len(addresses) // 4]:
        told = client.get(address, headers={"Accept": "application/json"}).json()
        assert "Plastipolis" in told["statement"]
        assert told["steps"]
