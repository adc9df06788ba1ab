"""Places in files: every statement that the engine reads has a place, and what is written there is its object."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse, serialize

from clustergraph.errors import Where
from clustergraph.rdf import positions
from clustergraph.rdf.places import Places
from clustergraph.rdf.reading import Blanks, rdf_files, read

ROOT = Path(__file__).parents[2]
E = "http://example.org/"
A, B, P, Q = (NamedNode(E + name) for name in "abpq")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def located(text: str, format_: RdfFormat, base: str = E) -> list[positions.Located]:
    """Return what is found, with names of blank nodes that are the same each time."""
    content, blanks = text.encode(), Blanks(Path("a"))
    found = positions.located(content, format_, base)
    return [each._replace(quad=blanks.quad(each.quad)) for each in found]


def engines(text: str, format_: RdfFormat) -> list[Quad]:
    blanks = Blanks(Path("a"))
    return [blanks.quad(quad) for quad in parse(text.encode(), format=format_, base_iri=E)]


def at(text: str, start: int) -> str:
    return text.encode()[start:].decode()


def line(text: str, start: int) -> int:
    return text.encode()[:start].count(b"\n") + 1


SNIPPETS = {
    "prefixes": "@prefix e: <http://e.org/> .\nPREFIX : <http://f.org/>\ne:a :b e:c, :d ; a :C ;; .",
    "dots in names": "prefix e: <http://e.org/> e:a.b e:c..d e:1.e .",
    "full stop after a name": "@prefix e: <http://e.org/>. e:a e:b e:c. e:d e:e e:f.",
    "escapes in names": r"@prefix e: <http://e.org/> . e:a\,b e:%20x e:y\/z .",
    "colons in names": "@prefix e: <http://e.org/> . e:a:b e::c e:d: .",
    "letters of all kinds": "@prefix é: <http://e.org/> . é:Clúster é:ß é:日本·x .",
    "escapes in iris": r"<http://e.org/\u00e9> <http://e.org/p> <http://e.org/\U0001F600> .",
    "base": "@base <http://e.org/a/> . <b> <#p> <../c> . BASE <http://f.org/> <> <x?y> <z> .",
    "numbers": "<e:a> <e:p> 1, -2, +3.5, .5, 1e3, 1.E-3, .2E+1, true, false .",
    "a number and a full stop": "<e:a> <e:p> 1.<e:b> <e:p> 2.5.",
    "short strings": r"""<e:a> <e:p> "x\"y", 'it\'s', "", '', "\t\n\\", "é\u00e9" .""",
    "long strings": '<e:a> <e:p> """a "quoted" ""text""", """\n# no comment . ;\n""", \'\'\'it\'s\n\'\'\' .',
    "quote before the end": '<e:a> <e:p> """a\\"""" , """""" , "x" .',
    "languages and datatypes": '<e:a> <e:p> "a"@en, "b"@en-GB , "c"^^<e:t>, "prefix"@prefix .',
    "comments": "# one\n<e:a> # <e:x>\n <e:p> <http://e.org/#frag> # end\n. # last",
    "blank nodes": "_:a <e:p> _:b.c , _:1 . [] <e:p> [] . [ <e:p> [ <e:q> 1 ; a <e:C> ] ]  . [ <e:p> 1 ] <e:q> 2 .",
    "collections": "<e:a> <e:p> ( 1 ( <e:b> [ <e:q> () ] ) 'x' ) , () . ( 1 ) <e:p> 2 .",
    "graphs": "<e:g> { <e:a> <e:p> 1 . <e:b> <e:p> [ <e:q> 2 ] } { <e:c> <e:p> 3 . } GRAPH <e:h> { } <e:d> <e:p> 4 .",
    "blank graph": "_:g { <e:a> <e:p> _:g } <e:b> <e:p> 1 .",
    "names like keywords": "@prefix a: <e:a/> . @prefix graph: <e:g/> . graph:x a a:true . "
    "graph:x a:p true, a:a . graph:y { a:b a a:c }",
    "windows lines": '<e:a>\r\n  <e:p> 1 ,\r\n """x\r\ny""" .\r\n',
    "nothing": "# only a comment",
}


