"""Dumps: every format holds every statement, the same content gives the same bytes, a change is one line."""

from __future__ import annotations

import difflib
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from clustergraph.cli.export import target
from clustergraph.errors import ClustergraphError, SourceError
from clustergraph.export.dump import FORMATS, dump, lines_of
from clustergraph.formats import RDF_FORMATS
from clustergraph.rdf import writers
from clustergraph.rdf.jsonld import JsonLdContext
from clustergraph.rdf.lines import Statement, canonical, ordered, read, stored
from clustergraph.release.artefacts import dump_of
from clustergraph.terms import PREFIXES, expand
from tests.conftest import examples, offered_file

XSD = PREFIXES["xsd"]
texts = some.text(
    some.characters(exclude_categories=["Cs"])
    | some.sampled_from(["\\", '"', "\n", "\r", "\t", "\x0b", "\x7f", "\u2028", "\U0001f600", "\U00010000"])
)
iris = some.sampled_from(
    [
        *map(expand, ("cg:Cluster", "organisation:afil", "skos:prefLabel", "rdf:type", "nuts:FRK", "org:", "cg:a.b")),
        *map(
            NamedNode,
            (
                "urn:x:y",
                "http://a.example/é?q=1&r=(2)#f",
                "https://w3id.org/clustergraph/ontology/a.",
                "mailto:a@b.example",
            ),
        ),
    ]
)
blanks = some.sampled_from([BlankNode(name) for name in "abc"])
literals = (
    some.builds(Literal, texts)
    | some.builds(
        lambda text, tag: Literal(text, language=tag), texts, some.sampled_from(["en", "pt-BR", "zh-Hant-TW"])
    )
    | some.builds(
        lambda text, kind: Literal(text, datatype=NamedNode(kind)),
        texts | some.sampled_from(["1", "-0", "01", "1.0", ".5", "1e3", "true", "1", "2020-02-30", "+7"]),
        some.sampled_from(
            [XSD + name for name in ("integer", "decimal", "double", "boolean", "date", "gYear", "anyURI")] + ["urn:t"]
        ),
    )
)
quads = some.lists(
    some.builds(
        Quad, iris | blanks, iris, iris | blanks | literals, some.sampled_from([NamedNode("urn:g"), expand("graph:x")])
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=examples(300))
@given(quads)
def test_every_format_gives_the_same_statements_back(given_quads: list[Quad]) -> None:
    lines = list(canonical(given_quads))
    for name in FORMATS:
        text = b"".join(writers.write(lines, name))
        back = canonical(parse(text, format=RDF_FORMATS[name].engine))
        merged = canonical(
            Quad(quad.subject, quad.predicate, quad.object) for quad in parse(b"".join(lines), RdfFormat.N_QUADS)
        )
        assert list(back) == (list(merged) if name == "turtle" else lines), name


@settings(deadline=None)
@given(quads, some.integers(1, 200))
def test_sorting_in_runs_gives_what_sorting_at_once_gives(given_quads: list[Quad], run_bytes: int) -> None:
    lines = list(canonical(given_quads))
    assert list(canonical(given_quads, run_bytes)) == lines
    assert list(ordered(reversed(lines), run_bytes)) == sorted(lines)


@settings(deadline=None)
@given(quads)
def test_labels_of_blank_nodes_do_not_matter(given_quads: list[Quad]) -> None:
    def other(term):
        return BlankNode(f"z{term.value}") if isinstance(term, BlankNode) else term

    renamed = [Quad(other(q.subject), q.predicate, other(q.object), q.graph_name) for q in reversed(given_quads)]
    assert list(canonical(renamed)) == list(canonical(given_quads))


@pytest.mark.slow
def test_the_canonical_lines_are_those_that_the_release_is_named_by(exported: Path) -> None:
    dump_file = dump_of(exported)
    assert dump_file is not None
    assert list(canonical(read(dump_file))) == dump_file.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.slow
def test_the_dumps_of_the_graph_hold_all_of_it_twice_the_same(exported: Path, tmp_path: Path, name: str) -> None:
    extension = RDF_FORMATS[name].extensions[0]
    again = tmp_path / f"again.{extension}.gz"
    dump(lines_of(exported), name, again, compress=True)
    assert again.read_bytes() == offered_file(exported, f"clustergraph.{extension}.gz").read_bytes()
    if name != "turtle":
        assert list(lines_of(again)) == list(lines_of(exported))


@pytest.mark.parametrize("name", FORMATS)
def test_a_changed_statement_is_one_changed_line(exported: Path, name: str) -> None:
    before = list(lines_of(exported))
    stated = [line for line in before if b'"AFIL"' in line and b"prefLabel" in line]
    after = sorted({*before, *(line.replace(b'"AFIL"', b'"AFIL Lombardia"') for line in stated)} - {*stated})
    texts = [b"".join(writers.write(lines, name)).decode().splitlines() for lines in (before, after)]
    changed = [
        line
        for line in difflib.unified_diff(*texts, n=0, lineterm="")
        if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert sorted(line[0] for line in changed) == ["+", "-"]


def test_packed_files_tell_neither_their_name_nor_the_time(tmp_path: Path) -> None:
    for name in ("one.nq.gz", "other.nq.gz"):
        dump([b"<urn:s> <urn:p> <urn:o> <urn:g> .\n"], "nquads", tmp_path / name, compress=True)
    assert (tmp_path / "one.nq.gz").read_bytes() == (tmp_path / "other.nq.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.nq.gz").read_bytes()) == b"<urn:s> <urn:p> <urn:o> <urn:g> .\n"


def test_a_dump_that_fails_leaves_nothing_and_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "dump.trig"
    path.write_text("as it was")
    with pytest.raises(SourceError, match="not a statement"):
        dump([b"<urn:s> <urn:p> <urn:o> <urn:g> .\n", b"this is not RDF\n"], "trig", path, compress=False)
    assert path.read_text() == "as it was"
    assert [each.name for each in tmp_path.iterdir()] == ["dump.trig"]


def test_an_unknown_format_is_an_error_that_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(ClustergraphError, match=r"end in one of \.nq, \.trig, \.ttl, \.jsonld"):
        target(tmp_path / "dump.rdf", "dump", None, FORMATS, compress=False)


def test_numbers_are_taken_as_the_store_keeps_them() -> None:
    quad = Quad(NamedNode("urn:s"), NamedNode("urn:p"), Literal("007", datatype=NamedNode(XSD + "int")))
    assert [str(each.object) for each in stored([quad])] == [f'"7"^^<{XSD}integer>']


@pytest.mark.parametrize(
    ("text", "place"),
    [("<urn:s> <urn:p> <urn:o> <urn:g> .\n<urn:s> oops .\n", ":2:"), ("<urn:s> <urn:p> .\n", ":1:")],
)
def test_a_dump_with_a_mistake_says_where_it_is(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "dump.nq.gz"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(SourceError) as error:
        list(lines_of(path))
    assert f"dump.nq.gz{place}" in str(error.value)


def test_a_dump_that_is_cut_off_is_not_read_as_a_shorter_one(tmp_path: Path) -> None:
    path = tmp_path / "dump.nq.gz"
    path.write_bytes(gzip.compress(b"<urn:s> <urn:p> <urn:o> <urn:g> .\n" * 5000)[:-20])
    with pytest.raises(SourceError, match="cannot be read to its end"):
        list(lines_of(path))


def test_a_context_gives_plain_names_and_values() -> None:
    context = JsonLdContext(
        {
            "id": "@id",
            "type": "@type",
            "cg": PREFIXES["cg"],
            "xsd": XSD,
            "Cluster": "cg:Cluster",
            "founded": {"@id": "cg:founded", "@type": "xsd:gYear"},
            "members": {"@id": "cg:value", "@type": "xsd:integer"},
            "name": {"@id": "cg:name", "@language": "en"},
            "region": {"@id": "cg:region", "@type": "@id", "@container": "@set"},
        }
    )
    text = """
    PREFIX cg: <https://w3id.org/clustergraph/ontology/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
    <urn:afil> a cg:Cluster ; cg:founded "2013"^^xsd:gYear ; cg:value 150 ; cg:name "AFIL"@en, "AFIL Lombardia"@it ;
      cg:region <urn:lombardy> .
    """
    lines = list(canonical(parse(text.encode(), RdfFormat.TURTLE)))
    written = b"".join(writers.write(lines, "jsonld", context))
    (node,) = json.loads(written)["@graph"]
    assert node == {
        "id": "urn:afil",
        "type": "Cluster",
        "founded": "2013",
        "members": 150,
        "name": "AFIL",
        "cg:name": {"@value": "AFIL Lombardia", "@language": "it"},
        "region": ["urn:lombardy"],
    }
    assert list(canonical(parse(written, RdfFormat.JSON_LD))) == lines


@pytest.mark.parametrize(
    "context", [{"@vocab": "urn:"}, {"a": {"@reverse": "urn:b"}}, {"a": {"@id": "urn:b", "@container": "@list"}}]
)
def test_a_context_that_would_be_misread_is_refused(tmp_path: Path, context: dict) -> None:
    path = tmp_path / "context.jsonld"
    path.write_text(json.dumps({"@context": context}))
    with pytest.raises(SourceError, match=r"context\.jsonld: not a JSON-LD context"):
        JsonLdContext.read(path)


def test_statements_keep_their_terms() -> None:
    line = b'<urn:s> <urn:p> "a \\"b\\" <c> . d"^^<urn:t> <urn:g> .\n'
    assert Statement.of(line).object == b'"a \\"b\\" <c> . d"^^<urn:t>'
    assert Statement.of(line).line() == line
