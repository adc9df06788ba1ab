"""Changes of the graph: a new release that is what a build would have made of the same statements, or no trace."""

from __future__ import annotations

import hashlib
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from clustergraph.errors import ClustergraphError, OverLimitError, QueryError, RefusedQueryError
from clustergraph.pipeline import publish, transaction
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.transaction import Outcome, Write
from clustergraph.rdf.lines import canonical
from clustergraph.release import write as written
from clustergraph.release.artefacts import home_of, lines_of
from clustergraph.release.manifest import Release
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings
from clustergraph.sparql.guard import with_dataset
from clustergraph.sparql.tokens import QuerySyntaxError
from clustergraph.terms import GRAPH, PREFIXES
from tests.small_project import make

SUMMARY = GRAPH + "4m4iof/summary"
OTHER = GRAPH + "4m4iof/other"
X = 'organisation:x a cg:Cluster ; skos:prefLabel "X"@en .'
INSERT = f"INSERT DATA {{ GRAPH m:summary {{ {X} }} }}"
TURTLE = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in ("cg", "organisation", "skos"))


KINDS = {
    QuerySyntaxError: "malformed", QueryError: "malformed", RefusedQueryError: "forbidden",
    OverLimitError: "over limit",
    transaction.RefusedChangeError: "refused", transaction.NoGraphError: "missing", transaction.StoppedError: "late",
}  # fmt: skip


def outcome(change: Write, project: Path, releases: Path, settings: Settings) -> Outcome:
    """Return what a change comes to, also where that is an error."""
    try:
        return transaction.change(change, project, releases, settings)
    except ClustergraphError as error:
        where = f"{error.where}: " if error.where else ""
        return Outcome(KINDS.get(type(error), "failed"), {**vars(error), "message": where + error.message})


