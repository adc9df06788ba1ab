"""What disagrees on the command line: formats, filters, the width of a terminal, and how it exits."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from clustergraph.errors import Exit
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from tests.commands import run
from tests.small_project import make
from tests.web.test_conflicts import LABEL, RULE


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(make(tmp_path_factory.mktemp("conflicts")))
    (project.queries.own / "conflicts").mkdir()
    (project.queries.own / "conflicts" / "two-names.rq").write_text(RULE, "utf-8")
    path = project.data / "4m4iof" / "summary.trig"
    letter = LABEL.replace("The letter", "The letter of" + " a long name" * 12)
    path.write_text(path.read_text("utf-8") + letter, "utf-8")
    publish.publish(project, Releases(project.root / ".clustergraph"))
    return project.root


def test_text_has_a_block_for_each_and_the_counts_and_fits_a_terminal(built: Path) -> None:
    done = run(built, "conflicts")
    lines = done.stdout.splitlines()
    assert done.returncode == Exit.FINE
    assert lines[0] == "Names and spellings (2)"
    assert "  AFIL: name [warning]" in lines
    assert lines[-2:] == ["names 2", "2 in all"]
    assert max(map(len, lines)) <= 80


def test_the_other_formats_have_the_same(built: Path) -> None:
    assert [each["about"]["label"] for each in json.loads(run(built, "conflicts", "--format", "json").stdout)] == [
        "AFIL", "ViaMéca",
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(run(built, "conflicts", "--format", "csv").stdout)))
    assert [row["values"] for row in rows] == ["A.F.I.L. | AFIL", "ViaMéca | Viameca"]
    assert "2 rows" in run(built, "conflicts", "--format", "table").stdout
    assert "| AFIL |" in run(built, "conflicts", "--format", "md").stdout


def test_filters_and_what_is_not_known(built: Path) -> None:
    assert "ViaMéca" not in run(built, "conflicts", "--about", "AFIL").stdout
    assert run(built, "conflicts", "--kind", "dates", "--kind", "figures").stdout == "nothing disagrees here\n"
    for words, told in (
        (["--about", "Viamecca"], "ViaMéca"),
        (["--kind", "name"], "names"),
        (["--document", "x"], "'x'"),
    ):
        done = run(built, "conflicts", *words)
        assert (done.returncode, told in done.stderr) == (Exit.CANNOT_RUN, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [([], Exit.FINE), (["--fail-on", "violation"], Exit.FINE), (["--fail-on", "warning"], Exit.FINDINGS),
     (["--fail-on", "info"], Exit.FINDINGS), (["--fail-on", "info", "--kind", "dates"], Exit.FINE)],
)  # fmt: skip
def test_it_fails_only_from_the_severity_that_is_named(built: Path, words: list[str], code: int) -> None:
    assert run(built, "conflicts", *words).returncode == code
