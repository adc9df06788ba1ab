"""An import that is killed at any moment: nothing is lost, and nothing stays half."""

from __future__ import annotations

import os
import signal
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.commands import run
from tests.imports.sample import ROWS, imported, profile, table
from tests.imports.test_run import LONG, content


def killed_at(home: Path, step: int) -> None:
    """Import newer tables, and be killed where a file or folder is to get its name for the so many-th time."""
    rename, count = Path.replace, iter(range(100))

    def replace(path: Path, target: Path) -> Path:
        if next(count) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(path, target)

    Path.replace = Path.rename = replace  # type: ignore[method-assign,assignment]
    imported(home, table(home / "clusters.csv", LONG), skip=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    profile(tmp_path / "north")
    (tmp_path / "clustergraph.toml").write_text('title = "North"\n', "utf-8")
    imported(tmp_path, table(tmp_path / "clusters.csv", [*ROWS, ["", "Nobody", "", ""]]), skip=True)
    return tmp_path


def kill(home: Path, step: int) -> dict[str, bytes]:
    """Have an import killed, and return what the folder of imports holds, drafts aside."""
    process = get_context("fork").Process(target=killed_at, args=(home, step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    folder = home / "data" / "imports"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def whole(home: Path) -> dict[str, bytes]:
    imported(home, table(home / "clusters.csv", LONG), skip=True)
    return content(home / "data" / "imports")


def test_killed_before_its_files_get_their_names_it_has_changed_nothing(home: Path) -> None:
    before = content(home / "data" / "imports")
    assert kill(home, 0) == before
    assert "north.clusters.refused.csv" in before
    assert run(home, "import").stderr == ""


@pytest.mark.parametrize("step", [1, 2])
def test_killed_while_they_get_them_the_next_command_finishes_it_and_says_so(home: Path, step: int) -> None:
    half = kill(home, step)
    told = run(home, "import").stderr
    assert told == "note: the import north was killed while its files were named; it is whole now\n"
    found = content(home / "data" / "imports")
    assert found != half
    assert sorted(found) == ["north.nq.gz", "north.trig"]
    assert found == whole(home)


def test_the_next_import_of_its_name_finishes_it_first(home: Path) -> None:
    kill(home, 2)
    assert not imported(home, table(home / "clusters.csv", LONG), skip=True).written
    assert sorted(content(home / "data" / "imports")) == ["north.nq.gz", "north.trig"]
