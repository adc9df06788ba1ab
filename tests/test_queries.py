"""The queries of the project are complete: any SPARQL 1.1 endpoint runs the files as they stand."""

import re
from pathlib import Path

import pytest
from pyoxigraph import Store
from rdflib.plugins.sparql.parser import parseQuery, parseUpdate

from clustergraph.terms import PREFIXES

FOLDER = Path(__file__).parents[1] / "queries"
FILES = {str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in sorted(FOLDER.rglob("*.r[qu]"))}
DECLARATION = re.compile(r"^PREFIX (\S*): <(\S*)>\n", re.MULTILINE)


def run(name: str, text: str) -> None:
    """Run a query or an update on nothing, by an engine that is told of no prefixes."""
    if name.endswith(".ru"):
        Store().update(text)
    else:
        Store().query(text)


def test_there_are_queries() -> None:
    assert len(FILES) > 100


@pytest.mark.parametrize("name", FILES)
def test_parsers_read_the_file_as_it_stands(name: str) -> None:
    (parseUpdate if name.endswith(".ru") else parseQuery)(FILES[name])
    run(name, FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_every_prefix_is_used_and_has_its_one_name(name: str) -> None:
    text, names = FILES[name], {space: prefix for prefix, space in PREFIXES.items()}
    for found in DECLARATION.finditer(text):
        assert names.get(found[2], found[1]) == found[1], f"{found[1]} is called {names[found[2]]} elsewhere"
        with pytest.raises(SyntaxError):
            run(name, text[: found.start()] + text[found.end() :])


@pytest.mark.parametrize("name", FILES)
def test_the_prefixes_stand_in_order_between_head_and_query(name: str) -> None:
    text = FILES[name]
    declared = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in sorted(DECLARATION.findall(text)))
    assert re.fullmatch(r"(?:#[^\n]*\n)*" + re.escape(declared) + r"(?![#\n]).*", text, re.DOTALL)


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(("rules/", "checks/"))])
def test_a_role_stands_for_narrower_ones_where_it_is_tested(name: str) -> None:
    pattern = FILES[name].partition("WHERE")[2]
    assert "cg:role participation-role:" not in pattern, "write cg:role/skos:broader*"
