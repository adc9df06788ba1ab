"""Places in JSON-LD and RDF/XML, and of blank nodes in every format: the same triples as the engine's, in its order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse, serialize

from clustergraph.build.blanks import Blanks
from clustergraph.build.positions import Index, Place, places
from clustergraph.build.sources import read
from clustergraph.errors import SourceError, Where

E = "http://example.org/"
PATH = Path("a")


def ours(text: str, format_: RdfFormat) -> list[Quad]:
    blanks = Blanks(PATH)
    return [blanks.quad(place.quad()) for place in places(text, format_, E) if place.predicate]


def engines(text: str, format_: RdfFormat) -> list[Quad]:
    blanks = Blanks(PATH)
    return [blanks.quad(quad) for quad in parse(text.encode(), format=format_, base_iri=E)]


def at(text: str, place: Place) -> str:
    return text.split("\n")[place.line - 1][place.column - 1 :]


JSON_LD = """\
{"@context": {"@vocab": "http://example.org/", "e": "http://example.org/", "id": "@id", "type": "@type",
   "sees": {"@reverse": "http://example.org/seenBy"}, "names": {"@container": "@language"},
   "parts": {"@container": "@list"}, "by": {"@container": "@index"}, "ref": {"@type": "@id"},
   "raw": {"@type": "@json"}},
 "@graph": [
  {"name": "before its id",
   "id": "e:a",
   "type": ["C",
            "D"],
   "mixed": [1,
             true,
             {"id": "e:b",
              "inner": "z"},
             {
              "inner": 2.5
             }],
   "list": {"@list": [1,
                      {"id": "e:in-list"},
                      {"deep": 3}]},
   "parts": ["one",
             "two"],
   "@reverse": {"likes": {"id": "e:fan",
                          "name": "fan"}},
   "sees": {"id": "e:seer"},
   "names": {"en": "x",
             "de": "y"},
   "by": {"k1": {"v": 1},
          "k2": {"id": "e:k2"}},
   "raw": {"x": [1, {"y": 2}]},
   "ref": "e:a",
   "self": {"id": "e:a"},
   "typed": {"@value": "1",
             "type": "e:T"},
   "last": 3},
  {"id": "e:graph",
   "@graph": [{"id": "e:in-graph",
               "p": "q"}]},
  {"type": "E",
   "p": {"type": "F"}}
 ]}
"""
RDF_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE rdf:RDF [ <!ENTITY ex "http://example.org/"> <!ELEMENT a (b|c)> ]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://example.org/"
  xmlns:e="http://example.org/">
  <!-- <rdf:Description rdf:about="http://example.org/no"/> -->
  <rdf:Description rdf:about="&ex;a">
    <p>1</p>
    <q rdf:resource="http://example.org/b"/>
    <r>
      <C e:attribute="1">
        <z><![CDATA[<not-a-tag>]]></z>
      </C>
    </r>
  </rdf:Description>
  <C rdf:nodeID="x">
    <l rdf:parseType="Collection">
      <rdf:Description rdf:about="http://example.org/b"/>
      <D/>
    </l>
    <k rdf:parseType="Resource">
      <p rdf:datatype="http://example.org/t">5</p>
    </k>
    <m rdf:parseType="Literal"><b>x</b></m>
  </C>
  <rdf:Seq rdf:about="http://example.org/s"><rdf:li>a</rdf:li>
    <rdf:li rdf:resource="http://example.org/c" />
  </rdf:Seq>
</rdf:RDF>
"""


@pytest.mark.parametrize(("text", "format_"), [(JSON_LD, RdfFormat.JSON_LD), (RDF_XML, RdfFormat.RDF_XML)])
def test_it_reads_what_the_engine_reads_in_its_order(text: str, format_: RdfFormat) -> None:
    assert ours(text, format_) == engines(text, format_)