@pytest.mark.parametrize("text", SNIPPETS.values(), ids=SNIPPETS)
def test_it_says_what_the_engine_says(text: str) -> None:
    assert [each.quad for each in located(text, RdfFormat.TRIG)] == engines(text, RdfFormat.TRIG)


@pytest.mark.parametrize("name", [name for name in SNIPPETS if name != "a number and a full stop"])
def test_every_object_is_found_where_it_is_written(name: str) -> None:
    text = SNIPPETS[name]
    for quad, of_subject, of_object in located(text, RdfFormat.TRIG):
        assert quad.predicate.value == RDF + "rest" or _is_written(text, of_object, quad.object), quad
        assert _is_written(text, of_subject, quad.subject), quad


@pytest.mark.parametrize(
    "path",
    [path for name in ("ontology", "shapes", "data") for path in rdf_files(ROOT / name)],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_places_in_the_files_of_the_project(path: Path) -> None:
    text = path.read_text("utf-8")
    format_ = RdfFormat.from_extension(path.suffix[1:])
    assert format_ is not None
    found = located(text, format_)
    assert [each.quad for each in found] == engines(text, format_)
    for quad, _, of_object in found:
        if not quad.predicate.value.startswith(RDF + "rest"):
            here = text.encode()[of_object : of_object + 200]
            assert _starts(here.decode(errors="ignore"), quad.object), quad


def _is_written(text: str, start: int, node: object) -> bool:
    return _starts(at(text, start), node)


def _starts(here: str, node: object) -> bool:
    if isinstance(node, Literal):
        return here.startswith((f'"{node.value[:1]}', f"'{node.value[:1]}", '"""', "'''", '"\\', node.value))
    if isinstance(node, NamedNode):
        local = node.value.rsplit("/")[-1].rsplit("#")[-1].replace(",", "\\,")
        return here.startswith(("<", ")", "()", "(", "a")) or local in here.split()[0]
    return here.startswith(("_:", "[", "("))


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
def test_other_formats_say_what_the_engine_says(text: str, format_: RdfFormat) -> None:
    assert [each.quad for each in located(text, format_)] == engines(text, format_)


def test_json_ld_places_every_statement_and_subject() -> None:
    # What leads backwards, or from an index, has the place of its node.
    elsewhere = [NamedNode(E + name) for name in ("likes", "seenBy", "by")]
    subjects: dict[object, str] = {}
    for quad, of_subject, of_object in located(JSON_LD, RdfFormat.JSON_LD):
        here = at(JSON_LD, of_object)
        subjects.setdefault(quad.subject, at(JSON_LD, of_subject))
        if isinstance(quad.object, Literal) and not quad.object.datatype.value.endswith("JSON"):
            assert here.lstrip('"').startswith(quad.object.value.removesuffix("E0")), quad
        elif isinstance(quad.object, NamedNode) and quad.predicate not in elsewhere:
            local = quad.object.value.rpartition("/")[2].rpartition("#")[2]
            assert local in here.split("\n")[0] or local == "nil", quad
    for name in ("a", "b", "fan", "seer", "in-graph"):
        assert subjects[NamedNode(E + name)].startswith(f'"e:{name}"')
    assert sum(text.startswith("{") for text in subjects.values()) >= 4


def test_rdf_xml_places_every_subject_at_its_element_and_every_statement_at_its_property() -> None:
    found = {}
    for quad, of_subject, of_object in located(RDF_XML, RdfFormat.RDF_XML):
        name = quad.predicate.value.rpartition("/")[2]
        found[str(quad.subject).strip("<>").rpartition("/")[2], name] = (
            (line(RDF_XML, of_subject), at(RDF_XML, of_subject).split()[0]),
            (line(RDF_XML, of_object), at(RDF_XML, of_object).split()[0]),
        )
    assert found["a", "p"] == ((6, "<rdf:Description"), (7, "<p>1</p>"))
    assert found["a", "q"][1][0] == 8
    assert found["a", "r"][1] == (9, "<r>")
    assert found["s", "22-rdf-syntax-ns#_1"][0] == (25, "<rdf:Seq")
    blank = {name: places for (subject, name), places in found.items() if subject.startswith("_:")}
    assert blank["z"] == ((10, "<C"), (11, "<z><![CDATA[<not-a-tag>]]></z>"))
    assert (blank["l"][1][0], blank["k"][1][0], blank["m"][1][0]) == (16, 20, 23)
    assert blank["l"][0] == (15, "<C")


json_nodes = st.sampled_from(["a", "b", "c"]).map(lambda name: {"@id": E + name})
scalars = st.one_of(st.integers(-9, 9), st.text('xyé"\\', max_size=3), st.booleans())
json_values = st.recursive(
    scalars | json_nodes,
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


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["p", "q", "r"]), json_values, max_size=3), max_size=3))
@example([{"p": [{"@list": []}, {"p": 0}]}])
@example([{"p": [{"@set": []}, {"p": 0}]}])
@example([{"p": [{"@list": [{"@set": []}]}, {"p": 0}]}])
def test_json_ld_of_any_shape_has_a_place_for_every_statement(documents: list[dict[str, object]]) -> None:
    text = json.dumps({"@context": {"@vocab": E}, "@graph": documents}, ensure_ascii=False, indent=1)
    try:
        wanted = engines(text, RdfFormat.JSON_LD)
    except SyntaxError:
        return  # such as a list in a list that the engine does not take
    found = located(text, RdfFormat.JSON_LD)
    assert [each.quad for each in found] == wanted
    for quad, _, of_object in found:
        if isinstance(quad.object, Literal):
            here = json.JSONDecoder().raw_decode(at(text, of_object))[0]
            assert (str(here).lower() if isinstance(here, bool) else str(here)) == quad.object.value


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


