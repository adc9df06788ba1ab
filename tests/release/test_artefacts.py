"""What follows from a release is made beside it, and again when something that bears on it is another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import clustergraph
from clustergraph.errors import ReleaseError
from clustergraph.pipeline import exports, project, publish, transaction
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.transaction import UPDATE, Write
from clustergraph.release import artefacts
from clustergraph.release.artefacts import Artefact, Made, dump_of, home_of, lines_of, make
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from tests.conftest import ROOT
from tests.small_project import make as make_project

INSERT = 'INSERT DATA { GRAPH m:summary { organisation:x a cg:Cluster ; skos:prefLabel "X"@en } }'


def within(root: Path) -> tuple[Project, Releases]:
    return Project(root / "project"), Releases(root / "releases")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with all exports, and its release."""
    root = tmp_path_factory.mktemp("published")
    found = Project(make_project(root / "project"))
    shutil.copytree(ROOT / "queries" / "exports", found.queries.own / "exports", dirs_exist_ok=True)
    shutil.copytree(ROOT / "shapes" / "profiles", found.shapes.own / "profiles", dirs_exist_ok=True)
    publish.publish(*within(root))
    return root


@pytest.fixture
def place(published: Path, tmp_path: Path) -> tuple[Project, Releases]:
    return within(shutil.copytree(published, tmp_path, symlinks=True, dirs_exist_ok=True))


def state(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """Return content and time of everything in a folder."""
    return {
        path: (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
        for path in (folder, *folder.rglob("*"))
    }


@pytest.mark.slow
def test_nothing_changes_a_release_once_it_has_its_name(place: tuple[Project, Releases]) -> None:
    built = place[1].release()
    before = state(built.path)
    (place[0].shapes.own / "more.ttl").write_text("@prefix sh: <http://www.w3.org/ns/shacl#> .\n", "utf-8")
    again, _ = publish.publish(*place)
    folders = (place[0].root, place[1].root, Settings())
    assert transaction.change(Write(UPDATE, INSERT.encode()), *folders).kind == "written"
    assert transaction.change(Write(UPDATE, INSERT.replace("INSERT", "DELETE").encode()), *folders).kind == "written"
    exports.prepare(built.path, place[0])
    shutil.rmtree(home_of(built.path))
    exports.prepare(built.path, place[0])
    assert again == built == place[1].release()
    assert state(built.path) == before


def folders(place: tuple[Project, Releases]) -> dict[str, str]:
    current = place[1].current()
    assert current is not None
    return dict(Made.of(current).folders)


@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        ("queries/exports/eccp/form.yaml", {"package"}),
        ("queries/exports/dcat/places.yaml", set()),
        ("queries/exports/org/organisations.rq", {"profiles"}),
        ("queries/exports/schema/context.jsonld", {"profiles"}),
        ("shapes/profiles/org.ttl", {"profiles"}),
    ],
)
@pytest.mark.slow
def test_what_an_export_is_made_by_is_seen(place: tuple[Project, Releases], file: str, kinds: set[str]) -> None:
    built = place[1].release()
    before = folders(place)
    path = place[0].root / file
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert place[1].of(place[0].fingerprint()) is None
    assert publish.publish(*place)[0] == built
    assert {kind for kind, name in folders(place).items() if name != before[kind]} == kinds | {"description"}


@pytest.mark.parametrize("file", ["terms.py", "rdf/writers.py", "shacl/evaluation.py", "export/templates/gaps.html"])
def test_whatever_of_the_program_writes_an_export_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    root = tmp_path / "clustergraph"
    shutil.copytree(Path(clustergraph.__file__).parent, root)
    monkeypatch.setattr(clustergraph, "__file__", str(root / "__init__.py"))

    def fingerprint() -> str:
        project.package_fingerprint.cache_clear()
        return project.package_fingerprint()

    first = fingerprint()
    with (root / "web" / "app.py").open("a") as door:
        door.write("# another\n")
    assert fingerprint() == first
    with (root / file).open("a") as changed:
        changed.write("\n")
    assert fingerprint() != first
    monkeypatch.undo()
    project.package_fingerprint.cache_clear()


