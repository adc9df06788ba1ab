"""Releases: the same content gives the same digest, and nothing that goes wrong touches the current one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyoxigraph import Store

from clustergraph.errors import ReleaseError, SourceError
from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.release import write
from clustergraph.release.artefacts import Made, dump_of, home_of
from clustergraph.release.manifest import FORMAT, Release
from clustergraph.release.releases import Releases
from tests.small_project import make


@pytest.fixture
def small(tmp_path: Path) -> tuple[Project, Releases]:
    return Project(make(tmp_path / "project")), Releases(tmp_path / "releases")


def test_a_release_holds_store_and_manifest_and_the_rest_is_made_beside_it(small: tuple[Project, Releases]) -> None:
    written, findings = publish.publish(*small)
    folder = small[1].current()
    assert findings == []
    assert folder is not None
    assert folder.name == written.digest
    assert {path.name for path in folder.iterdir()} == {"store", "manifest.json"}
    assert Release.read(folder) == written == small[1].release()
    dump = dump_of(folder)
    assert dump is not None
    assert dump.read_text().count("\n") == written.quads
    assert [*Made.of(folder).folders] == [
        "columns",
        "names",
        "history",
        "dumps",
        "lists",
        "profiles",
        "package",
        "description",
    ]
    assert written.classes["https://w3id.org/clustergraph/ontology/Organisation"] == 2
    assert written.inferred == 2


def test_the_default_graph_of_a_release_holds_each_triple_once(small: tuple[Project, Releases]) -> None:
    written, _ = publish.publish(*small)
    folder = small[1].current()
    store = Store.read_only(str(folder / "store")) if folder else Store()
    (row,) = store.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")  # type: ignore[misc]  # a SELECT gives rows
    assert int(row["n"].value) == written.triples


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_inputs_give_the_same_digest_and_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        releases = Releases(tmp_path / name / "releases")
        publish.publish(Project(make(tmp_path / name / "project")), releases)
        made.append(releases.current())
    assert made[0].name == made[1].name
    contents = [
        {
            path.relative_to(home_of(release)): path.read_bytes()
            for path in home_of(release).rglob("*")
            if path.is_file()
        }
        for release in made
    ]
    assert contents[0] == contents[1]


def test_other_content_gives_another_release_and_rollback_goes_back(small: tuple[Project, Releases]) -> None:
    project, releases = small
    first, _ = publish.publish(project, releases)
    edit(project, "AFIL", "AFIL Lombardia")
    second, _ = publish.publish(project, releases)
    assert first.digest != second.digest
    assert {m.digest for m in releases.all()} == {first.digest, second.digest}
    releases.activate(releases.find(first.digest[:6]).path)
    assert releases.current() == releases.root / "releases" / first.digest


def edit(project: Project, old: str, new: str) -> None:
    path = project.data / "4m4iof" / "summary.trig"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def broken(project: Project, old: str, new: str, releases: Releases) -> Exception:
    """Break the data, try to publish, and return the error; the current release must not move."""
    before = publish.publish(project, releases)[0]
    listing = sorted(p.name for p in (releases.root / "releases").iterdir())
    edit(project, old, new)
    with pytest.raises((SourceError, publish.RejectedError)) as error:
        publish.publish(project, releases)
    current = releases.current()
    assert current is not None
    assert current.name == before.digest
    assert sorted(p.name for p in (releases.root / "releases").iterdir()) == listing
    return error.value


def test_a_syntax_error_stops_the_build_with_file_line_and_column(small: tuple[Project, Releases]) -> None:
    error = broken(small[0], 'skos:prefLabel "AFIL"@en .', 'skos:prefLabel "AFIL"@en', small[1])
    assert isinstance(error, SourceError)
    assert error.where is not None
    assert (error.where.path.name, error.where.line) == ("summary.trig", 11)


def test_a_violation_stops_the_build_with_file_and_line(small: tuple[Project, Releases]) -> None:
    error = broken(small[0], 'skos:prefLabel "AFIL"@en', 'skos:altLabel "AFIL"@en', small[1])
    assert isinstance(error, publish.RejectedError)
    (finding,) = error.findings
    assert finding.where is not None
    assert (finding.where.path.name, finding.where.line) == ("summary.trig", 7)
    assert finding.message == "Give it one label."


def test_a_failed_check_stops_the_build(small: tuple[Project, Releases]) -> None:
    error = broken(small[0], '"AFIL"', '"AFIL "', small[1])
    assert isinstance(error, publish.RejectedError)
    (finding,) = error.findings
    assert finding.message == "A label has white space at its ends."
    assert finding.where is not None


@pytest.mark.parametrize("step", ["Draft.copy", "Draft.take", "Release.of"])
def test_a_crash_while_writing_leaves_the_last_release_and_no_remains(
    small: tuple[Project, Releases], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    project, releases = small
    first, _ = publish.publish(project, releases)
    edit(project, "AFIL", "Other")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"{write.__name__}.{step}", crash)
        with pytest.raises(KeyboardInterrupt):
            publish.publish(project, releases)
    assert [p.name for p in (releases.root / "releases").iterdir()] == [first.digest]
    assert publish.publish(project, releases)[0].digest != first.digest


def test_what_a_killed_build_has_left_is_swept(small: tuple[Project, Releases]) -> None:
    project, releases = small
    remains = releases.root / "releases" / ".draft-old"
    remains.mkdir(parents=True)
    publish.publish(project, releases)
    assert not remains.exists()


def test_two_builds_at_once_are_refused(small: tuple[Project, Releases]) -> None:
    project, releases = small
    with releases.lock(), pytest.raises(ReleaseError, match="another build"):
        publish.publish(project, releases)


def test_unchanged_files_need_no_build(small: tuple[Project, Releases]) -> None:
    project, releases = small
    written, _ = publish.publish(project, releases)
    assert releases.of(project.fingerprint()) == written
    (project.queries.own / "clusters.rq").write_text("changed")
    assert releases.of(project.fingerprint()) is None


def test_other_files_with_the_same_content_are_up_to_date_too(small: tuple[Project, Releases]) -> None:
    project, releases = small
    first, _ = publish.publish(project, releases)
    (project.queries.own / "exports").mkdir(exist_ok=True)
    (project.shapes.own / "more.ttl").write_text("@prefix sh: <http://www.w3.org/ns/shacl#> .\n", "utf-8")
    second, _ = publish.publish(project, releases)
    assert second == first
    assert releases.of(project.fingerprint()) == second


def test_a_damaged_manifest_is_an_error_that_names_it(small: tuple[Project, Releases]) -> None:
    project, releases = small
    publish.publish(project, releases)
    folder = releases.current()
    assert folder is not None
    (folder / "manifest.json").write_text(json.dumps({"format": FORMAT, "digest": "x"}))
    with pytest.raises(ReleaseError, match=r"manifest\.json"):
        Release.read(folder)


@pytest.mark.parametrize("digest", ["", "zz"])
def test_an_ambiguous_or_unknown_digest_is_an_error(small: tuple[Project, Releases], digest: str) -> None:
    project, releases = small
    publish.publish(project, releases)
    edit(project, "AFIL", "Other")
    publish.publish(project, releases)
    with pytest.raises(ReleaseError):
        releases.find(digest)
