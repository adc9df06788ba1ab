"""Differences between graphs: none where there are none, and a patch that makes the one out of the other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from clustergraph.errors import Exit
from clustergraph.release.changes import Difference, changes, document, labels, patch, report, summary
from tests.commands import run

PREF = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
names = some.sampled_from("ab")
values = some.sampled_from(["<urn:a>", '"a"', '"a b"@en', '"t\\tt"'])
lines = some.sets(
    some.builds(lambda s, p, o, g: f"<urn:{s}> <urn:{p}> {o} <urn:{g}> .\n".encode(), names, names, values, names)
)


@settings(deadline=None)
@given(lines, lines)
def test_a_patch_makes_the_new_graph_of_the_old_one(old: set[bytes], new: set[bytes]) -> None:
    graph = set(old)
    for line in b"".join(patch(changes(sorted(old), sorted(new)), "urn:old", "urn:new")).splitlines(keepends=True):
        if line.startswith(b"D "):
            graph.remove(line[2:])
        elif line.startswith(b"A "):
            assert line[2:] not in graph
            graph.add(line[2:])
    assert graph == new


@settings(deadline=None)
@given(lines, lines, some.booleans())
def test_a_difference_holds_every_change_once(old: set[bytes], new: set[bytes], by_thing: bool) -> None:
    found = Difference.between(sorted(old), sorted(new), by_thing=by_thing)
    assert {change.statement.line() for change in found if change.new} == new - old
    assert {change.statement.line() for change in found if not change.new} == old - new
    assert len(found) == len(old ^ new)
    document_ = json.loads("\n".join(document(found, {}, "old", "new")))
    assert len(document_["changes"]) == len(found)


OLD = [
    f'<urn:afil> {PREF} "AFIL"@en <urn:names> .\n',
    '<urn:afil> <urn:members> "150" <urn:annex> .\n',
    '<urn:afil> <urn:region> <urn:lombardy> <urn:annex> .\n',
    f'<urn:lombardy> {PREF} "Lombardia"@it <urn:names> .\n',
    f'<urn:lombardy> {PREF} "Lombardy"@en <urn:names> .\n',
]  # fmt: skip
NEW = [line.replace('"150"', '"165"') for line in OLD] + ["<urn:afil> <urn:partner> <urn:lombardy> <urn:annex> .\n"]


@pytest.mark.parametrize("by_thing", [False, True])
def test_people_read_names_and_what_became_of_a_value(by_thing: bool) -> None:
    old, new = (sorted(line.encode() for line in lines) for lines in (OLD, NEW))
    found = Difference.between(old, new, by_thing=by_thing)
    words = labels(new, found.terms)
    outer, inner = ("AFIL  (<urn:afil>)", "<urn:annex>") if by_thing else ("<urn:annex>", "AFIL  (<urn:afil>)")
    assert list(report(found, words)) == [
        "",
        outer,
        f"  {inner}",
        "    ~ <urn:members>: “150” → “165”",
        "    + <urn:partner>: Lombardy",
    ]
    assert summary(found, "a", "b") == "from a to b: 1 statements gone, 2 new, in 1 sections, about 1 things"


def test_diff_tells_releases_and_files_apart_and_exits_with_what_it_found(small_built: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(small_built, tmp_path, symlinks=True, dirs_exist_ok=True)
    assert run(folder, "export", "dump", "--out", "before.trig").returncode == Exit.FINE
    assert run(folder, "diff", "current", "before.trig").returncode == Exit.FINE
    path = folder / "data/4m4iof/summary.trig"
    path.write_text(path.read_text().replace('"AFIL"', '"AFIL Lombardia"'))
    assert run(folder, "build").returncode == Exit.FINE
    told = run(folder, "diff")
    assert told.returncode == Exit.FINDINGS
    assert "~ skos:prefLabel: “AFIL” (en) → “AFIL Lombardia” (en)" in told.stdout
    patched = run(folder, "diff", "before.trig", "current", "--format", "patch")
    assert patched.returncode == Exit.FINDINGS
    assert patched.stdout.startswith("H id <https://w3id.org/clustergraph/release/")
    assert patched.stdout.count("\nD ") == patched.stdout.count("\nA ") == 1
    assert json.loads(run(folder, "diff", "--format", "json").stdout)["gone"] == 1
    wrong = run(folder, "diff", "nothing", "current")
    assert wrong.returncode == Exit.CANNOT_RUN
    assert "`clustergraph releases` lists them" in wrong.stderr