@pytest.mark.slow
def test_a_folder_of_data_with_another_name_is_built_anew(place: tuple[Project, Releases]) -> None:
    plain = place[0].data / "plain"
    plain.mkdir()
    (plain / "names.ttl").write_text("<https://w3id.org/clustergraph/id/organisation/afil> "
                                     "<http://www.w3.org/2004/02/skos/core#altLabel> 'A' .\n", "utf-8")  # fmt: skip
    first, _ = publish.publish(*place)
    plain.rename(place[0].data / "renamed")
    assert place[1].of(place[0].fingerprint()) is None
    second, _ = publish.publish(*place)
    assert second.digest != first.digest


def test_readers_see_those_of_before_until_all_are_made(place: tuple[Project, Releases]) -> None:
    built = place[1].release()
    before = Made.of(built.path)

    def fill(folder: Path, _: object) -> list[artefacts.Download]:
        (folder / "half.txt").write_text("half")
        assert Made.of(built.path) == before
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(built.path, [Artefact("dumps", "another", fill)])
    assert Made.of(built.path) == before
    assert all(before.path(each).is_file() for each in before.downloads)
    assert {path.name for path in before.home.iterdir() if path.is_dir()} == {"dump-1", *before.folders.values()}


def test_a_failure_of_an_export_stops_the_build_and_the_next_one_does_not_think_it_is_done(
    place: tuple[Project, Releases],
) -> None:
    publish.publish(*place)
    path = place[0].queries.own / "exports" / "org" / "organisations.rq"
    text = path.read_text("utf-8")
    path.write_text("SELECT", "utf-8")
    for _ in range(2):
        assert place[1].of(place[0].fingerprint()) is None
        with pytest.raises(Exception, match="organisations"):
            publish.publish(*place)
    path.write_text(text, "utf-8")
    publish.publish(*place)
    assert place[1].of(place[0].fingerprint()) is not None


def test_without_its_dump_a_release_is_read_from_its_store(place: tuple[Project, Releases]) -> None:
    built = place[1].release()
    lines = list(lines_of(built.path))
    shutil.rmtree(home_of(built.path))
    assert dump_of(built.path) is None
    assert list(lines_of(built.path)) == lines
    insert = Write(UPDATE, INSERT.encode())
    assert transaction.change(insert, place[0].root, place[1].root, Settings()).kind == "written"


def test_what_is_made_of_a_release_goes_with_it(place: tuple[Project, Releases]) -> None:
    first, _ = publish.publish(*place)
    path = place[0].data / "4m4iof" / "summary.trig"
    path.write_text(path.read_text("utf-8").replace("AFIL", "AFIL Lombardia"), "utf-8")
    second, _ = publish.publish(*place)
    with place[1].lock():
        assert place[1].prune(1) == [first.digest]
    assert not home_of(first.path).exists()
    assert home_of(second.path).is_dir()
    assert [path.stem for path in (place[1].root / "records").iterdir()] == [second.digest]


def test_a_damaged_list_is_an_error_that_says_what_to_do_and_that_mends_it(place: tuple[Project, Releases]) -> None:
    built = place[1].release()
    made = Made.of(built.path)
    (made.home / "made.json").write_text('{"folders": {}, "downloads": [{}]}')
    with pytest.raises(ReleaseError, match="clustergraph export all"):
        Made.of(built.path)
    assert exports.prepare(built.path, place[0]) == made == Made.of(built.path)


@pytest.mark.parametrize("text", ["", "[{", "{}x", '[{"name": "x"}]', "5", None])
def test_an_artefact_that_does_not_say_what_is_in_it_is_made_again(
    place: tuple[Project, Releases], text: str | None
) -> None:
    built = place[1].release()
    made = Made.of(built.path)
    damaged = made.home / made.folders[artefacts.PROFILES] / "downloads.json"
    before = damaged.read_text("utf-8")
    damaged.write_text(text, "utf-8") if text is not None else damaged.unlink()
    assert exports.prepare(built.path, place[0]) == made == Made.of(built.path)
    assert damaged.read_text("utf-8") == before