class Place:
    """A small project with its release, and changes made to it in this process."""

    def __init__(self, root: Path) -> None:
        self.project = Project(make(root / "project"))
        self.releases = Releases(root / "releases")
        self.settings = Settings(write_seconds=60)
        publish.publish(self.project, self.releases)

    def write(self, change: Write, settings: Settings | None = None) -> Outcome:
        return outcome(change, self.project.root, self.releases.root, settings or self.settings)

    def update(self, text: str, **more: tuple[str, ...]) -> Outcome:
        return self.write(Write(transaction.UPDATE, text.encode(), **more))

    def graph(self, kind: str, text: str = "", graph: str = SUMMARY, format_: str = "turtle") -> Outcome:
        return self.write(Write(kind, text.encode(), format=format_, graph=graph))

    @property
    def current(self) -> Path:
        found = self.releases.current()
        assert found is not None
        return found

    @property
    def store(self) -> Store:
        return Store.read_only(str(self.current / "store"))

    def has(self, pattern: str) -> bool:
        return bool(self.store.query(f"ASK {{ {pattern} }}", prefixes=PREFIXES))

    def trace(self) -> tuple[object, ...]:
        """Everything that a change could leave behind."""
        return self.current, sorted(self.releases.root.rglob("*"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_change_makes_the_release_that_a_build_makes_of_the_same_statements(place: Place, tmp_path: Path) -> None:
    before = place.current
    outcome = place.update(
        INSERT + '; DELETE DATA { GRAPH m:summary { organisation:viameca skos:altLabel "Viameca" } }'
    )
    assert (outcome.kind, outcome.facts["added"], outcome.facts["removed"]) == ("written", 2, 1)
    assert outcome.facts["parent"] == before.name
    assert outcome.facts["release"] == place.current.name != before.name

    other = Project(make(tmp_path / "other"))
    path = other.data / "4m4iof" / "summary.trig"
    text = path.read_text().replace('skos:altLabel "Viameca" ;', "").replace("m:summary {", f"m:summary {{ {X} ")
    path.write_text(text)
    built, _ = publish.publish(other, Releases(tmp_path / "others"))
    made = Release.read(place.current)
    assert (made.digest, made.quads, made.triples, made.inferred) == (
        built.digest,
        built.quads,
        built.triples,
        built.inferred,
    )
    assert set(place.store) == set(Store.read_only(str(tmp_path / "others" / "current" / "store")))


def test_the_store_of_a_written_release_is_what_its_dump_says(place: Place) -> None:
    for number in range(6):
        place.update(INSERT.replace("organisation:x", f"organisation:x{number}"))
    place.update('DELETE WHERE { GRAPH m:summary { organisation:x3 ?p ?o } }; DELETE DATA { GRAPH m:summary { '
                 'organisation:viameca skos:altLabel "Viameca" } }')  # fmt: skip
    named = {quad for quad in place.store if quad.graph_name != DefaultGraph()}
    merged = {quad for quad in place.store if quad.graph_name == DefaultGraph()}
    assert merged == {Quad(q.subject, q.predicate, q.object) for q in named}
    lines = list(lines_of(place.current))
    assert hashlib.sha256(b"".join(lines)).hexdigest().startswith(place.current.name)
    assert list(canonical(written.named(place.store))) == lines
    assert place.releases.record(place.current.name).writes == 7


def test_the_parent_shares_files_with_its_child_and_stays_byte_for_byte_as_it_was(place: Place) -> None:
    parent = place.current
    before = {path: path.read_bytes() for path in parent.rglob("*") if path.is_file()}
    place.update(INSERT)
    assert place.current != parent
    assert {path: path.read_bytes() for path in parent.rglob("*") if path.is_file()} == before
    shared = {path.stat().st_ino for path in parent.rglob("*.sst")}
    assert shared & {path.stat().st_ino for path in place.current.rglob("*.sst")}


def test_what_follows_is_inferred_anew(place: Place) -> None:
    place.update(INSERT)
    assert place.has("GRAPH graph:inferred { organisation:x a cg:Organisation }")
    outcome = place.update("DELETE WHERE { GRAPH m:summary { organisation:x ?p ?o } }")
    assert outcome.facts["removed"] == 2
    assert not place.has("GRAPH ?g { organisation:x ?p ?o }")
    assert not place.has("organisation:x ?p ?o")


def test_going_back_to_an_earlier_content_goes_back_to_its_release(place: Place) -> None:
    first = place.current
    place.update(INSERT)
    place.update(INSERT.replace("INSERT", "DELETE"))
    assert place.current == first
    assert place.update(INSERT).kind == "written"


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { GRAPH m:summary { organisation:y a cg:Cluster } }",  # no label: SHACL
        'INSERT DATA { GRAPH m:summary { organisation:y a cg:Cluster ; skos:prefLabel " Y" } }',  # white space: a check
        "DELETE WHERE { GRAPH m:summary { organisation:afil skos:prefLabel ?l } }",
        f"{INSERT} ; INSERT DATA {{ GRAPH m:summary {{ organisation:y a cg:Cluster }} }}",
    ],
)
def test_an_invalid_change_is_refused_with_the_report_and_leaves_no_trace(place: Place, update: str) -> None:
    before = place.trace()
    outcome = place.update(update)
    assert outcome.kind == "invalid"
    assert outcome.facts["counts"]["violation"] == 1
    assert outcome.facts["findings"][0]["message"] in ("Give it one label.", "A label has white space at its ends.")
    assert place.trace() == before


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ("INSERT DATA { organisation:y a cg:Cluster }", "default graph"),
        ("DELETE WHERE { organisation:afil ?p ?o }", "default graph"),
        ("CLEAR DEFAULT", "default graph"),
        ("CLEAR ALL", "default graph"),
        ("COPY m:summary TO DEFAULT ; DELETE WHERE { ?s ?p ?o }", "default graph"),
        ("CLEAR NAMED", "touches"),
        ("INSERT DATA { GRAPH graph:inferred { organisation:afil a cg:Thing } }", "computed"),
        ("DELETE WHERE { GRAPH ?g { organisation:afil ?p ?o } }", "computed"),
        ("DROP GRAPH graph:catalogue", "computed"),
        (f"INSERT DATA {{ GRAPH <{GRAPH}ontology/x> {{ cg:X a owl:Class }} }}", "ontology"),
        (f"DELETE WHERE {{ GRAPH <{GRAPH}ontology/clustergraph> {{ cg:Cluster ?p ?o }} }}", "ontology"),
        ("INSERT DATA { GRAPH m:summary { organisation:afil cg:knows _:b } }", "blank node"),
        ("INSERT DATA { GRAPH m:summary { [] a cg:Cluster } }", "blank node"),
        ('INSERT DATA { GRAPH m:summary { organisation:afil cg:said <<( <u:a> <u:b> "c" )>> } }', "triple term"),
        ("DROP GRAPH m:nowhere", "does not exist"),
    ],
)
def test_what_only_a_build_makes_cannot_be_written(place: Place, update: str, words: str) -> None:
    before = place.trace()
    outcome = place.update(update)
    assert outcome.kind == "refused"
    assert words in outcome.facts["message"]
    assert place.trace() == before


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ("INSERT DATA { GRAPH m:summary { organisation:y a cg:Cluster }", "malformed"),
        ("INSERT DATA { GRAPH m:summary { organisation:y a nope:Cluster } }", "malformed"),
        ("SELECT * { ?s ?p ?o }", "malformed"),
        ("", "malformed"),
        ("LOAD <http://127.0.0.1:1/>", "forbidden"),
        ("INSERT DATA {};LOADSILENT<http://127.0.0.1:1/>INTO GRAPH<u:g>", "forbidden"),
        ("PREFIX e:<http://127.0.0.1/>LOADe:x", "forbidden"),
        ("INSERT { GRAPH m:summary { ?s ?p ?o } } WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "forbidden"),
        ("INSERT {} WHERE " + "{" * 300 + "}" * 300, "over limit"),
    ],
)
def test_what_is_no_update_or_calls_another_host(place: Place, update: str, kind: str) -> None:
    before = place.trace()
    outcome = place.update(update)
    assert outcome.kind == kind
    assert outcome.facts["message"]
    assert place.trace() == before


