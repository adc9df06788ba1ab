"""The documentation: its queries run, its commands exist, and the glossary is the ontology's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import Store
from starlette.testclient import TestClient

from clustergraph.graph import Graph
from clustergraph.pipeline.glossary import alignments_page, glossary, questions_page
from clustergraph.questions.question import load
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from tests.conftest import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "queries/README.md",
    ROOT / "w3id/clustergraph/README.md",
]
QUERIES = [
    pytest.param(query, id=f"{page.name}-{number}")
    for page in PAGES
    for number, query in enumerate(re.findall(r"```sparql\n(.*?)```", page.read_text(), re.DOTALL), 1)
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_of_the_docs_give_rows(graph: Graph, query: str) -> None:
    assert list(graph.select(query))


def test_the_glossary_is_up_to_date(store: Store) -> None:
    assert (ROOT / "docs/terms.md").read_text() == glossary(store), "run `make docs`"


def test_the_list_of_questions_is_up_to_date() -> None:
    questions = load(ROOT / "queries").values()
    assert (ROOT / "docs/catalogue.md").read_text() == questions_page(questions), "run `make docs`"


def test_the_page_of_alignments_is_up_to_date() -> None:
    table = (ROOT / "ontology" / "alignments.sssom.tsv").read_text("utf-8")
    assert (ROOT / "docs/alignments.md").read_text("utf-8") == alignments_page(table), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_program_is_where_a_page_says(page: Path) -> None:
    for name in re.findall(r"`([\w/]+/\w+\.py)`", page.read_text()):
        assert (ROOT / name).exists() or (ROOT / "src/clustergraph" / name).exists(), name


def test_the_readme_names_every_command() -> None:
    done = subprocess.run([sys.executable, "-m", "clustergraph", "--help"], capture_output=True, text=True, check=True)
    readme = (ROOT / "README.md").read_text()
    for line in done.stdout.split("Commands:")[1].strip().splitlines():
        assert f"`clustergraph {line.split()[0]}" in readme or f"`{line.split()[0]}`" in readme, line


def test_every_setting_of_the_service_is_documented() -> None:
    page = (ROOT / "docs/service.md").read_text()
    for name, value in vars(Settings()).items():
        assert f"| `CLUSTERGRAPH_{name.upper()}` | {value} |" in page


def test_the_readme_begins_with_the_two_commands() -> None:
    first = [line.split()[:2] for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("    ")][:2]
    assert first == [["make", "serve"], ["make", "test"]]


def test_the_addresses_that_are_promised_answer(small_built: Path) -> None:
    text = (ROOT / "docs/stability.md").read_text("utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| Addresses of the service"))
    addresses = [path.replace("NAME", "clusters") for path in re.findall(r"`(/[^`]*)`", row)]
    assert len(addresses) > 12
    with TestClient(create_app(small_built / ".clustergraph", Settings())) as client:
        answers = {path: client.get(path).status_code for path in addresses}
    assert {path: status for path, status in answers.items() if status == 404 or status >= 500} == {}
