"""Faulty files of many kinds and formats: each finding is at the place where the fault is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from clustergraph.errors import SourceError
from clustergraph.pipeline.material import Material
from clustergraph.rdf.labels import Labels, shorten
from clustergraph.shacl.findings import Finding
from clustergraph.shacl.validate import InvalidShapesError

HEAD = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix e: <http://e.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
"""
TURTLE = "@prefix e: <http://e.org/> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e.org/">\n'
CONTEXT = '{"@context": {"@vocab": "http://e.org/", "e": "http://e.org/"},\n'
TYPED = "<http://e.org/x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e.org/C> .\n"

# What a shape of the class e:C demands, the file, and in it the place of the fault behind a mark.
FAULTS = {
    "a value that is missing (Turtle)": (
        "sh:path e:name ; sh:minCount 1",
        "a.ttl",
        TURTLE + "\n  ^e:x a e:C ;\n e:p 1 .",
    ),
    "a value too many (Turtle)": (
        "sh:path e:p ; sh:maxCount 1",
        "a.ttl",
        TURTLE + "e:x a e:C ;\n  e:p ^1 ,\n  2 .",
    ),
    "a wrong datatype (Turtle)": (
        "sh:path e:p ; sh:datatype xsd:integer",
        "a.ttl",
        TURTLE + "e:x a e:C ;\n  e:p 1 ,\n      ^'two' , 3 .",
    ),
    "an ill-formed literal (Turtle)": (
        "sh:path e:p ; sh:datatype xsd:date",
        "a.ttl",
        TURTLE + 'e:x a e:C ;\n  e:p "2024-01-01"^^xsd:date ,\n ^"2024-02-31"^^xsd:date .',
    ),
    "a value of a wrong class (TriG)": (
        "sh:path e:p ; sh:class e:D",
        "a.trig",
        TURTLE + "e:g { e:x a e:C ;\n  e:p e:d , ^e:c . }\ne:g { e:d a e:D }",
    ),
    "a wrong kind of node (TriG)": (
        "sh:path e:p ; sh:nodeKind sh:IRI",
        "a.trig",
        TURTLE + "GRAPH e:g {\n  e:x a e:C ; e:p e:y ,\n    ^[ e:q 1 ] .\n}",
    ),
    "a text that does not match (N-Triples)": (
        "sh:path e:p ; sh:pattern '^[a-z]+$'",
        "a.nt",
        TYPED + '<http://e.org/x> <http://e.org/p> "fine" .\n<http://e.org/x> <http://e.org/p> ^"NOT" .\n',
    ),
    "a text that is too short (N-Quads)": (
        "sh:path e:p ; sh:minLength 3",
        "a.nq",
        TYPED + '<http://e.org/x> <http://e.org/p> ^"ab" <http://e.org/h> .\n',
    ),
    "a code that is not in the list (JSON-LD)": (
        "sh:path e:p ; sh:in ( 'a' 'b' )",
        "a.jsonld",
        CONTEXT + '"@graph": [\n {"@id": "e:x",\n  "p": ["a",\n        ^"z"],\n  "@type": "C"}]}',
    ),
    "a missing value in a node without a name (JSON-LD)": (
        "sh:path e:name ; sh:minCount 1",
        "a.jsonld",
        CONTEXT + '"@graph": [\n {"@id": "e:y", "knows":\n   ^{"@type": "C",\n    "age": 3}}]}',
    ),
    "a number that is too large (JSON-LD)": (
        "sh:path e:p ; sh:maxInclusive 9",
        "a.jsonld",
        CONTEXT + ' "@id": "e:x", "@type": "C",\n "p": [9,\n   ^10]}',
    ),
    "a missing value (RDF/XML)": (
        "sh:path e:name ; sh:minCount 1",
        "a.rdf",
        XML + ' ^<e:C rdf:about="http://e.org/x">\n  <e:p>1</e:p>\n </e:C>\n</rdf:RDF>',
    ),
    "a wrong datatype (RDF/XML)": (
        "sh:path e:p ; sh:datatype xsd:integer",
        "a.rdf",
        XML + ' <e:C rdf:about="http://e.org/x">\n  ^<e:p>one</e:p>\n </e:C>\n</rdf:RDF>',
    ),
    "a language that is not allowed (Turtle)": (
        "sh:path e:p ; sh:languageIn ( 'en' 'fr' )",
        "a.ttl",
        TURTLE + "e:x a e:C ; e:p 'a'@en,\n ^'b'@de .",
    ),
    "two texts in one language (Turtle)": (
        "sh:path e:p ; sh:uniqueLang true",
        "a.ttl",
        TURTLE + "e:x a e:C ;\n e:p ^'a'@en , 'b'@en .",
    ),
    "an end before its beginning (Turtle)": (
        "sh:path e:from ; sh:lessThan e:to",
        "a.ttl",
        TURTLE + "e:x a e:C ; e:to 3 ;\n  e:from 1 , ^5 .",
    ),
    "a value that has to be there (Turtle)": (
        "sh:path e:p ; sh:hasValue e:z",
        "a.ttl",
        TURTLE + "e:x a e:C ;\n  e:p ^e:y .",
    ),
    "a value that two properties share (Turtle)": (
        "sh:path e:p ; sh:disjoint e:q",
        "a.ttl",
        TURTLE + "e:x a e:C ;\n  e:q 1 ;\n  e:p 2 , ^1 .",
    ),
    "a property that is not allowed (Turtle)": (
        "sh:closed true ; sh:ignoredProperties ( rdf:type ) ; sh:property [ sh:path e:p ]",
        "a.ttl",
        TURTLE + "e:x a e:C ;\n  e:p 1 ;\n  e:other ^2 .",
    ),
    "a value that is none of several kinds (Turtle)": (
        "sh:path e:p ; sh:or ( [ sh:datatype xsd:integer ] [ sh:nodeKind sh:IRI ] )",
        "a.ttl",
        TURTLE + "e:x a e:C ; e:p 1 , e:y ,\n\n ^'z' .",
    ),
    "a value of the kind that is excluded (Turtle)": (
        "sh:path e:p ; sh:not [ sh:class e:D ]",
        "a.ttl",
        TURTLE + "e:d a e:D . e:x a e:C ; e:p 1 ,\n ^e:d .",
    ),
    "a node that does not fit inside (Turtle)": (
        "sh:path e:address ; sh:node [ sh:property [ sh:path e:city ; sh:minCount 1 ] ]",
        "a.ttl",
        TURTLE + "e:x a e:C ;\n  e:address\n   ^[ e:street 'S' ] .",
    ),
    "too few of a kind (Turtle)": (
        "sh:path e:p ; sh:qualifiedValueShape [ sh:class e:D ] ; sh:qualifiedMinCount 1",
        "a.ttl",
        TURTLE + "e:x a e:C ;\n  e:p ^1 .",
    ),
    "what a query finds (Turtle)": (
        'sh:sparql [ sh:message "x" ; sh:select "SELECT $this ?value WHERE { $this <http://e.org/p> ?value }" ]',
        "a.ttl",
        TURTLE + "\n^e:x a e:C ; e:p 1 .",
    ),
    "a step backwards (Turtle)": (
        "sh:path [ sh:inversePath e:owns ] ; sh:maxCount 0",
        "a.ttl",
        TURTLE + "e:o e:owns e:x .\n\n^e:x a e:C .",
    ),
}


