"""Places in files: the reader agrees with the engine on every triple, and points at the right text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
    serialize,
)

from clustergraph.build.positions import Index, Place, places
from clustergraph.errors import SourceError, Where

ROOT = Path(__file__).parent.parent
E = "http://example.org/"
A, B, P, Q = (NamedNode(E + name) for name in "abpq")


def quads(text: str, format_: RdfFormat = RdfFormat.TRIG, base: str = "") -> list[Quad]:
    return [
        Quad(place.subject, place.predicate, place.object, place.graph)
        for place in places(text, format_, base)
        if place.predicate and place.object
    ]


def same(ours: list[Quad], engine: list[Quad]) -> bool:
    datasets = [Dataset(ours), Dataset(engine)]
    for dataset in datasets:
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return len(ours) == len(engine) and set(datasets[0]) == set(datasets[1])


def at(text: str, place: Place) -> str:
    return text.split("\n")[place.line - 1][place.column - 1 :]


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
def test_it_reads_what_the_engine_reads(text: str) -> None:
    assert same(quads(text), list(parse(text.encode(), format=RdfFormat.TRIG)))


@pytest.mark.parametrize(
    "path",
    [
        path
        for folder in ("ontology", "shapes", "data", "tests")
        for path in sorted((ROOT / folder).rglob("*.t[tr][li]*"))
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_it_reads_the_files_of_the_project(path: Path) -> None:
    format_ = RdfFormat.from_extension(path.suffix[1:])
    text = path.read_bytes().decode()
    assert same(quads(text, format_), list(parse(text.encode(), format=format_)))
    assert all(_is_written(text, place) for place in places(text, format_))


def _is_written(text: str, place: Place) -> bool:
    node = place.object or place.subject
    here = at(text, place)
    if isinstance(node, Literal):
        return here.startswith((f'"{node.value[:1]}', '"""', '"\\', node.value))
    if isinstance(node, NamedNode):
        local = node.value.rsplit("/")[-1].rsplit("#")[-1]
        return here.startswith(("<", ")", "()")) or local in here.split()[0]
    return here.startswith(("_:", "[", "(")) or place.predicate is not None


names = st.from_regex(r"[a-zé][a-z0-9é.:-]{0,3}[a-z0-9]", fullmatch=True)
nodes = names.map(lambda name: NamedNode(E + name)) | names.map(
    lambda name: BlankNode(name.replace(":", "").replace("é", "e"))
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
literals = st.one_of(
    texts.map(Literal),
    texts.map(lambda text: Literal(text, language="en")),
    st.integers().map(Literal),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: Literal(f"{d:f}", datatype=NamedNode(E + "t"))),
)
graphs = st.just(DefaultGraph()) | names.map(lambda name: NamedNode(E + "g/" + name))
datasets = st.sets(
    st.builds(Quad, nodes, names.map(lambda name: NamedNode(E + name)), nodes | literals, graphs), max_size=8
)


@given(datasets)
def test_it_reads_whatever_is_written(wanted: set[Quad]) -> None:
    for format_ in (RdfFormat.TRIG, RdfFormat.N_QUADS):
        text = serialize(wanted, format=format_, prefixes={"e": E} if format_ == RdfFormat.TRIG else None).decode()
        assert same(quads(text, format_), list(wanted))


TEXT = '''\
@prefix e: <http://example.org/> .

e:g {
    e:a e:p e:b ,
            "été"@fr ; e:q """two
lines""", 3 .
    e:b e:p [ e:q 4 ] .
}
'''


def test_places_count_lines_and_columns_in_characters() -> None:
    found = [(place.line, place.column, at(TEXT, place)[:3]) for place in places(TEXT, RdfFormat.TRIG)]
    assert sorted(found) == [
        (4, 5, "e:a"),
        (4, 13, "e:b"),
        (5, 13, '"ét'),
        (5, 28, '"""'),
        (6, 11, "3 ."),
        (7, 5, "e:b"),
        (7, 13, "[ e"),
        (7, 19, "4 ]"),
    ]


def test_the_index_finds_a_triple_or_what_is_nearest(tmp_path: Path) -> None:
    path = tmp_path / "a.trig"
    path.write_text(TEXT)
    index = Index([tmp_path / "not.read.txt", path])
    assert index.find(A, P, B) == Where(path, 4, 13)
    assert index.find(A, None, Literal("été", language="fr")) == Where(path, 5, 13)
    assert index.find(A, Q, Literal("not there")) == Where(path, 5, 28)
    assert index.find(A, NamedNode(E + "none")) == Where(path, 4, 5)
    assert index.find(B) == Where(path, 7, 5)
    assert index.find(NamedNode(E + "c"), P) is None


@pytest.mark.parametrize(
    "text", ["<a> <b>", "<a> <b> <c>", "e:a e:b e:c .", "<a> <b> <<( <c> <d> <e> )>> .", "<a> { <b>", "%"]
)
def test_a_text_it_cannot_read_is_an_error_with_a_place(text: str) -> None:
    with pytest.raises(SourceError, match=r"cannot read line 1, column \d+"):
        list(places(text, RdfFormat.TRIG))


def test_formats_without_places_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be found"):
        places("{}", RdfFormat.N3)
