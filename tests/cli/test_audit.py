"""The command that shows verdicts: by verdict, thing and document, for people and programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from clustergraph.errors import Exit
from tests.audited import claims, release
from tests.commands import run
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    root = tmp_path_factory.mktemp("audited")
    release(root)
    return lambda *given: run(ROOT, "--releases", str(root), "audit", *given)


def test_people_see_both_sides_and_what_could_explain(audit):
    done = audit()
    assert done.returncode == Exit.FINE, done.stderr
    assert done.stdout.index("Contradicted (") < done.stdout.index("Not covered (") < done.stdout.index("Confirmed (")
    assert "  Aurora = AURORA (by acronym, 0.95)\n" in done.stdout
    assert "    has participant: Gamma – Partners\n" in done.stdout or "Gamma – Partners" in done.stdout
    assert "        imported data: GAMMA SRL – CORDIS: projects of Horizon Europe," in done.stdout
    assert "        takes part as a third party\n" in done.stdout
    assert "with data of: CORDIS" in done.stderr
    assert "a linked body takes part: Zeta" in done.stdout
    assert "the programme is in other data" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    number = len(list(claims()))
    assert sum(int(word) for word in done.stdout.splitlines()[-1].split() if word.isdigit()) == number


def test_programs_get_tables(audit):
    rows = list(csv.DictReader(io.StringIO(audit("--verdict", "contradicted", "--format", "csv").stdout)))
    assert {row["verdict"] for row in rows} == {"contradicted"}
    assert len(rows) == sum(verdict == "contradicted" for _, _, verdict, *_ in claims())
    found = json.loads(audit("--about", "Boreas", "--format", "json").stdout)
    assert {row["project"]["label"] for row in found} == {"BOREAS"}
    assert (
        audit("--about", "Gamma", "--reason", "third-party", "--format", "md", "--iris").stdout.count("third party")
        == 2
    )


def test_it_fails_on_what_is_asked_for(audit):
    assert audit("--fail-on", "contradicted").returncode == Exit.FINDINGS
    assert audit("--about", "Meeting", "--fail-on", "contradicted").returncode == Exit.FINE
    wrong = audit("--about", "Borreas")
    assert wrong.returncode == Exit.CANNOT_RUN
    assert "BOREAS" in wrong.stderr
    assert "not-covered" in audit("--verdict", "open").stderr
