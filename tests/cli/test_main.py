"""The command line as its users meet it: what it prints, and how it exits."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clustergraph.errors import Exit
from tests.commands import run
from tests.small_project import make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path)


@pytest.fixture
def built(small_built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_built, tmp_path, symlinks=True, dirs_exist_ok=True)


def test_the_program_builds_and_answers(folder: Path) -> None:
    for words, said in ((["build"], ""), (["ask", "clusters", "--format", "csv"], "ViaMéca")):
        program = [sys.executable, "-m", "clustergraph", *words]
        done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=True)
        assert said in done.stdout
    refused = subprocess.run([*program[:3], "ask", "clustrs"], cwd=folder, capture_output=True, text=True, check=False)
    assert (refused.returncode, "did you mean clusters" in refused.stderr) == (Exit.CANNOT_RUN, True)


def test_build_says_what_it_made_and_the_next_one_has_nothing_to_do(built: Path) -> None:
    again = run(built, "build")
    assert "is up to date" in again.stderr
    assert "reading" in run(built, "build", "--force").stderr


def test_data_that_is_newer_than_the_release_is_told(built: Path) -> None:
    assert "newer" not in run(built, "ask", "clusters").stderr
    (built / "data/4m4iof/summary.trig").touch()
    asked = run(built, "ask", "clusters")
    assert asked.returncode == Exit.FINE
    assert "newer than this release: data/4m4iof/summary.trig; `clustergraph build` takes them in" in asked.stderr


def test_build_of_a_violation_shows_file_line_and_what_to_do(built: Path) -> None:
    path = built / "data/4m4iof/summary.trig"
    path.write_text(path.read_text().replace("prefLabel", "altLabel"))
    done = run(built, "build")
    assert done.returncode == Exit.FINDINGS
    assert "data/4m4iof/summary.trig" in done.stdout
    assert "7:" in done.stdout
    assert "Give it one label." in done.stdout
    assert "last release stays" in done.stderr


def test_build_of_a_syntax_error_cannot_run(folder: Path) -> None:
    (folder / "data/bad.trig").write_text("<a> <b> .")
    done = run(folder, "build")
    assert done.returncode == Exit.CANNOT_RUN
    assert "data/bad.trig:1:9" in done.stderr


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "--project", str(tmp_path), "build")
    assert done.returncode == Exit.CANNOT_RUN
    assert "not a clustergraph project" in done.stderr


@pytest.mark.parametrize("name", ["ontology", "shapes", "data", "queries"])
def test_a_project_that_lacks_a_folder_is_not_built(built: Path, name: str) -> None:
    (built / name).rename(built / "elsewhere")
    done = run(built, "--project", ".", "build")
    assert done.returncode == Exit.CANNOT_RUN
    assert f"it has no folder {name};" in done.stderr


def test_query_gives_a_table_with_labels_and_exact_formats(built: Path) -> None:
    text = "SELECT ?cluster { ?cluster a cg:Cluster } ORDER BY ?cluster"
    assert "ViaMéca" in run(built, "query", text).stdout
    rows = json.loads(run(built, "query", text, "--format", "json").stdout)["results"]["bindings"]
    assert [row["cluster"]["value"].rsplit("/", 1)[1] for row in rows] == ["afil", "viameca"]
    assert run(built, "query", "-", "--format", "csv", stdin=text).stdout.startswith("cluster\nhttps://")


def test_no_cell_is_a_formula_for_a_spreadsheet(built: Path) -> None:
    text = 'SELECT * { VALUES ?x { "=1+1" -3 } }'
    assert run(built, "query", text, "--format", "csv").stdout == "x\n'=1+1\n-3\n"
    assert '"=1+1"' in run(built, "query", text, "--format", "tsv").stdout


def test_ask_gives_iris_where_they_are_asked_for(built: Path) -> None:
    iri = "https://w3id.org/clustergraph/id/organisation/afil"
    for words in ((), ("--format", "csv"), ("--format", "tsv"), ("--format", "md")):
        assert iri not in run(built, "ask", "clusters", *words).stdout
        assert iri in run(built, "ask", "clusters", "--iris", *words).stdout


def test_query_from_a_file_and_as_a_graph(built: Path) -> None:
    (built / "q.rq").write_text("CONSTRUCT WHERE { ?s a cg:Cluster }")
    for words in ((), ("--format", "trig")):
        written = run(built, "query", "q.rq", *words).stdout
        assert "organisation:afil a cg:Cluster" in written
        assert written.count("@prefix") == 2
    assert run(built, "query", "q.rq", "--format", "csv").returncode == Exit.CANNOT_RUN


def test_a_file_of_a_query_that_cannot_be_read_is_named(built: Path) -> None:
    (built / "e.rq").write_bytes(b"ASK {}\n#\xff")
    for word, said in (
        ("e.rq", "e.rq:2: this is not UTF-8"),
        ("nosuch.rq", "there is no file nosuch.rq"),
        ("nosuch.sparql", "there is no file nosuch.sparql"),
        ("data", "data is a folder"),
    ):
        done = run(built, "query", word)
        assert done.returncode == Exit.CANNOT_RUN
        assert said in done.stderr


@pytest.mark.parametrize(
    ("format_", "text", "named"),
    [
        ("xml", 'SELECT ("\\u0001" AS ?x) {}', "U+0001"),
        ("rdfxml", 'CONSTRUCT {<urn:a> <urn:b> "\\u0001"} {}', "U+0001"),
        ("rdfxml", "CONSTRUCT {<urn:a> <http://x/a/> 1} {}", "<http://x/a/>"),
    ],
)
def test_an_answer_that_xml_cannot_hold_is_refused(built: Path, format_: str, text: str, named: str) -> None:
    done = run(built, "query", text, "--format", format_)
    assert (done.returncode, done.stdout) == (Exit.CANNOT_RUN, "")
    assert named in done.stderr


def test_explain_says_which_side_answers_a_query_and_how(built: Path) -> None:
    shown = run(
        built, "query", "--explain", "SELECT ?o ?p { ?o skos:prefLabel ?p FILTER NOT EXISTS { ?o a cg:Cluster } }"
    )
    first, *steps = shown.stdout.splitlines()
    assert first == "answered from columns"
    assert re.fullmatch(r"1\. \?o skos:prefLabel \?p: \d+ rows?", steps[0])
    assert re.fullmatch(r"\d\.   \?o rdf:type cg:Cluster: \d rows?", steps[1])
    assert re.fullmatch(r"3\. FILTER NOT EXISTS \{ \?o a cg:Cluster \}: \d+ rows?", steps[2])
    assert re.fullmatch(r"4\. the answer: \d+ rows?", steps[3])
    told = {
        "SELECT ?p { organisation:afil cg:region ?p }": "a look-up",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }": "CONSTRUCT",
        "SELECT ?x { ?x cg:coordinates ?y ; a cg:Cluster ; cg:region ?r, ?z BIND (RAND() AS ?n) }":
            "a function gives another value every time",
    }  # fmt: skip
    for query, why in told.items():
        assert (
            run(built, "query", "--explain", query).stdout == f"answered by the store: the columns leave to it: {why}\n"
        )
    assert run(built, "query", "--explain", "SELECT * {").returncode == Exit.CANNOT_RUN
    elsewhere = run(built, "query", "--explain", "--endpoint", "http://localhost/sparql", "ASK {}")
    assert (elsewhere.returncode, "leave out --endpoint" in elsewhere.stderr) == (2, True)


def test_a_malformed_query_is_shown_with_a_pointer(built: Path) -> None:
    done = run(built, "query", "SELECT ?s {\n ?s ex:p ?o }")
    assert done.returncode == Exit.CANNOT_RUN
    assert "line 2" in done.stderr
    assert "^" in done.stderr


def test_a_misspelt_term_is_named_beside_the_answer(built: Path) -> None:
    done = run(built, "query", "SELECT ?s { ?s a cg:Clutser }", "--format", "csv")
    assert (done.returncode, done.stdout) == (0, "s\n")
    assert "did you mean cg:Cluster" in done.stderr
    text = run(built, "query", 'SELECT ?s { ?s a cg:Cluster. ?s skos:prefLabel "AFIL" }', "--format", "csv")
    note = 'note: no skos:prefLabel is "AFIL"; write "AFIL"@en\n'
    assert (text.returncode, text.stderr) == (0, note)


def test_search_tells_what_uses_a_term(built: Path) -> None:
    done = run(built, "search", "cluster")
    assert done.returncode == 0
    assert "2 things" in done.stdout


def test_ask_takes_labels_and_spellings(built: Path) -> None:
    for name in ("ViaMéca", "Viameca", "viameca", "organisation:viameca"):
        done = run(built, "ask", "clusters", "--cluster", name, "--format", "csv")
        assert next(csv.DictReader(io.StringIO(done.stdout)))["cluster"] == "ViaMéca"
    both = run(built, "ask", "clusters", "--cluster=AFIL", "--cluster", "Viameca", "--format", "json")
    assert [row["cluster"]["label"] for row in json.loads(both.stdout)] == ["AFIL", "ViaMéca"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["clustrs"], "did you mean clusters"),
        (["clusters", "--cluster", "Viamca"], "did you mean"),
        (["clusters", "--region", "x"], "its parameters: cluster"),
        (["clusters", "--cluster"], "needs a value"),
        (["clusters", "stray"], "unexpected word"),
        (["clusters", "--cluster", "https://e.org/> <x"], "not an IRI"),
        (["clusters", "--cluster", "organisation:viamca"], "did you mean 'ViaMéca'? there are 2 choices"),
        (["clusters", "--evidence", "--format", "csv"], "no room for evidence in csv"),
    ],
)
def test_a_wrong_question_or_parameter_says_what_there_is(built: Path, words: list[str], said: str) -> None:
    done = run(built, "ask", *words)
    assert done.returncode == Exit.CANNOT_RUN
    assert said in done.stderr


def test_questions_lists_them_and_shows_one(folder: Path) -> None:
    assert "Which clusters are there?" in run(folder, "questions").stdout
    assert "--cluster" in run(folder, "questions", "clusters").stdout


def test_without_a_release_it_says_how_to_get_one(folder: Path) -> None:
    done = run(folder, "ask", "clusters")
    assert done.returncode == Exit.CANNOT_RUN
    assert "clustergraph build" in done.stderr


def test_releases_and_rollback(built: Path) -> None:
    path = built / "data/4m4iof/summary.trig"
    path.write_text(path.read_text().replace('"AFIL"', '"Afil"'))
    run(built, "build")
    before = json.loads(run(built, "releases", "--format", "json").stdout)
    assert [r["current"] for r in before].count(True) == 1
    other = next(r["digest"] for r in before if not r["current"])
    assert run(built, "rollback", other).returncode == Exit.FINE
    assert f"* {other}" in run(built, "releases").stdout
    assert "AFIL" in run(built, "ask", "clusters").stdout


def test_validate_exits_with_what_it_found(folder: Path) -> None:
    assert run(folder, "validate").returncode == Exit.FINE
    bad = folder / "bad.ttl"
    bad.write_text("@prefix cg: <https://w3id.org/clustergraph/ontology/> .\n<http://e.org/x> a cg:Organisation .\n")
    done = run(folder, "validate", "bad.ttl", "--format", "json")
    assert done.returncode == Exit.FINDINGS
    (finding,) = json.loads(done.stdout)["findings"]
    assert (Path(finding["file"]).name, finding["line"]) == ("bad.ttl", 2)


@pytest.mark.parametrize("words", [["nowhere.ttl"], ["data", "--shapes", "nowhere.ttl"]])
def test_validate_of_a_missing_file_cannot_run(folder: Path, words: list[str]) -> None:
    done = run(folder, "validate", *words)
    assert done.returncode == Exit.CANNOT_RUN
    assert "nowhere.ttl" in done.stderr


def test_validate_with_wrong_shapes_cannot_run(folder: Path) -> None:
    (folder / "wrong.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <http://e.org/s> a sh:PropertyShape ; sh:minCount 'x' ."
    )
    assert run(folder, "validate", "data", "--shapes", "wrong.ttl").returncode == Exit.CANNOT_RUN


def test_ill_formed_shapes_are_used_if_that_is_asked_for(folder: Path) -> None:
    (folder / "wrong.ttl").write_text("""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix e: <http://e.org/> .
    e:s a sh:PropertyShape ; sh:targetClass e:C ; sh:path e:p, e:p2 ; sh:minCount 1 . e:a a e:C .""")
    assert "not well formed" in run(folder, "validate", "wrong.ttl").stderr
    done = run(folder, "validate", "wrong.ttl", "--lenient", "--format", "json")
    assert done.returncode == Exit.FINDINGS
    assert [each["focus"]["term"] for each in json.loads(done.stdout)["findings"]] == ["http://e.org/a"]
    done = run(folder, "validate", "--lenient")
    assert (done.returncode, "goes with PATHS" in done.stderr) == (Exit.CANNOT_RUN, True)


def test_format_rewrites_and_check_only_tells(folder: Path) -> None:
    messy = folder / "data/messy.ttl"
    messy.write_text("<http://e.org/b> <http://e.org/p> 1 . <http://e.org/a> <http://e.org/p> '# no comment' .")
    assert run(folder, "format", "--check").returncode == Exit.FINDINGS
    assert run(folder, "format").returncode == Exit.FINE
    assert messy.read_text().startswith("<http://e.org/a>")
    assert run(folder, "format", "--check").returncode == Exit.FINE


def test_format_does_not_lose_comments(folder: Path) -> None:
    (folder / "data/noted.ttl").write_text('<a:a> <a:b> """\n# text\n""" . # a comment\n')
    done = run(folder, "format")
    assert done.returncode == Exit.CANNOT_RUN
    assert "data/noted.ttl:3" in done.stderr