def test_json_ld_places_every_triple_and_subject() -> None:
    found = list(places(JSON_LD, RdfFormat.JSON_LD, E))
    reverse = (NamedNode(E + "likes"), NamedNode(E + "seenBy"))
    for place in found:
        here = at(JSON_LD, place)
        if isinstance(place.object, Literal) and not place.object.datatype.value.endswith("JSON"):
            assert here.lstrip('"').startswith(place.object.value.removesuffix("E0")), place
        elif isinstance(place.object, NamedNode) and place.predicate not in reverse:
            local = place.object.value.rpartition("/")[2].rpartition("#")[2]
            assert local in here.split("\n")[0] or local in ("nil", "in-list", "m"), place
    subjects = {place.subject: at(JSON_LD, place) for place in reversed(found) if place.predicate is None}
    for name in ("a", "b", "fan", "seer", "in-graph"):
        assert subjects[NamedNode(E + name)].startswith(f'"e:{name}"')
    assert sum(text.startswith("{") for text in subjects.values()) >= 5


def test_rdf_xml_places_every_subject_at_its_element_and_every_triple_at_its_property() -> None:
    lines = {
        (place.subject.value.rpartition("/")[2], place.predicate and place.predicate.value.rpartition("/")[2]): (
            place.line,
            at(RDF_XML, place).split()[0],
        )
        for place in places(RDF_XML, RdfFormat.RDF_XML, E)
        if isinstance(place.subject, NamedNode) or place.subject == BlankNode("x")
    }
    assert lines["a", None] == (6, "<rdf:Description")
    assert lines["a", "p"] == (7, "<p>1</p>")
    assert lines["a", "q"][0] == 8
    assert lines["a", "r"] == (9, "<r>")
    assert lines["x", None] == (15, "<C")
    assert lines["x", "l"][0] == 16
    assert lines["x", "k"][0] == 20
    assert lines["s", None] == (25, "<rdf:Seq")


nodes = st.sampled_from(["a", "b", "c"]).map(lambda name: {"@id": E + name})
scalars = st.one_of(st.integers(-9, 9), st.text('xyé"\\', max_size=3), st.booleans())
values = st.recursive(
    scalars | nodes,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner.filter(lambda value: not isinstance(value, list)), max_size=3).map(
            lambda items: {"@list": items}
        ),
        st.dictionaries(st.sampled_from(["p", "q", "r"]), inner, max_size=3),
        st.builds(
            lambda described, name, kind: {**described, "@id": E + name, "@type": kind},
            st.dictionaries(st.sampled_from(["p", "q"]), inner, max_size=2),
            st.sampled_from(["a", "b"]),
            st.sampled_from(["C", ["C", "D"]]),
        ),
    ),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from(["p", "q", "r"]), values, max_size=3), max_size=3))
def test_json_ld_of_any_shape_is_read_as_the_engine_reads_it(documents: list[dict]) -> None:
    text = json.dumps({"@context": {"@vocab": E}, "@graph": documents}, ensure_ascii=False, indent=1)
    try:
        wanted = engines(text, RdfFormat.JSON_LD)
    except SyntaxError:
        return  # such as a list in a list that the engine does not take
    assert ours(text, RdfFormat.JSON_LD) == wanted


terms = st.sampled_from(["<a>", "1", "2.5", "true", '"x"', '"y"@en', '"z"^^<t>', "_:b", "[]", "()", "'''l'''"])
objects = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"( {' '.join(items)} )"),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: f"[ <p> {' , '.join(items)} ; <q> {items[0]} ]"),
    ),
    max_leaves=8,
)
subjects = st.sampled_from(["<s>", "_:b", "[]", '( 1 "x" [ <p> "k" ] )', '[ <p> ( "x" "y" ) ]'])


