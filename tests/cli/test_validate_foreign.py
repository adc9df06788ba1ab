"""The commands of the documentation, run as they are written there in a repository of another domain."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from tests.cli.foreign_repository import Repository

from ..conftest import ROOT
from ..small_project import make

PAGE = (ROOT / "docs/validation.md").read_text()
BLOCKS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
PRE_COMMIT = next(block for block in BLOCKS if "repos" in block)
GITHUB = next(block for block in BLOCKS if "jobs" in block)
GITLAB = next(block["validate"] for block in BLOCKS if "validate" in block)
STEPS = {step["name"]: step["run"] for step in GITHUB["jobs"]["validate"]["steps"] if "name" in step}


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = Repository(tmp_path_factory.mktemp("library"))
    library.make()
    return library.root


@pytest.fixture
def library(original: Path, tmp_path: Path) -> Repository:
    return Repository(shutil.copytree(original, tmp_path, symlinks=True, dirs_exist_ok=True))


@pytest.fixture
def faulty(library: Repository) -> Repository:
    library.change("data/books.ttl", "352", '"many"')
    library.change("data/books.ttl", "lib:author lib:austen", "lib:author lib:jane")
    return library


def hook() -> str:
    """Return the command that pre-commit makes of the hook and of what the documentation configures."""
    (offered,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (used,) = PRE_COMMIT["repos"][0]["hooks"]
    assert used["id"] == offered["id"]
    assert offered["pass_filenames"] is False
    return shlex.join([*shlex.split(offered["entry"]), *used["args"]])


def commands() -> list[str]:
    gitlab = [line for line in GITLAB["script"] if not line.startswith("pip ")]
    return [*STEPS.values(), *gitlab, hook()]


@pytest.mark.parametrize("command", commands())
def test_every_documented_command_passes_where_nothing_is_wrong_and_fails_where_something_is(
    library: Repository, command: str
) -> None:
    done = library.run(command)
    assert done.returncode == 0, done.stdout + done.stderr
    library.change("data/books.ttl", "352", '"many"')
    assert library.run(command).returncode == 1
    library.write("data/broken.ttl", "<a> <b>")
    assert library.run(command).returncode == 2


def test_github_shows_annotations_beside_the_lines(faulty: Repository) -> None:
    said = faulty.run(STEPS["Annotations"]).stdout.splitlines()
    errors = [line for line in said if line.startswith("::error ")]
    assert all("file=data/books.ttl,line=6,col=13" in line for line in errors)
    (warning,) = [line for line in said if line.startswith("::warning ")]
    assert "file=data/books.ttl,line=12,col=14" in warning
    assert warning.endswith("Describe the author in people.jsonld.")


def test_github_shows_a_file_that_cannot_be_read(library: Repository) -> None:
    library.write("data/broken.ttl", "\n<a> <b>")
    done = library.run(STEPS["Annotations"])
    assert "::error file=data/broken.ttl,line=2,col=8::" in done.stdout
    assert "error: data/broken.ttl:2:8: " in done.stderr


def test_code_scanning_gets_sarif(faulty: Repository) -> None:
    faulty.run(STEPS["Report"])
    log = json.loads((faulty.root / "findings.sarif").read_text())
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert {result["level"] for result in run["results"]} == {"error", "warning"}
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": "data/books.ttl"}
        assert place["region"]["startLine"] in (6, 12)
    prints = [result["partialFingerprints"]["finding/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    faulty.change("data/books.ttl", "lib:walden a", "\n\nlib:walden a")
    faulty.run(STEPS["Report"])
    moved = json.loads((faulty.root / "findings.sarif").read_text())["runs"][0]["results"]
    assert [result["partialFingerprints"]["finding/v1"] for result in moved] == prints


def test_gitlab_gets_junit(faulty: Repository) -> None:
    command = GITLAB["script"][-1]
    faulty.run(command)
    root = ET.parse(faulty.root / GITLAB["artifacts"]["reports"]["junit"]).getroot()
    cases = list(root.iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None]
    assert int(root.get("tests")) == len(cases)
    assert int(root.get("failures")) == len(failed) == len(cases) - 1
    assert {(case.get("file"), case.get("line")) for case in failed} == {("data/books.ttl", "6")}
    faulty.run("git checkout -q data && " + command)
    assert ET.parse(faulty.root / "findings.xml").getroot().get("failures") == "0"


def test_only_what_has_changed_is_checked_and_what_that_affects(library: Repository) -> None:
    command = "clustergraph validate data --shapes shapes --format json"
    library.change("data/books.ttl", "352", '"many"')
    library.commit("A fault that is there already")
    library.change("data/books.ttl", '  lib:title "Emma" ;\n', "")

    def found(words: str) -> set[tuple[str, int]]:
        return {(f["file"], f["line"]) for f in json.loads(library.run(f"{command} {words}").stdout)["findings"]}

    both = {("data/books.ttl", 9), ("data/people.jsonld", 6)}
    assert found("--changed") == both
    assert found("--changed HEAD~1") == both | {("data/books.ttl", 6)}
    assert found("") == both | {("data/books.ttl", 6)}
    library.change("shapes/library.ttl", "Nothing with", "None with")
    assert found("--changed") == both | {("data/books.ttl", 6)}
    library.run("git checkout -q .")
    assert found("--changed") == set()


def test_files_that_are_new_or_gone_are_changes(library: Repository) -> None:
    command = "clustergraph validate data --shapes shapes --changed --format json"
    library.write("data/new.ttl", "@prefix lib: <https://library.example/ns#> . lib:new a lib:Book .")
    new = json.loads(library.run(command).stdout)["findings"]
    assert [(finding["file"], finding["line"]) for finding in new] == [("data/new.ttl", 1)]
    (library.root / "data/new.ttl").unlink()
    (library.root / "data/books.ttl").unlink()
    gone = json.loads(library.run(command).stdout)["findings"]
    assert {finding["file"] for finding in gone} == {"data/people.jsonld"}
    assert len(gone) == 2


def test_ignored_files_and_links_are_compared_too(library: Repository) -> None:
    library.write(".gitignore", "made\n")
    (library.root / "linked").symlink_to("data")
    library.write("one/readme.txt", "")
    (library.root / "one/books.ttl").symlink_to("../data/books.ttl")
    library.commit("Links")
    library.write("made/new.ttl", "@prefix lib: <https://library.example/ns#> . lib:new a lib:Book .")
    library.change("data/books.ttl", "352", '"many"')
    for folder in ("made", "linked", "one", "data"):
        done = library.run(f"clustergraph validate {folder} --shapes shapes --changed")
        assert done.returncode == 1, folder


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("clustergraph validate", "is not in a clustergraph project"),
        ("clustergraph validate data", "there are no shapes in data"),
        ("clustergraph validate none --shapes shapes", "no such file or folder: none"),
        ("clustergraph validate data --shapes none", "no such file or folder: none"),
        ("clustergraph validate data --shapes shapes --changed nowhere", "there is no revision 'nowhere'"),
        ("clustergraph validate --changed data --shapes shapes", "--changed takes 'data' for a revision"),
        ("rm -rf .git && clustergraph validate data --shapes shapes --changed", "not a git repository"),
        ("clustergraph validate data --shapes shapes --explain Ship", "there is no shape 'Ship'"),
        ("clustergraph validate data --shapes shapes --format pdf", "Invalid value for '--format'"),
        ("clustergraph validate data --shapes shapes --explain ''", "there is no shape ''"),
        ("clustergraph validate data --shapes shapes --seconds 0.001", "stopped after 0.001 seconds; raise --seconds"),
        ("clustergraph validate data --shapes shapes --memory 1", "raise --memory"),
        ("clustergraph validate data --shapes shapes --seconds 0", "Invalid value for '--seconds'"),
    ],
)
def test_what_cannot_run_says_why_and_exits_with_2(library: Repository, command: str, said: str) -> None:
    done = library.run(command)
    assert done.returncode == 2
    assert said in done.stderr
    assert "RUST" not in done.stderr


def test_limits_that_suffice_change_nothing(faulty: Repository) -> None:
    command = "clustergraph validate data --shapes shapes"
    usual, limited = faulty.run(command), faulty.run(f"{command} --seconds 600 --memory 4000")
    assert (limited.returncode, limited.stdout) == (usual.returncode, usual.stdout) == (1, usual.stdout)


def test_a_mark_in_front_of_a_file_is_passed_over(library: Repository) -> None:
    path = library.root / "data/books.ttl"
    library.change("data/books.ttl", "352", '"many"')
    command = "clustergraph validate data --shapes shapes"
    plain = library.run(command)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert library.run(command).stdout == plain.stdout
    assert library.run(f"{command} --changed").stdout == plain.stdout


def test_a_text_that_the_engine_cannot_take_is_told(library: Repository) -> None:
    library.write("data/long.ttl", f'<e:a> <e:b> "{"x" * 17_000_000}" .')
    done = library.run("clustergraph validate data --shapes shapes")
    assert (done.returncode, "data/long.ttl: a text in it is too long" in done.stderr) == (2, True)


def test_shapes_that_are_wrong_exit_with_2(library: Repository) -> None:
    library.change("shapes/library.ttl", "sh:minExclusive 0", "sh:minLength 'few'")
    done = library.run("clustergraph validate data --shapes shapes")
    assert done.returncode == 2
    assert re.search(r"shapes/library\.ttl:9:\d+: the shapes are not well formed", done.stderr)
    done = library.run("clustergraph validate data --shapes shapes --format github")
    assert done.stdout.startswith("::error file=shapes/library.ttl,line=9,")
    library.change("shapes/library.ttl", "sh:class lib:Person", "sh:maxCount 'one'")
    done = library.run("clustergraph validate data --shapes shapes")
    assert re.search(r"well formed: shapes/library\.ttl:\d+:\d+: .*; shapes/library\.ttl:\d+:\d+: ", done.stderr)


@pytest.mark.parametrize(
    "wrong",
    [
        "sh:node lib:BookShape",
        "sh:pattern '('",
        "sh:js []",
        "sh:sparql [ sh:select 'SELECT $this { $this none:p 1 }' ]",
    ],
)
def test_shapes_that_cannot_be_used_are_named_with_their_place(library: Repository, wrong: str) -> None:
    library.change("shapes/library.ttl", "sh:minExclusive 0 ]", f"sh:minExclusive 0 ] ;\n{wrong}")
    done = library.run("clustergraph validate data --shapes shapes")
    assert done.returncode == 2
    assert re.search(r"shapes/library\.ttl:(6|10):\d+: ", done.stderr), done.stderr


def test_a_literal_that_is_judged_itself_has_its_place(library: Repository) -> None:
    library.write(
        "shapes/notes.ttl",
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix lib: <https://library.example/ns#> .\n"
        "lib:Note a sh:NodeShape ; sh:targetObjectsOf lib:note ; sh:maxLength 3 .",
    )
    library.change("data/books.ttl", 'lib:title "Emma" ;', 'lib:title "Long" ;\n  lib:note "Long" ;')
    (found,) = json.loads(library.run("clustergraph validate data --shapes shapes --format json").stdout)["findings"]
    assert (found["file"], found["line"], found["column"]) == ("data/books.ttl", 12, 12)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('<rdf:Description rdf:about="e:a">\n', "3:1"),
        ('<rdf:Description rdf:about="e:a">\n</rdf:Dscription>\n</rdf:RDF>', "3:3"),
        ('<rdf:Description rdf:about="e:a">\n<e:p rdf:resource="e:a b"/>\n</rdf:Description>\n</rdf:RDF>', "3"),
    ],
)
def test_xml_that_is_cut_off_or_wrong_is_told_with_its_line(library: Repository, body: str, place: str) -> None:
    root = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="https://library.example/ns#">'
    library.write("data/more.rdf", f"{root}\n{body}")
    done = library.run("clustergraph validate data --shapes shapes")
    assert (done.returncode, f"data/more.rdf:{place}: " in done.stderr) == (2, True), done.stderr


def test_a_context_that_is_elsewhere_is_named(library: Repository) -> None:
    library.write("data/far.jsonld", '{"@context": "https://library.example/context.jsonld", "@id": "lib:x"}')
    done = library.run("clustergraph validate data --shapes shapes")
    assert (done.returncode, "data/far.jsonld: it has a context that is somewhere else" in done.stderr) == (2, True)


def test_severity_decides_what_is_shown_and_what_fails(library: Repository) -> None:
    library.change("data/books.ttl", "lib:author lib:austen", "lib:author lib:jane")
    command = "clustergraph validate data --shapes shapes"
    usual = library.run(command)
    assert usual.returncode == 0
    assert "1 warning in 1 file" in usual.stdout
    assert library.run(f"{command} --severity warning").returncode == 1
    strict = library.run(f"{command} --severity violation")
    assert (strict.returncode, strict.stdout) == (0, "no findings\n")


def test_the_text_is_for_people(faulty: Repository) -> None:
    done = faulty.run("clustergraph validate data --shapes shapes")
    assert "\x1b[" not in done.stdout
    assert done.stdout.startswith("data/books.ttl\n")
    assert '\n    6 |   lib:pages "many" ;\n      |             ^\n' in done.stdout
    assert "Emma, lib:author lib:jane: Describe the author in people.jsonld." in done.stdout
    assert "fix: lib:pages: each is a whole number (xsd:integer); each is more than 0" in done.stdout
    assert "reading" in done.stderr


def test_paths_are_shown_from_where_one_is(faulty: Repository) -> None:
    done = faulty.run("cd data && clustergraph validate . --shapes ../shapes --format json")
    assert {finding["file"] for finding in json.loads(done.stdout)["findings"]} == {"books.ttl"}


def test_a_shape_is_explained_in_words(library: Repository) -> None:
    for name in ("BookShape", "lib:BookShape", "https://library.example/ns#BookShape"):
        said = library.run(f"clustergraph validate data --shapes shapes --explain {name}").stdout
        assert "It is for every lib:Book." in said
        assert "each is a whole number (xsd:integer)" in said
        assert "title, about lib:title\n    - at least 1 value" in said
    said = library.run("clustergraph validate --shapes shapes --explain PersonShape").stdout
    assert "about lib:wrote, then lib:title" in said


def test_the_second_engine_finds_the_same(faulty: Repository) -> None:
    def found(engine: str) -> set[tuple[str, int, int, str]]:
        done = faulty.run(f"clustergraph validate data --shapes shapes --format json --engine {engine}")
        return {(f["file"], f["line"], f["column"], f["severity"]) for f in json.loads(done.stdout)["findings"]}

    assert found("sparql") == found("pyshacl") != set()


def test_in_a_project_what_follows_from_a_change_is_a_change(library: Repository) -> None:
    make(library.root / "ours")
    path = "ours/data/4m4iof/summary.trig"
    library.change(path, '        skos:prefLabel "AFIL"@en .', '        skos:altLabel "AFIL"@en .')
    library.commit("A fault that is there already")

    def found(words: str) -> list[int]:
        done = library.run(f"clustergraph validate --format json {words}", "ours")
        return [finding["line"] for finding in json.loads(done.stdout)["findings"]]

    assert found("") == [7]
    assert found("--changed") == []
    # The shape is for organisations; that a cluster is one is inferred.
    library.change(path, 'skos:prefLabel "ViaMéca"@en', 'skos:altLabel "ViaMéca"@en')
    assert found("--changed") == [11]
    assert found("") == [7, 11]
    assert found("--changed HEAD~1") == [7, 11]


def test_files_may_have_any_name(library: Repository) -> None:
    for old, new in (("data/books.ttl", "data/my books %.ttl"), ("shapes/library.ttl", "shapes/the <shapes>.ttl")):
        (library.root / old).rename(library.root / new)
    assert library.run("clustergraph validate data --shapes shapes").returncode == 0
