"""Migration: every statement in its file, nothing half-written, what could not be carried with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from clustergraph.errors import ClustergraphError, Exit, SourceError
from clustergraph.pipeline.migration import Migration, steps
from clustergraph.pipeline.project import Project
from tests.commands import run

HEAD = """#+ title: A label is called a name
#+ meaning: A name is not only in English.
#+ terms: {cg:label: [cg:name]}
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
"""
NAMES = f"""{HEAD}
DELETE {{ GRAPH ?g {{ ?x cg:label ?y }} }}
INSERT {{ GRAPH ?g {{ ?x cg:name ?y }} }}
WHERE {{ GRAPH ?g {{ ?x cg:label ?y }} }}"""
KINDS = """#+ title: A kind is a node
#+ meaning: A kind can be described; what the ontology calls old is old.
#+ terms: {cg:kind: [cg:hasKind, cg:noKind]}
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
DELETE { GRAPH ?g { ?x cg:kind ?y } }
INSERT { GRAPH ?g { ?x cg:hasKind ?node . ?node cg:notation ?y } }
WHERE { GRAPH ?g { ?x cg:kind ?y } ?y cg:isOld true BIND (IRI(CONCAT(STR(?x), "-kind")) AS ?node) }
"""
ONTOLOGY = "PREFIX cg: <https://w3id.org/clustergraph/ontology/> cg:a cg:isOld true . cg:label cg:kind cg:a ."
TRIG = """@prefix cg: <https://w3id.org/clustergraph/ontology/> .
@prefix ex: <https://example.org/> .

