"""Whatever is wrong with a file: a clear error, nothing lost, nothing half-written."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.commands import run
from tests.imports.bad_files import REFUSED, TAKEN, UNREADABLE, Kind

QUERY = """CONSTRUCT { ?thing a cg:Organisation ; skos:prefLabel ?name ; cg:founded ?start ; cg:website ?web } WHERE {
  BIND (IRI(CONCAT("id/organisation/listed-", STR(?id))) AS ?thing)
}
"""
COLUMNS = [
    {"name": "id", "datatype": "integer", "required": True},
    {"name": "name", "required": True},
    {"name": "amount", "datatype": {"base": "decimal", "format": {"decimalChar": ",", "groupChar": "."}}},
    {"name": "start", "datatype": {"base": "date", "format": "d.M.yyyy"}},
    {"name": "web", "datatype": "anyURI"},
    {"name": "active", "datatype": {"base": "boolean", "format": "Y|N"}},
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "imports" / "listed"
    folder.mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "clustergraph.toml").write_text("")
    table = {"url": "list.csv", "tableSchema": {"columns": COLUMNS, "primaryKey": "id"}}
    metadata = {"@context": "http://www.w3.org/ns/csvw", "tables": [table]}
    (folder / "metadata.json").write_text(json.dumps(metadata))
    (folder / "profile.toml").write_text(
        'title = "Listed"\npublisher = "Nobody"\nlicence = "https://example.org/licence"\n'
    )
    (folder / "list.rq").write_text(QUERY)
    return tmp_path


def names(kinds: Mapping[str, Kind]) -> list[object]:
    return [pytest.param(kind, id=name) for name, kind in kinds.items()]


def written(project: Path) -> list[str]:
    return sorted(path.name for path in (project / "data").rglob("*") if path.is_file())


def taken(project: Path) -> int:
    lines = gzip.decompress((project / "data" / "imports" / "listed.nq.gz").read_bytes()).decode().splitlines()
    return sum("#type>" in line for line in lines)


def imported(project: Path, kind: Kind, *options: str) -> tuple[int, str]:
    file = project / kind.name
    kind.make(file)
    done = run(project, "import", "listed", str(file), "--processes", "1", *options)
    return done.returncode, done.stderr


@pytest.mark.parametrize("kind", names(UNREADABLE))
def test_a_file_of_which_nothing_can_be_taken_is_told(project: Path, kind: Kind) -> None:
    code, said = imported(project, kind, "--on-error", "skip")
    assert (code, written(project)) == (2, [])
    assert kind.says in said
    assert kind.name in said


@pytest.mark.parametrize("kind", names(REFUSED))
def test_a_row_that_cannot_be_taken_is_told_and_listed_and_the_others_are_taken(project: Path, kind: Kind) -> None:
    if kind.name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    code, said = imported(project, kind)
    assert (code, written(project)) == (2, [])
    assert kind.says in said
    code, said = imported(project, kind, "--on-error", "skip")
    assert kind.says in said
    if kind.name.endswith("parquet"):  # it has no other row
        assert (code, written(project)) == (2, [])
        return
    assert (code, taken(project)) == (0, 2)
    assert len([name for name in written(project) if name.endswith(".refused.csv")]) == 1


@pytest.mark.parametrize("kind", names(TAKEN))
def test_a_file_that_is_unusual_is_taken_whole(project: Path, kind: Kind) -> None:
    code, said = imported(project, kind)
    assert code == 0, said
    assert kind.says in said
    assert taken(project) == 3