@settings(deadline=None)
@given(st.lists(st.tuples(subjects, objects, objects), max_size=3), st.booleans())
def test_turtle_of_any_shape_has_a_place_for_every_object(statements: list[tuple[str, str, str]], braces: bool) -> None:
    text = "\n".join(f"{subject} <p> {one} ; <q> {two} ." for subject, one, two in statements)
    text = f"_:g {{ {text} }}" if braces else text
    found = located(text, RdfFormat.TRIG)
    assert [each.quad for each in found] == engines(text, RdfFormat.TRIG)
    for quad, of_subject, of_object in found:
        if quad.predicate.value != RDF + "rest":
            assert _is_written(text, of_object, quad.object), (text, quad)
            assert at(text, of_subject).startswith(("<", "_:", "[", "(")), (text, quad)


TEXT = '''\
@prefix e: <http://example.org/> .

e:g {
    e:a e:p e:b ,
            "été"@fr ; e:q """two
lines""", 3 .
    e:b e:p [ e:q 4 ] .
}
'''


def test_places_count_lines_and_columns_in_characters(tmp_path: Path) -> None:
    path = tmp_path / "a.trig"
    path.write_text(TEXT)
    index = Places([path])
    found = [index.find(quad.subject, quad.predicate, quad.object) for quad in read(path)]
    assert sorted((where.line, where.column) for where in found if where) == [
        (4, 13),
        (5, 13),
        (5, 28),
        (6, 11),
        (7, 13),
        (7, 19),
    ]


def test_a_statement_is_found_or_what_is_nearest(tmp_path: Path) -> None:
    path = tmp_path / "a.trig"
    path.write_text(TEXT)
    index = Places([tmp_path / "not.read.txt", path])
    assert index.find(A, P, B) == Where(path, 4, 13)
    assert index.find(A, None, Literal("été", language="fr")) == Where(path, 5, 13)
    assert index.find(A, Q, Literal("not there")) == Where(path, 5, 28)
    assert index.find(A, NamedNode(E + "none")) == Where(path, 4, 5)
    assert index.find(B) == Where(path, 7, 5)
    assert index.find(NamedNode(E + "c"), P) is None
    assert index.value(Literal("été", language="fr"), {P}) == Where(path, 5, 13)
    assert index.value(Literal("été", language="fr"), {Q}) is None