ex:g {
    ex:one
        cg:label "One" .
}
"""
TURTLE = TRIG.replace("ex:g {\n", "").replace("}\n", "").replace("    ", "").replace("ex:one\n", "ex:two\n    ")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name, text in {
        "ontology/a.ttl": ONTOLOGY,
        "ontology/migrations/0.2.0/10-names.ru": NAMES,
        "ontology/migrations/0.10.0/10-kinds.ru": KINDS,
        "data/a.trig": TRIG,
        "data/b.ttl": TURTLE,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project(tmp_path)


def migrated(project: Project, to: str | None = None) -> Migration:
    migration = Migration(project, [project.data], to)
    assert all(effect.came for effect in migration.run())
    migration.write()
    return migration


def test_each_statement_stays_in_its_file_and_its_form(project: Project) -> None:
    migrated(project)
    assert (project.data / "a.trig").read_text() == TRIG.replace("cg:label", "cg:name")
    assert (project.data / "b.ttl").read_text() == TURTLE.replace("cg:label", "cg:name")


def test_what_is_migrated_stays_as_it_is_to_the_byte(project: Project) -> None:
    migrated(project)
    odd = (project.data / "a.trig").read_text().replace("    ", "\t") + "# a remark\n"
    (project.data / "a.trig").write_text(odd)
    assert migrated(project).texts == {}
    assert (project.data / "a.trig").read_text() == odd


def test_versions_are_in_the_order_of_their_numbers(project: Project) -> None:
    assert [step.name for step in steps(project.migrations)] == ["0.2.0/10-names", "0.10.0/10-kinds"]
    assert [step.name for step in steps(project.migrations, "0.2.0")] == ["0.2.0/10-names"]
    with pytest.raises(SourceError, match=r"there are those to: 0\.2\.0, 0\.10\.0"):
        steps(project.migrations, "0.3.0")


def test_a_step_sees_the_ontology_and_does_not_change_it(project: Project) -> None:
    before = project.ontology.find("a.ttl").read_text()
    (project.data / "a.trig").write_text(TRIG.replace('cg:label "One"', "cg:kind cg:a , cg:b"))
    remains = migrated(project).remains(written=True)
    text = (project.data / "a.trig").read_text()
    assert "cg:hasKind ex:one-kind" in text
    assert "cg:notation cg:a" in text
    assert project.ontology.find("a.ttl").read_text() == before
    (left,) = remains
    assert left.where is not None
    assert text.splitlines()[(left.where.line or 0) - 1].strip() == "cg:kind cg:b ."
    assert str(left).endswith("cg:kind is deprecated, and cg:hasKind or cg:noKind takes its place; say it anew by hand")


def test_what_is_said_in_one_graph_by_two_files_stays_with_its_subject(project: Project) -> None:
    (project.data / "c.trig").write_text(TRIG.replace("ex:one", "ex:three").replace("One", "Three"))
    (project.data / "d.nq").write_text(
        '<a:s> <https://w3id.org/clustergraph/ontology/label> "S" <https://example.org/g> .\n'
    )
    migrated(project)
    assert (project.data / "c.trig").read_text() == TRIG.replace("ex:one", "ex:three").replace("One", "Three").replace(
        "cg:label", "cg:name"
    )
    assert (project.data / "d.nq").read_text() == (
        '<a:s> <https://w3id.org/clustergraph/ontology/name> "S" <https://example.org/g> .\n'
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("z.trig", "# why\n" + TRIG, "comments are not kept"),
        ("z.jsonld", '{"@id": "a:b", "https://w3id.org/clustergraph/ontology/label": "B"}', "save it as .trig"),
        ("z.ttl", "<a:b> <a:c> ", "z.ttl:1"),
    ],
)
def test_nothing_is_written_where_one_file_cannot_be(project: Project, name: str, text: str, said: str) -> None:
    (project.data / name).write_text(text)
    with pytest.raises(ClustergraphError, match=said):
        migrated(project)
    assert (project.data / "a.trig").read_text() == TRIG
    assert (project.data / "b.ttl").read_text() == TURTLE


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ("LOAD <http://127.0.0.1/>", "LOAD is refused"),
        ("INSERT { GRAPH <a:g> { ?x <a:b> ?y } } WHERE { SERVICE <http://127.0.0.1/> { ?x <a:b> ?y } }", "SERVICE"),
        ("DELETE DATA { oops }", "10-names.ru:5"),
    ],
)
def test_a_step_that_may_not_run_or_is_malformed_stops_all(project: Project, update: str, said: str) -> None:
    (project.migrations.own / "0.2.0/10-names.ru").write_text(HEAD + update)
    with pytest.raises(ClustergraphError, match=said):
        migrated(project)
    assert (project.data / "a.trig").read_text() == TRIG


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (HEAD.replace("#+ meaning", "#+ means"), "needs at least title and meaning"),
        (HEAD.replace("cg:label: [cg:name]", "nothing: [cg:name]"), "terms are not as they should be"),
    ],
)
def test_a_head_that_lacks_something_names_the_file(project: Project, head: str, said: str) -> None:
    path = project.migrations.own / "0.2.0/10-names.ru"
    path.write_text(path.read_text().replace(HEAD, head))
    with pytest.raises(SourceError, match=said) as error:
        steps(project.migrations)
    assert error.value.where
    assert error.value.where.path == path


def test_the_command_says_what_it_did_and_what_is_left(project: Project) -> None:
    tried = run(project.root, "migrate", "--dry-run")
    assert (tried.returncode, "would rewrite" in tried.stderr) == (Exit.FINE, True)
    assert (project.data / "a.trig").read_text() == TRIG
    done = run(project.root, "migrate")
    assert done.returncode == Exit.FINE
    assert done.stdout == (
        "0.2.0/10-names: A label is called a name\n  2 statements went, 2 came\n  A name is not only in English.\n"
    )
    assert "nothing is to be migrated" in run(project.root, "migrate").stderr
    (project.data / "a.trig").write_text(TRIG.replace('cg:label "One"', "cg:kind cg:b"))
    left = run(project.root, "migrate")
    assert (left.returncode, "data/a.trig:6:" in left.stdout) == (Exit.FINDINGS, True)
    assert run(project.root, "migrate", "--to", "9.9").returncode == Exit.CANNOT_RUN
    assert "no such file or folder: nowhere" in run(project.root, "migrate", "nowhere").stderr


def test_the_command_lists_steps_and_successors_of_questions(project: Project) -> None:
    project.queries.own.mkdir()
    (project.queries.own / "successors.yaml").write_text("old: {question: new, reason: It is one., since: 0.2.0}\n")
    listed = run(project.root, "migrate", "--list", "--to", "0.2.0").stdout
    assert "cg:label → cg:name" in listed
    assert "question: 'old' is now asked as 'new': It is one." in listed
    assert "0.10.0" not in listed


def test_data_of_others_is_migrated_in_its_own_folder(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine.ttl").write_text(TURTLE)
    done = run(elsewhere, "--project", str(project.root), "migrate", "mine.ttl")
    assert done.returncode == Exit.FINE
    names = {quad.predicate.value for quad in parse((elsewhere / "mine.ttl").read_bytes(), format=RdfFormat.TURTLE)}
    assert names == {"https://w3id.org/clustergraph/ontology/name"}
    assert (project.data / "a.trig").read_text() == TRIG
