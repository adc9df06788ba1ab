"""What tests of shipped profiles share: a project of a user, and what an import in it says."""

import csv
import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

from pyoxigraph import RdfFormat, Store, parse

from clustergraph.rdf.reading import solutions
from tests.commands import run

LISTS = Path(__file__).parent / "listed"


def project(folder: Path) -> Path:
    """Return the folder of a project without data."""
    (folder / "clustergraph.toml").write_text('title = "Lists"\n', "utf-8")
    (folder / "data").mkdir()
    return folder


def take(folder: Path, profile: str, file: Path, *options: str) -> str:
    """Import a file, and return what the command has told."""
    done = run(folder, "import", profile, str(file), *options)
    assert done.returncode == 0, done.stderr
    return done.stderr


def written(path: Path, rows: Iterable[Sequence[str]]) -> Path:
    """Write a table and return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def said(folder: Path, name: str) -> Store:
    """Return what an import says."""
    store = Store()
    content = gzip.decompress((folder / "data" / "imports" / f"{name}.nq.gz").read_bytes())
    store.extend(parse(content, format=RdfFormat.N_QUADS))
    return store


def found(store: Store, pattern: str, *names: str) -> list[tuple[str, ...]]:
    """Return what variables are bound to, of IRIs the last segment, in order."""
    query = f"SELECT DISTINCT {' '.join(f'?{name}' for name in names)} {{ GRAPH ?home {{ {pattern} }} }}"
    values = ([row[name] for name in names] for row in solutions(store, query))
    return sorted(tuple(_short(term.value) if term else "" for term in row) for row in values)  # type: ignore[union-attr]


def _short(value: str) -> str:
    known = ("https://w3id.org/", "http://data.europa.eu/", "http://publications.europa.eu/")
    return value.rsplit("/", 1)[-1] if value.startswith(known) else value