@given(st.lists(st.tuples(subjects, objects, objects), max_size=3), st.booleans())
def test_turtle_of_any_shape_gives_triples_in_the_order_of_the_engine(
    statements: list[tuple[str, str, str]], braces: bool
) -> None:
    text = "\n".join(f"{subject} <p> {one} ; <q> {two} ." for subject, one, two in statements)
    text = f"_:g {{ {text} }}" if braces else text
    assert ours(text, RdfFormat.TRIG) == engines(text, RdfFormat.TRIG)


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld", "rdf"])
def test_blank_nodes_are_found_where_they_are_written(tmp_path: Path, suffix: str) -> None:
    turtle = "".join(
        f"<http://e.org/s{n}> <http://e.org/knows> [ <http://e.org/name> 'n{n}' ] .\n" for n in range(20)
    ).encode()
    path = tmp_path / f"a.{suffix}"
    format_ = RdfFormat.from_extension(suffix)
    path.write_bytes(turtle if suffix == "ttl" else serialize(parse(turtle, format=RdfFormat.TURTLE), format=format_))
    index = Index([tmp_path / "empty.ttl", path])
    (tmp_path / "empty.ttl").write_text("")
    lines = path.read_text().split("\n")
    for quad in read(path):
        if isinstance(quad.subject, BlankNode):
            where = index.find(quad.subject, quad.predicate, quad.object)
            assert where is not None
            assert quad.object.value in lines[where.line - 1]


@pytest.mark.parametrize(
    "reference", ["http://e.org/ns#", "", "#", "?", "a#", "../x", "//h/p", "http://e.org/a/../b", "."]
)
def test_references_mean_what_they_mean_to_the_engine(reference: str) -> None:
    text = f"@prefix e: <{reference}> .\ne:x <{reference}> e: ."
    for base in (E, "http://e.org/b/c?d"):
        wanted = list(parse(text, format=RdfFormat.TURTLE, base_iri=base))
        assert [place.quad() for place in places(text, RdfFormat.TURTLE, base) if place.predicate] == wanted


def test_a_subject_is_found_where_its_class_is_given(tmp_path: Path) -> None:
    mention, description = tmp_path / "a.ttl", tmp_path / "b.ttl"
    mention.write_text("<e:x> <e:p> 1 .")
    description.write_text("<e:y> <e:p> 1 .\n\n  <e:x> a <e:C> .")
    assert Index([mention, description]).find(NamedNode("e:x"), NamedNode("e:missing")) == Where(description, 3, 3)


def test_what_is_only_named_is_found_where_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("<e:x> <e:p> 1 ;\n  <e:q> <e:named> .")
    for wanted in (None, frozenset([NamedNode("e:named")])):
        index = Index([path], wanted=wanted)
        assert index.find(NamedNode("e:named"), NamedNode("e:missing")) == Where(path, 2, 9)
        assert index.find(NamedNode("e:nowhere")) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "a.ttl",
            "[ <e:p> 1 ] <e:q> ( 2 [ <e:r> '.' ] ) . <e:x> <e:p> 1, [ <e:q> 2 ] ; <e:q> ( 3 ) .\n<e:y> <e:p> 1 .",
        ),
        (
            "a.trig",
            "<e:g> { ( 1 2 ) <e:q> 1 . <e:x> <e:p> 1 . <e:z> <e:q> ( 1 ) }\n<e:y> <e:p> 1 . { <e:z> <e:q> '}' }",
        ),
        ("a.nq", '<e:x> <e:p> <e:z> <e:g> .\n<e:y> <e:p> "1" .'),
        ("a.jsonld", '[{"@id": "e:x", "e:p": 1},\n{"@id":  "e:y", "e:p": 1}]'),
    ],
)
def test_only_the_wanted_subjects_are_kept(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    index = Index([path], wanted=frozenset([NamedNode("e:y")]))
    found = index.find(NamedNode("e:y"), NamedNode("e:p"))
    assert found is not None
    assert found.line == 2
    assert index.find(NamedNode("e:x")) is None


@pytest.mark.parametrize("text", ["{", '{"a": }', "[1,]", '{"a" 1}', '{"a": 1} x', '"\\', ""])
def test_json_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(SourceError):
        list(places(text, RdfFormat.JSON_LD))


def test_xml_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(SourceError):
        list(places("<a>\n<b></a>", RdfFormat.RDF_XML))


def test_a_file_whose_places_cannot_be_told_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonld"
    path.write_text("{")
    assert Index([path]).find(NamedNode("e:x")) is None