def examined(folder: Path, demand: str, name: str, text: str) -> list[Finding]:
    (folder / "shapes.ttl").write_text(f"{HEAD}e:S a sh:NodeShape ; sh:targetClass e:C ; {demand} .")
    (folder / name).write_text(text)
    return Material.read([folder / name], [folder / "shapes.ttl"]).findings()


@pytest.mark.parametrize(("demand", "name", "marked"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_where_it_is(tmp_path: Path, demand: str, name: str, marked: str) -> None:
    if demand.startswith("sh:path"):
        demand = f"sh:property [ {demand} ]"
    at = re.search(r"\^(?=[^\^a-z]|e:|'|<)(?!\^)", marked)
    assert at
    line, column = marked.count("\n", 0, at.start()) + 1, at.start() - marked.rfind("\n", 0, at.start())
    findings = examined(tmp_path, demand, name, marked[: at.start()] + marked[at.end() :])
    assert findings, "nothing is found"
    assert [(found.where.path.name, found.where.line, found.where.column) for found in findings[:1]] == [
        (name, line, column)
    ]


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.ttl", "@prefix e: <http://e.org/> .\ne:x e:p .", "a.ttl:2:"),
        ("a.trig", "<e:g> {\n <e:x> <e:p> }", "a.trig:2:"),
        ("a.nt", "<e:x> <e:p> 1 .", "a.nt:1:"),
        ("a.nq", "<e:x> <e:p> <e:y> <e:g>", "a.nq:1:"),
        ("a.jsonld", '{"a":\n }', "a.jsonld:2:"),
        ("a.rdf", "<a>\n</b>", "a.rdf:"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, name: str, text: str, place: str) -> None:
    with pytest.raises(SourceError) as caught:
        examined(tmp_path, "sh:nodeKind sh:IRI", name, text)
    assert place in str(caught.value)


def test_shapes_and_data_may_be_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "all.ttl"
    path.write_text(
        HEAD + "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:p ; sh:minCount 1 ] .\n e:x a e:C ."
    )
    (finding,) = Material.read([path]).findings()
    assert (finding.where.line, finding.where.column) == (6, 2)


def test_shapes_among_the_data_folder_are_not_data(tmp_path: Path) -> None:
    examined(tmp_path, "sh:nodeKind sh:IRI", "a.ttl", "<e:x> a <http://e.org/C> .")
    hidden = tmp_path / ".cache"
    hidden.mkdir()
    (hidden / "b.ttl").write_text("%")
    material = Material.read([tmp_path], [tmp_path / "shapes.ttl"])
    assert [path.name for path in material.files] == ["a.ttl"]
    assert material.findings() == []


@pytest.mark.parametrize(
    ("data", "shapes", "said"),
    [
        ("a.ttl", ["none.ttl"], "no such file"),
        ("a.ttl", ["a.ttl"], "there are no shapes in"),
        ("a.ttl", [], "there are no shapes in"),
        ("empty", [], "there is no RDF in"),
        ("a.txt", [], "is not RDF"),
    ],
)
def test_what_cannot_be_run_says_why(tmp_path: Path, data: str, shapes: list[str], said: str) -> None:
    (tmp_path / "a.ttl").write_text("<e:x> a <e:C> .")
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=said):
        Material.read([tmp_path / data], [tmp_path / name for name in shapes])


def test_shapes_that_are_wrong_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidShapesError):
        examined(tmp_path, "sh:property [ sh:path e:p ; sh:minCount 'one' ]", "a.ttl", "<e:x> a <http://e.org/C> .")


