"""Old releases are removed when asked, and never the one that is served."""

from __future__ import annotations

import pytest

from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release.releases import Releases
from tests.cli.test_main import run
from tests.small_project import make


@pytest.fixture
def kept(tmp_path):
    """Return a project folder with three releases, and their digests from the oldest on."""
    project, releases = Project(make(tmp_path)), Releases(tmp_path / ".clustergraph")
    digests = []
    for name in ("AFIL", "AFIL Lombardia", "AFIL Milano"):
        path = tmp_path / "data/4m4iof/summary.trig"
        path.write_text(path.read_text().replace('prefLabel "AFIL"', f'prefLabel "{name}"'))
        digests.append(publish.publish(project, releases)[0].digest)
        path.write_text(path.read_text().replace(f'prefLabel "{name}"', 'prefLabel "AFIL"'))
        stamp = releases.root / "releases" / digests[-1] / "manifest.json"
        created = f"2026-11-22T09:00:0{len(digests)}+00:00"
        stamp.write_text(stamp.read_text().replace(pipeline_created(stamp), created))
    return tmp_path, digests


def pipeline_created(path):
    import json

    return json.loads(path.read_text())["created"]


def names(folder):
    return {path.name for path in (folder / ".clustergraph/releases").iterdir()}


def test_the_newest_stay(kept):
    folder, digests = kept
    done = run(folder, "releases", "--prune", "2")
    assert done.stderr == "1 release removed\n"
    assert done.stdout.split()[:2] == ["*", digests[2]]
    assert names(folder) == set(digests[1:])
    assert run(folder, "releases", "--prune", "2").stderr == "0 releases removed\n"


def test_the_current_one_stays_even_if_it_is_old(kept):
    folder, digests = kept
    assert run(folder, "rollback", digests[0]).returncode == 0
    assert run(folder, "releases", "--prune", "1").stderr == "1 release removed\n"
    assert names(folder) == {digests[0], digests[2]}


def test_at_least_one_is_kept(kept):
    folder, digests = kept
    assert run(folder, "releases", "--prune", "0").returncode == 2
    assert names(folder) == set(digests)
