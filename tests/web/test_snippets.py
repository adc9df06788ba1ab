"""The same request as curl and Python: what a page shows is run against a service, and gives the rows of the page."""

from __future__ import annotations

import csv
import html
import io
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.accessible import check_page
from tests.live_server import serve

QUERY = """SELECT ?cluster ?name {
  ?cluster a cg:Cluster ; skos:prefLabel ?name FILTER(?name != "it''s" && ?name != "a \\\\ b \\"c\\"")
} ORDER BY ?name"""


@pytest.fixture(scope="module")
def address(small_built: Path) -> Iterator[str]:
    with serve(small_built / ".clustergraph") as live:
        yield live.url


def page(address: str) -> str:
    request = urllib.request.Request(address, headers={"Accept": "text/html"})
    with urllib.request.urlopen(request) as response:
        return response.read().decode()


def snippets(text: str) -> dict[str, str]:
    heading = r'<h3 id="as-\d+"[^>]*>([^<]*?)(?: <span.*?)?</h3>'
    found = re.findall(rf"{heading}\s*<pre[^>]*><code>(.*?)</code>", text, re.DOTALL)
    return {language: html.unescape(code) for language, code in found}


def ran(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def python(text: str, rows: str) -> list[dict[str, str]]:
    """Run a snippet, and have it print its table as CSV in place of what it shows."""
    assert f"print({rows})" in text
    printed = ran(sys.executable, "-c", text.replace(f"print({rows})", f"print({rows}.to_csv(index=False))"))
    return list(csv.DictReader(io.StringIO(printed)))


def rows_of(printed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed)))


@pytest.mark.parametrize("given", [{}, {"cluster": ["AFIL", "ViaMéca"]}], ids=["all", "chosen"])
def test_a_question_gives_the_same_rows(address: str, given: dict[str, list[str]]) -> None:
    asked = f"{address}/questions/clusters"
    query = f"?{urlencode(given, doseq=True)}" if given else ""
    shown = page(asked + query)
    check_page(shown)
    found = snippets(shown)
    assert list(found) == ["curl", "Python", "Python with pandas alone", "R", "Excel (Power Query)"]
    with urllib.request.urlopen(f"{asked}.csv{query}") as response:
        expected = rows_of(response.read().decode())
    assert expected
    assert rows_of(ran("sh", "-c", found["curl"])) == expected
    assert python(found["Python"], "answer.to_pandas()") == expected
    assert python(found["Python with pandas alone"], "rows") == expected
    for language in ("R", "Excel (Power Query)"):
        assert f'"{asked}.csv{query}"' in found[language]


def test_what_is_chosen_of_an_answer_is_in_the_request(address: str) -> None:
    found = snippets(page(f"{address}/questions/clusters?contains=via&sort=-cluster"))
    assert "Python" not in found
    (row,) = rows_of(ran("sh", "-c", found["curl"]))
    assert row["cluster"] == "ViaMéca"
    assert python(found["Python with pandas alone"], "rows") == [row]


def test_a_query_gives_the_same_rows(address: str) -> None:
    form = urlencode({"query": QUERY})
    found = snippets(page(f"{address}/sparql?{form}"))
    with urllib.request.urlopen(f"{address}/sparql?{form}&format=csv") as response:
        expected = rows_of(response.read().decode())
    assert len(expected) > 1
    assert rows_of(ran("sh", "-c", found["curl"])) == expected
    names = [row["name"] for row in expected]
    alone = "pandas.read_csv(io.BytesIO(answer.content))"
    assert [row["name"] for row in python(found["Python with pandas alone"], alone)] == names
    framed = "pandas.DataFrame([[cell.value for cell in row] for row in rows], columns=columns)"
    assert [row["name"] for row in python(found["Python"], framed)] == names


def test_a_query_for_a_graph_is_sent_for_turtle(address: str) -> None:
    query = "CONSTRUCT { ?s a cg:Cluster } WHERE { ?s a cg:Cluster }"
    found = snippets(page(f"{address}/sparql?{urlencode({'query': query})}"))
    assert list(found) == ["curl", "Python"]
    number = int(ran(sys.executable, "-c", found["Python"]))
    assert number > 1
    assert ran("sh", "-c", found["curl"]).count("Cluster") >= 1