def test_help_of_every_command_has_an_example_or_says_all(folder: Path) -> None:
    commands = [line.split()[0] for line in run(folder, "--help").stdout.split("Commands:")[1].strip().splitlines()]
    assert {"build", "serve", "query", "ask", "questions", "validate", "releases", "rollback", "format"} <= set(
        commands
    )
    for command in commands:
        assert run(folder, command, "--help").returncode == Exit.FINE


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ask", "clusters"], Exit.FINE),
        (["conflicts"], Exit.FINE),
        (["search", "nothing like it"], Exit.FINE),
        (["validate"], Exit.FINE),
        (["diff", "a.ttl", "a.ttl"], Exit.FINE),
        (["diff", "a.ttl", "b.ttl"], Exit.FINDINGS),
        (["diff", "a.ttl", "c.ttl"], Exit.CANNOT_RUN),
        (["ask", "nobody"], Exit.CANNOT_RUN),
    ],
)
def test_commands_exit_as_the_readme_says(built: Path, words: list[str], code: Exit) -> None:
    for name in "ab":
        (built / f"{name}.ttl").write_text(f"<a:{name}> <a:p> 1 .")
    assert run(built, *words).returncode == code


def test_an_unknown_option_cannot_run(folder: Path) -> None:
    assert run(folder, "build", "--nonsense").returncode == Exit.CANNOT_RUN


def test_a_statement_about_a_statement_is_told_where_it_cannot_be_used(folder: Path) -> None:
    (folder / "star.ttl").write_text("<e:a> <e:p> <<( <e:a> <e:p> <e:b> )>> .")
    done = run(folder, "format", "star.ttl")
    assert done.returncode == Exit.CANNOT_RUN
    assert "something is said of a statement, which has no canonical form: <e:a> <e:p> <e:b>" in done.stderr
    done = run(folder, "validate", "star.ttl", "--shapes", "shapes", "--engine", "pyshacl")
    assert done.returncode == Exit.CANNOT_RUN
    assert "use the other engine" in done.stderr
