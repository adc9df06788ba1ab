from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from clustergraph.rdf.origins import Origins, TableRow
from clustergraph.rdf.places import Places
from clustergraph.rdf.reading import read

TEXT = """# list of clusters.csv 2
<a:s> <a:p> "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> <a:g> .
<a:s> <a:p> "ä\\n" <a:g> .
# list of clusters.csv 5
<a:t> <a:p> <a:s> <a:g> .
# projects.csv 2
<a:t> <a:q> <a:s> <a:g> .
""".replace("1.50", "1.5")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "list.nq.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    return path


def test_every_statement_is_found_with_its_table_and_row_also_as_a_store_has_it(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "origins"
    folder.mkdir()
    Origins.read([path]).write(folder)
    origins, store = Origins.open(folder), Store()
    store.extend(read(path))
    rows = {str(origins.of(quad)) for quad in store}
    assert rows == {"list of clusters.csv, row 2", "list of clusters.csv, row 5", "projects.csv, row 2"}
    assert origins.of(Quad(NamedNode("a:s"), NamedNode("a:p"), Literal("2"), NamedNode("a:g"))) is None
    assert origins.find("<a:t>") == TableRow("list of clusters.csv", 5)


def test_places_name_the_row_of_an_import_or_the_nearest_row(path: Path) -> None:
    places = Places([path])
    subject, other = NamedNode("a:t"), NamedNode("a:s")
    assert str(places.find(subject, NamedNode("a:q"), other)) == "list/projects.csv, row 2"
    assert str(places.find(subject, NamedNode("a:missing"), None)) == "list/list of clusters.csv, row 5"
    assert places.find(NamedNode("a:nobody")) is None


def test_a_file_without_statements_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "empty.nq.gz"
    path.write_bytes(gzip.compress(b""))
    assert Origins.read([path]).find("<a:s>") is None
    assert Places([path]).find(NamedNode("a:s")) is None
