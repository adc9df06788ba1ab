"""Reading a dump back: the same statements give the same release, and nothing that goes wrong leaves a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyoxigraph import Store

from clustergraph.errors import Exit
from clustergraph.export.dump import dump, extension, lines_of
from clustergraph.rdf.lines import canonical
from clustergraph.release.artefacts import Made, dump_of
from tests.commands import run
from tests.conftest import ROOT, offered_file
from tests.small_project import make


def current(folder: Path) -> Path:
    return (folder / "current").resolve()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nquads", "trig", "jsonld"])
def test_a_dump_of_the_graph_becomes_the_same_release(exported: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"dump{extension(name, compress=True)}"
    dump(lines_of(exported), name, path, compress=True)
    releases = tmp_path / "releases"
    done = run(ROOT, "--releases", str(releases), "import", "--no-validate", str(path))
    assert done.returncode == Exit.FINE, done.stderr
    assert current(releases).name == exported.name
    assert dump_of(current(releases)).read_bytes() == dump_of(exported).read_bytes()
    for file in Made.of(exported).downloads:
        if file.packed:
            assert offered_file(current(releases), file.name).read_bytes() == Made.of(exported).path(file).read_bytes()
    one, other = (Store.read_only(str(release / "store")) for release in (current(releases), exported))
    assert list(canonical(one)) == list(canonical(other))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = make(tmp_path)
    assert run(folder, "build").returncode == Exit.FINE
    assert run(folder, "export", "dump", "--out", "dump.trig").returncode == Exit.FINE
    return folder


def test_what_is_imported_is_validated_and_the_last_release_stays(folder: Path) -> None:
    path = folder / "dump.trig"
    path.write_text(path.read_text().replace('skos:prefLabel "AFIL"@en ;', ""))
    before = current(folder / ".clustergraph")
    refused = run(folder, "import", "dump.trig")
    assert refused.returncode == Exit.FINDINGS
    assert "Give it one label." in refused.stdout
    assert current(folder / ".clustergraph") == before
    assert [each.name for each in before.parent.iterdir()] == [before.name]
    assert run(folder, "import", "dump.trig", "--force").returncode == Exit.FINE
    assert current(folder / ".clustergraph") != before
    assert run(folder, "rollback").returncode == Exit.FINE
    assert current(folder / ".clustergraph") == before


def test_an_import_of_the_current_graph_changes_nothing(folder: Path) -> None:
    before = current(folder / ".clustergraph")
    assert run(folder, "import", "dump", "dump.trig").returncode == Exit.FINE
    assert current(folder / ".clustergraph") == before


@pytest.mark.parametrize(
    ("text", "said"),
    [("<urn:s> <urn:p> <urn:o> .\n", "stands in no named graph"), ("<urn:s> oops", "dump.nq:1:")],
)
def test_a_file_that_is_no_dump_is_refused(folder: Path, text: str, said: str) -> None:
    (folder / "dump.nq").write_text(text)
    done = run(folder, "import", "dump.nq")
    assert done.returncode == Exit.CANNOT_RUN
    assert said in done.stderr
    releases = folder / ".clustergraph" / "releases"
    assert not [each for each in releases.iterdir() if each.name.startswith(".")]


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.slow
def test_an_import_that_is_interrupted_leaves_the_last_release(folder: Path, signal_: signal.Signals) -> None:
    before = current(folder / ".clustergraph")
    pipe = folder / "endless.nq"
    os.mkfifo(pipe)
    begun = subprocess.Popen(
        [sys.executable, "-m", "clustergraph", "import", "dump", "endless.nq"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    with os.fdopen(os.open(pipe, os.O_RDWR), "w") as dump_:
        dump_.write("<urn:s> <urn:p> <urn:o> <urn:g> .\n")
        dump_.flush()
        while begun.poll() is None and not any(before.parent.glob(".draft-*")):
            time.sleep(0.01)
        begun.send_signal(signal_)
        if signal_ is signal.SIGINT:
            # The engine does not look at signals while it waits for more.
            dump_.close()
        _, said = begun.communicate()
    assert begun.returncode != Exit.FINE
    assert "Traceback" not in said
    assert current(folder / ".clustergraph") == before
    pipe.unlink()
    assert run(folder, "import", "dump.trig").returncode == Exit.FINE
    assert [each.name for each in before.parent.iterdir()] == [before.name], "what was left is swept away"


def test_an_empty_file_does_not_replace_the_graph(folder: Path) -> None:
    (folder / "empty.nq").write_text("")
    done = run(folder, "import", "empty.nq")
    assert done.returncode == Exit.CANNOT_RUN
    assert "holds no statements" in done.stderr


def test_a_file_that_is_not_there_is_said_to_be_missing(folder: Path) -> None:
    done = run(folder, "import", "missing.nq.gz")
    assert done.returncode == Exit.CANNOT_RUN
    assert "'missing.nq.gz' does not exist" in done.stderr


def test_the_files_for_download_can_be_left_for_later(folder: Path, tmp_path: Path) -> None:
    releases = tmp_path / "elsewhere"
    assert run(folder, "--releases", str(releases), "import", "--no-exports", "dump.trig").returncode == Exit.FINE
    assert not Made.of(current(releases)).downloads
    assert Made.of(current(releases)).folder("description")
    assert run(folder, "--releases", str(releases), "export", "all").returncode == Exit.FINE
    assert offered_file(current(releases), "clustergraph.nq.gz").is_file()


def test_the_merged_turtle_is_refused_with_what_to_do(folder: Path) -> None:
    run(folder, "export", "dump", "--out", "dump.ttl")
    done = run(folder, "import", "dump.ttl")
    assert done.returncode == Exit.CANNOT_RUN
    assert "import N-Quads, TriG or JSON-LD" in done.stderr