def test_both_engines_find_the_same(tmp_path: Path) -> None:
    text = TURTLE + "e:x a e:C ; e:p 'a' , 3 .\n[] a e:C ; e:p 'b' ."
    examined(tmp_path, "sh:property [ sh:path e:p ; sh:datatype xsd:integer ]", "a.ttl", text)
    material = Material.read([tmp_path / "a.ttl"], [tmp_path / "shapes.ttl"])
    places = [
        {(f.where.line, f.where.column) for f in material.findings(engine=name)} for name in ("sparql", "pyshacl")
    ]
    assert places[0] == places[1] == {(3, 17), (4, 16)}


def test_findings_have_labels_and_what_would_mend_them(tmp_path: Path) -> None:
    demand = "sh:property [ sh:path e:legs ; sh:datatype xsd:integer ; sh:maxCount 1 ]"
    examined(tmp_path, demand, "a.ttl", "")
    (tmp_path / "a.ttl").write_text(
        TURTLE + "e:rex a e:C ; e:legs 'four' ;\n <http://www.w3.org/2000/01/rdf-schema#label> 'Rex' ."
    )
    material = Material.read([tmp_path / "a.ttl"], [tmp_path / "shapes.ttl"])
    (finding,) = material.findings()
    assert finding.reason().startswith("Rex, e:legs “four”: ")
    assert finding.shape.label == "about e:legs"
    assert finding.fix == "e:legs: at most 1 value; each is a whole number (xsd:integer)"


def test_labels_are_english_where_there_is_a_choice(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    name = "<http://www.w3.org/2000/01/rdf-schema#label>"
    path.write_text(f"@prefix z: <http://z.example/> . z:a {name} 'chat'@fr , 'cat'@en , 'Katze'@de . z:b {name} 'b' .")
    material_labels = Labels([path])
    from clustergraph.rdf.reading import read

    assert len(list(material_labels.noting(read(path)))) == 4
    assert [material_labels(NamedNode(f"http://z.example/{x}")) for x in "abc"] == ["cat", "b", "z:c"]
    assert shorten("http://y.example/a", {}) == "<http://y.example/a>"


def test_a_fault_of_syntax_comes_before_the_lack_of_shapes(tmp_path: Path) -> None:
    data = tmp_path / "broken.ttl"
    data.write_text("<http://e.org/a> <http://e.org/b>\n.")
    with pytest.raises(SourceError, match=r"broken\.ttl:2"):
        Material.read([data], [])
    data.write_text("<http://e.org/a> <http://e.org/b> 1 .")
    with pytest.raises(SourceError, match="there are no shapes in"):
        Material.read([data], [])