def test_places_in_one_long_line_are_counted_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "a.nt"
    path.write_text("".join(f"<e:s{n}> <e:p> 'é{n}' . " for n in range(100)))
    path = path.rename(path.with_suffix(".ttl"))
    index, text = Places([path]), path.read_text()
    for n in (50, 7, 99, 7):
        where = index.find(NamedNode(f"e:s{n}"), NamedNode("e:p"))
        assert where is not None
        assert where.column is not None
        assert text[where.column - 1 :].startswith(f"'é{n}'")


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld", "rdf"])
def test_blank_nodes_are_found_where_they_are_written(tmp_path: Path, suffix: str) -> None:
    turtle = "".join(
        f"<http://e.org/s{n}> <http://e.org/knows> [ <http://e.org/name> 'n{n}' ] .\n" for n in range(20)
    ).encode()
    path = tmp_path / f"a.{suffix}"
    format_ = RdfFormat.from_extension(suffix)
    path.write_bytes(turtle if suffix == "ttl" else serialize(parse(turtle, format=RdfFormat.TURTLE), format=format_))
    index = Places([tmp_path / "empty.ttl", path])
    (tmp_path / "empty.ttl").write_text("")
    lines = path.read_text().split("\n")
    for quad in read(path):
        if isinstance(quad.subject, BlankNode):
            where = index.find(quad.subject, quad.predicate, quad.object)
            assert where is not None
            assert quad.object.value in lines[where.line - 1]


def test_a_subject_is_found_where_its_class_is_given(tmp_path: Path) -> None:
    mention, description = tmp_path / "a.ttl", tmp_path / "b.ttl"
    mention.write_text("<e:x> <e:p> 1 .")
    description.write_text("<e:y> <e:p> 1 .\n\n  <e:x> a <e:C> .")
    assert Places([mention, description]).find(NamedNode("e:x"), NamedNode("e:missing")) == Where(description, 3, 3)


def test_what_is_only_named_is_found_where_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("<e:x> <e:p> 1 ;\n  <e:q> <e:named> .")
    for wanted in (None, frozenset([NamedNode("e:named")])):
        index = Places([path], wanted=wanted)
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
    index = Places([path], wanted=frozenset([NamedNode("e:y")]))
    found = index.find(NamedNode("e:y"), NamedNode("e:p"))
    assert found is not None
    assert found.line == 2
    assert index.find(NamedNode("e:x")) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.jsonld", "{"), ("a.rdf", "<a>\n<b></a>"), ("a.ttl", "<a> <b>"), ("b.jsonld", '"\\'), ("a.trig", "%")],
)
def test_a_file_that_cannot_be_read_has_no_places(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert Places([path]).find(NamedNode("e:x")) is None


@pytest.mark.parametrize("graph", [
    [{"@id": f"http://example.org/{n}#it", "e:p": n, "e:q": {"@id": f"http://example.org/{n}/"}} for n in range(3_000)],
    [{"@id": "e:a", "e:p": n} for n in range(5_000)],
    [{"@id": "e:a", "e:t": ["Foo"] * 1_500, "e:q": [*range(1_500)]}],
])  # fmt: skip
@pytest.mark.slow
def test_many_nodes_and_values_that_look_alike_in_json_ld_are_soon_found(graph: list[object]) -> None:
    context = {"Foo": "e:bar", "e:t": {"@type": "@vocab"}}
    text = json.dumps({"@context": context, "@graph": graph}).encode()
    started = time.process_time()
    found = list(positions.located(text, RdfFormat.JSON_LD, ""))
    assert time.process_time() - started < 6
    assert len({each.subject for each in found}) == len(graph)
