"""The canonical writer: files are its fixed point, and it loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, RdfFormat, parse

from clustergraph.formats import of_file
from clustergraph.rdf import turtle
from clustergraph.rdf.reading import rdf_files
from tests.conftest import ROOT

FILES = rdf_files(ROOT / "ontology", ROOT / "shapes", ROOT / "data")

IRIS = st.sampled_from(
    [NamedNode("https://w3id.org/clustergraph/id/organisation/afil"), NamedNode("http://e.org/a b".replace(" ", "%20")),
     NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), NamedNode("http://e.org/é.")]
)  # fmt: skip
BLANKS = st.sampled_from([BlankNode(name) for name in "abcd"])
LITERALS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\n\t\r"\\#\x85\u2028\x0b')).map(Literal),
    st.text(max_size=4, alphabet="xyz").map(lambda value: Literal(value, language="en")),
    st.integers().map(Literal),
    st.booleans().map(Literal),
    st.sampled_from(["1.5", "1.", ".5", "1", "abc"]).map(
        lambda value: Literal(value, datatype=NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))
    ),
)
QUADS = st.builds(Quad, IRIS | BLANKS, IRIS, IRIS | BLANKS | LITERALS, IRIS)


def canonical_set(quads: list[Quad]) -> Dataset:
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


@given(st.lists(QUADS, max_size=12))
def test_what_is_written_reads_back_the_same(quads: list[Quad]) -> None:
    text = turtle.write(quads)
    assert canonical_set(list(parse(text.encode(), format=RdfFormat.TRIG))) == canonical_set(quads)


@given(st.lists(QUADS, max_size=12))
def test_order_does_not_matter(quads: list[Quad]) -> None:
    assert turtle.write(quads) == turtle.write(reversed(quads))


@given(st.lists(QUADS, max_size=8))
def test_writing_is_a_fixed_point(quads: list[Quad]) -> None:
    text = turtle.write(quads)
    assert turtle.write(parse(text.encode(), format=RdfFormat.TRIG)) == text


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_canonical(path: Path) -> None:
    text = path.read_text("utf-8")
    format_ = of_file(path)
    assert format_ is not None
    assert turtle.canonical(text, format_) == text, "run `clustergraph format`"


def test_lists_and_nested_nodes_are_written_where_they_are_used() -> None:
    text = "@prefix cg: <https://w3id.org/clustergraph/ontology/> . cg:a cg:p ( 1 cg:b ) , [ cg:q [] ] ."
    written = turtle.write(parse(text.encode(), format=RdfFormat.TURTLE))
    assert "( 1 cg:b )" in written
    assert "_:" not in written
