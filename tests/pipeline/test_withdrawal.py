"""What is withdrawn is nowhere any more and does not come back; an interruption loses nothing."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clustergraph.errors import Exit
from clustergraph.pipeline import withdrawal
from clustergraph.pipeline.project import Project
from clustergraph.release.artefacts import Made
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.terms import BASE, ID
from clustergraph.web.app import create_app
from tests.commands import run
from tests.small_project import make

GRAPH = f"{BASE}graph/import/list"
ROWS = f"""# members.csv 1
<{ID}organisation/wanted> <http://www.w3.org/2004/02/skos/core#prefLabel> "Wanted" <{GRAPH}> .
# members.csv 2
<{ID}organisation/secret> <http://www.w3.org/2004/02/skos/core#prefLabel> "Secret" <{GRAPH}> .
<{ID}participation/1> <{BASE}ontology/certainty> <{BASE}scheme/certainty/stated> <{GRAPH}> .
<{ID}participation/1> <{BASE}ontology/participant> <{ID}organisation/secret> <{GRAPH}> .
<{ID}participation/1> <{BASE}ontology/role> "keeper of secrets" <{GRAPH}> .
"""
LINKS = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix certainty: <https://w3id.org/clustergraph/scheme/certainty/> .
@prefix organisation: <https://w3id.org/clustergraph/id/organisation/> .
<https://w3id.org/clustergraph/graph/links> {
    <https://w3id.org/clustergraph/id/match/1> cg:certainty certainty:stated ;
        cg:matches organisation:afil, organisation:secret .
    <https://w3id.org/clustergraph/id/match/2> cg:certainty certainty:stated ;
        cg:matches organisation:afil, organisation:wanted .
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with two releases that have the data of an import, the second with another document as well."""
    folder = make(tmp_path)
    (folder / "data/imports").mkdir()
    (folder / "data/imports/list.nq.gz").write_bytes(gzip.compress(ROWS.encode(), mtime=0))
    (folder / "data/imports/list.nq").write_text(ROWS)
    (folder / "data/links.trig").write_text(LINKS)
    assert run(folder, "build").returncode == Exit.FINE
    path = folder / "data/4m4iof/summary.trig"
    path.write_text(path.read_text().replace('"Viameca"', '"Via Meca"'))
    assert run(folder, "build").returncode == Exit.FINE
    return folder


def everywhere(folder: Path) -> bytes:
    """All bytes below a folder, packed ones unpacked, but for the lists of what was withdrawn."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in ("withdrawn.csv", "lock") and "current" not in path.parts:
            content = path.read_bytes()
            found.append(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)
    return b"".join(found)


def test_a_thing_is_nowhere_any_more_and_does_not_come_back(folder: Path) -> None:
    before = {each.digest: each.created for each in Releases(folder / ".clustergraph").all()}
    done = run(folder, "withdraw", "organisation:secret", "--reason", "asked for")
    assert done.returncode == Exit.FINE, done.stderr
    left = everywhere(folder)
    assert b"Secret" not in left
    assert b"organisation/secret" not in left
    assert b"organisation:secret" not in left
    assert b"keeper of secrets" not in left
    assert b"Wanted" in left
    assert b"match/2" in left
    after = Releases(folder / ".clustergraph").all()
    assert not {each.digest for each in after} & before.keys()
    assert sorted(each.created for each in after) == sorted(before.values())
    assert all(Made.of(each.path).downloads for each in after)
    (folder / "data/imports/list.nq").write_text(ROWS)
    assert run(folder, "build").returncode == Exit.FINE
    assert "Secret" not in run(folder, "query", "SELECT ?name { ?thing skos:prefLabel ?name }").stdout
    assert "asked for" in (folder / "data/withdrawn.csv").read_text()


def test_a_source_goes_with_its_files_and_everything_else_stays(folder: Path) -> None:
    assert run(folder, "withdraw", "list").returncode == Exit.FINE
    assert not list((folder / "data/imports").iterdir())
    assert b"Wanted" not in everywhere(folder)
    assert "AFIL" in run(folder, "query", "SELECT ?name { ?thing skos:prefLabel ?name }").stdout


def test_a_dry_run_says_what_would_go_and_changes_nothing(folder: Path) -> None:
    before = everywhere(folder)
    done = run(folder, "withdraw", "organisation:afil", "--dry-run")
    assert done.returncode == Exit.FINE, done.stderr
    assert done.stdout.count("statements would go") == 2
    assert "data/links.trig: its part would go" in done.stdout
    assert "data/4m4iof/summary.trig names it: take it out there, too" in done.stdout
    assert everywhere(folder) == before
    assert not (folder / "data/withdrawn.csv").exists()


@pytest.mark.parametrize("stage", ["clearing", "writing"])
def test_who_is_interrupted_goes_on_and_nothing_is_half_done(folder: Path, stage: str) -> None:
    project, releases = Project(folder), Releases(folder / ".clustergraph")
    more = withdrawal.withdrawals(project, releases, "organisation:secret")

    def interrupt(text: str) -> None:
        if text.startswith(stage):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        withdrawal.withdraw(project, releases, more, interrupt)
    assert releases.release().has_store
    done = run(folder, "withdraw")
    assert done.returncode == Exit.FINE, done.stderr
    assert b"Secret" not in everywhere(folder)
    assert len(releases.all()) == 2


def test_its_address_says_that_it_is_gone(folder: Path) -> None:
    with TestClient(
        create_app(folder / ".clustergraph", Settings(workers=1)), base_url="http://127.0.0.1:8123"
    ) as client:
        assert client.get("/id/organisation/secret.ttl").status_code == 200
        assert run(folder, "withdraw", "organisation:secret", "--reason", "asked for").returncode == Exit.FINE
        assert run(folder, "withdraw", "list").returncode == Exit.FINE
        for address in ("/id/organisation/secret", "/id/organisation/secret.ttl", "/graph/import/list"):
            assert client.get(address).status_code == 410
        page = client.get("/id/organisation/secret", headers={"accept": "text/html"})
        assert (page.status_code, "asked for" in page.text) == (410, True)
        assert client.get("/describe", params={"iri": f"{ID}organisation/secret"}).status_code == 410
        assert client.get("/id/organisation/afil").status_code == 200


def test_a_dump_does_not_bring_it_back(folder: Path) -> None:
    assert run(folder, "export", "dump", "--out", "dump.trig").returncode == Exit.FINE
    assert run(folder, "withdraw", "organisation:secret").returncode == Exit.FINE
    refused = run(folder, "import", "dump.trig", "--force")
    assert refused.returncode == Exit.CANNOT_RUN
    assert "what was withdrawn" in refused.stderr


def test_a_thing_is_withdrawn_by_its_name_if_no_other_bears_it(folder: Path) -> None:
    done = run(folder, "withdraw", "Secret", "--dry-run")
    assert done.returncode == Exit.FINE, done.stderr
    assert "organisation/secret (" in done.stdout
    for name in ("no such name", "a/../b c", "<>"):
        refused = run(folder, "withdraw", name, "--dry-run")
        assert refused.returncode == Exit.CANNOT_RUN
        assert "nothing here is called" in refused.stderr


def test_what_is_not_there_cannot_be_withdrawn(folder: Path) -> None:
    done = run(folder, "withdraw", "nothing")
    assert done.returncode == Exit.CANNOT_RUN
    assert "nothing here is called 'nothing'" in done.stderr
    assert run(folder, "withdraw").returncode == Exit.CANNOT_RUN