def test_a_syntax_error_has_line_and_column(place: Place) -> None:
    outcome = place.update("INSERT DATA {\n GRAPH m:summary { organisation:y a } }")
    assert (outcome.facts["line"], outcome.facts["column"]) == (2, 37)
    assert "^" in outcome.facts["excerpt"]


@pytest.mark.parametrize(
    "update",
    ["LOAD <http://127.0.0.1:{port}/>", "INSERT {{ }} WHERE {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"],
)
def test_no_host_is_called_even_if_the_words_got_through(
    place: Place, monkeypatch: pytest.MonkeyPatch, update: str
) -> None:
    monkeypatch.setattr(transaction, "check_update", lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert place.update(update.format(port=server.getsockname()[1])).kind == "refused"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_an_update_that_changes_nothing_makes_no_release(place: Place) -> None:
    before = place.trace()
    outcome = place.update("DELETE WHERE { GRAPH m:nowhere { ?s ?p ?o } }")
    assert outcome.kind == "unchanged"
    assert outcome.facts["release"] == place.current.name
    assert place.trace() == before


def test_a_change_meant_for_another_release_is_not_made(place: Place) -> None:
    before = place.trace()
    assert place.write(Write(transaction.UPDATE, INSERT.encode(), onto="0123")).kind == "moved on"
    assert place.trace() == before
    assert place.write(Write(transaction.UPDATE, INSERT.encode(), onto=place.current.name)).kind == "written"


def test_patterns_see_the_merged_graph_and_what_follows(place: Place) -> None:
    found = place.update(
        'INSERT { GRAPH m:other { ?o skos:altLabel "an organisation" } } WHERE { ?o a cg:Organisation }'
    )
    assert found.facts["added"] == 2


@pytest.mark.parametrize(
    ("update", "added"),
    [
        ('INSERT { GRAPH m:other { ?o skos:altLabel "O" } } WHERE { ?o a cg:Cluster }', 1),
        ('WITH m:other INSERT { ?o skos:altLabel "O" } WHERE { ?o a cg:Cluster }', None),
        ('INSERT { GRAPH m:other { ?o skos:altLabel "O" } } USING m:summary WHERE { ?o a cg:Cluster }', None),
        ('INSERT { GRAPH m:other { ?o skos:altLabel "O" } } WHERE { GRAPH m:summary { ?o a cg:Cluster } }', 0),
    ],
)
def test_the_dataset_of_the_request(place: Place, update: str, added: int | None) -> None:
    place.graph(transaction.PUT, TURTLE + X, OTHER)
    outcome = place.update(update, default_graphs=(OTHER,))
    if added is None:
        assert outcome.kind == "malformed"
        assert "using-graph-uri" in outcome.facts["message"]
    else:
        assert outcome.facts["added"] == added
    named = place.update(update, named_graphs=(SUMMARY,))
    assert named.facts.get("added") == (None if added is None else 2 if added == 0 else 0)


def test_the_dataset_of_the_short_form_of_delete() -> None:
    text = "DELETE WHERE { ?s ?p '}' } ; delete\nwhere{?s a ?o}; INSERT DATA { GRAPH <u:g> { <u:a> <u:b> 1 } }"
    expected = (
        "DELETE { ?s ?p '}' } USING <u:d> USING NAMED <u:n> WHERE { ?s ?p '}' } ; "
        "delete\n{?s a ?o} USING <u:d> USING NAMED <u:n> where{?s a ?o}; INSERT DATA { GRAPH <u:g> { <u:a> <u:b> 1 } }"
    )
    assert with_dataset(text, ["u:d"], ["u:n"]) == expected
    longer = "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }"
    assert with_dataset(longer, ["u:d"], []) == "DELETE { ?s ?p ?o } USING <u:d> WHERE { ?s ?p ?o }"


def test_a_graph_is_made_replaced_extended_and_removed(place: Place) -> None:
    assert place.graph(transaction.PUT, TURTLE + X, OTHER).kind == "written"
    assert place.has(f"GRAPH <{OTHER}> {{ organisation:x skos:prefLabel 'X'@en }}")
    assert place.graph(transaction.PUT, TURTLE + X.replace("X", "Y"), OTHER).facts["removed"] == 1
    assert place.graph(transaction.POST, TURTLE + X.replace(":x", ":y"), OTHER).facts["added"] == 2
    assert place.graph(transaction.POST, TURTLE + X.replace(":x", ":y"), OTHER).kind == "unchanged"
    assert place.graph(transaction.DELETE, graph=OTHER).facts["removed"] == 4
    assert not place.has(f"GRAPH <{OTHER}> {{ ?s ?p ?o }}")
    assert place.graph(transaction.DELETE, graph=OTHER).kind == "missing"


@pytest.mark.parametrize(
    ("format_", "text", "kind"),
    [
        ("turtle", "<x> a", "malformed"),
        ("jsonld", '{"@context": "http://127.0.0.1:1/", "a": 1}', "malformed"),
        ("trig", "GRAPH <u:g> { <u:a> <u:b> <u:c> }", "malformed"),
        ("turtle", TURTLE + "[] a cg:Thing .", "refused"),
        ("turtle", TURTLE + "organisation:z a cg:Cluster .", "invalid"),
    ],
)
def test_a_graph_that_cannot_be_taken(place: Place, format_: str, text: str, kind: str) -> None:
    before = place.trace()
    assert place.graph(transaction.PUT, text, OTHER, format_).kind == kind
    assert place.trace() == before


def test_relative_iris_of_a_graph_are_resolved_against_its_name(place: Place) -> None:
    place.graph(transaction.PUT, TURTLE + '<part> skos:altLabel "a part" .', OTHER)
    assert place.has(f"<{GRAPH}4m4iof/part> skos:altLabel 'a part'")


def test_a_patch_sees_and_changes_one_graph_only(place: Place) -> None:
    place.graph(transaction.PUT, TURTLE + X, OTHER)
    patch = "DELETE { ?s skos:prefLabel ?l } INSERT { ?s skos:prefLabel 'Z'@en } WHERE { ?s skos:prefLabel ?l }"
    assert place.graph(transaction.PATCH, patch, OTHER).facts["added"] == 1
    assert place.has(f"GRAPH <{OTHER}> {{ organisation:x skos:prefLabel 'Z'@en }}")
    assert place.has("GRAPH m:summary { organisation:afil skos:prefLabel 'AFIL'@en }")
    assert place.graph(transaction.PATCH, INSERT, OTHER).kind == "refused"
    assert place.graph(transaction.PATCH, patch, GRAPH + "nowhere").kind == "missing"
    assert place.graph(transaction.PATCH, "LOAD <http://127.0.0.1:1/>", OTHER).kind == "forbidden"


def test_a_change_waits_for_a_build_and_then_says_that_it_is_busy(place: Place) -> None:
    before = place.trace()
    with place.releases.lock():
        settings = replace(place.settings, write_seconds=0.05)
        assert place.write(Write(transaction.UPDATE, INSERT.encode()), settings).kind == "busy"
    assert place.trace() == before


def test_a_change_that_nobody_waits_for_is_not_made(place: Place) -> None:
    before = place.trace()
    settings = replace(place.settings, write_seconds=1e-6)
    assert place.write(Write(transaction.UPDATE, INSERT.encode()), settings).kind == "late"
    assert place.trace() == before


@pytest.mark.parametrize("step", ["Release.of", "derive", "Draft.take", "flush"])
def test_a_crash_while_writing_leaves_no_trace(place: Place, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    before = place.trace()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"{written.__name__}.{step}", crash)
        with pytest.raises(KeyboardInterrupt):
            place.update(INSERT)
    assert place.trace() == before
    assert place.update(INSERT).kind == "written"


def test_blank_nodes_of_the_vocabulary_are_left_alone_by_a_change(tmp_path: Path) -> None:
    place = Place(tmp_path)
    path = place.project.ontology.own / "clustergraph.ttl"
    path.write_text(path.read_text() + "\ncg:Cluster owl:disjointWith [ a owl:Class ; owl:unionOf ( cg:A cg:B ) ] .\n")
    publish.publish(place.project, place.releases)
    lines = {line for line in lines_of(place.current) if b"_:" in line}
    assert lines
    place.update(INSERT)
    assert {line for line in lines_of(place.current) if b"_:" in line} == lines
    assert place.releases.pointer.resolve() == place.current
    assert list(canonical(written.named(place.store))) == list(lines_of(place.current))


def test_a_damaged_parent_is_noticed(place: Place) -> None:
    path = home_of(place.current) / "dump-1" / "dump.nq"
    path.write_bytes(path.read_bytes() + b"<u:a> <u:b> <u:c> <u:g> .\n")
    before = place.trace()
    assert place.update(INSERT).kind == "failed"
    assert place.trace() == before


def test_old_written_releases_are_removed_but_not_the_built_one(place: Place) -> None:
    built = place.current
    settings = replace(place.settings, kept_writes=2)
    for number in range(5):
        text = INSERT.replace("organisation:x", f"organisation:x{number}")
        assert place.write(Write(transaction.UPDATE, text.encode()), settings).kind == "written"
    kept = {path.name for path in (place.releases.root / "releases").iterdir()}
    assert {built.name, place.current.name} < kept
    assert len(kept) == 4


def test_a_build_does_not_lose_what_was_written(place: Place) -> None:
    built = place.current
    place.update(INSERT)
    written = place.current
    changes = place.releases.written()
    assert {str(quad.subject) for quad in changes.added} == {str(NamedNode(PREFIXES["organisation"] + "x"))}
    assert "+ organisation:x skos:prefLabel" in changes.text()
    with pytest.raises(publish.LostWritesError, match="2 changes"):
        publish.publish(place.project, place.releases)
    assert place.current == written

    publish.publish(place.project, place.releases, drop_writes=True)
    assert place.current == built
    assert not place.releases.written()


def test_a_build_is_free_to_go_on_once_the_files_have_what_was_written(place: Place) -> None:
    place.update(INSERT)
    written = place.current
    path = place.project.data / "4m4iof" / "summary.trig"
    path.write_text(path.read_text().replace("m:summary {", f"m:summary {{ {X} organisation:x skos:altLabel 'x' ."))
    built, _ = publish.publish(place.project, place.releases)
    assert place.current != written
    record = place.releases.record(built.digest)
    assert (record.parent, record.writes) == ("", 0)


def test_nothing_can_be_written_before_the_first_build(tmp_path: Path) -> None:
    project = make(tmp_path / "project")
    change = Write(transaction.UPDATE, INSERT.encode())
    found = outcome(change, project, tmp_path / "none", Settings(write_seconds=1))
    assert found.kind == "failed"
    assert "clustergraph build" in found.facts["advice"]


def test_the_difference_is_found_wherever_it_is() -> None:
    store = Store()
    store.update("INSERT DATA { GRAPH <u:g> { <u:a> <u:b> 1, 2 } }")
    written.merge(store)
    changes = transaction.alter(
        store, Write(transaction.UPDATE, b"DELETE WHERE { GRAPH <u:g> { ?s ?p 1 } }; ADD <u:g> TO <u:h>"), Settings()
    )
    assert [str(quad.object) for quad in changes.removed] == ['"1"^^<http://www.w3.org/2001/XMLSchema#integer>']
    assert [quad.graph_name for quad in changes.added] == [NamedNode("u:h")]
