"""A text that is nested too deeply reaches neither the engine nor a reader of ours; what looks like nesting is none."""

import io
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.errors import QueryError, SourceError
from clustergraph.pipeline.transaction import PUT, Write, alter
from clustergraph.questions.parameters import statement
from clustergraph.rdf import lines, reading, scan, turtle
from clustergraph.rdf.scan import LEVELS, check, checked, first_comment
from clustergraph.settings import Settings

RDF = 'xmlns:R="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
NESTED: dict[str, tuple[str, str, Callable[[int], str]]] = {
    "blank nodes": ("ttl", "turtle", lambda n: "<e:a> <e:p> " + "[ <e:p> " * n + "1" + " ]" * n + " ."),
    "lists": ("ttl", "turtle", lambda n: "<e:a> <e:p> " + "( " * n + "1" + " )" * n + " ."),
    "braces": ("trig", "trig", lambda n: "{ " * n + "<e:a> <e:p> 1" + " }" * n),
    "triple terms": ("nq", "nquads", lambda n: "<e:a> <e:p> " + "<<( <e:a> <e:p> " * n + "<e:o>" + " )>>" * n + " .\n"),
    "reifiers": ("ttl", "turtle", lambda n: "<< " * n + "<e:a> <e:p> 1" + " >> <e:p> 1 " * n + " ."),
    "objects": ("jsonld", "jsonld", lambda n: '{"e:p":' * n + "1" + "}" * n),
    "arrays": ("jsonld", "jsonld", lambda n: '{"e:p":' + "[" * n + "1" + "]" * n + "}"),
    "contexts": ("jsonld", "jsonld", lambda n: '{"@context":' + '{"a":' * n + "1" + "}" * n + "}"),
    "elements": (
        "rdf",
        "rdfxml",
        lambda n: f'<R:RDF {RDF} xmlns="e:">' + "<C><p>" * n + "</p></C>" * n + "</R:RDF>",
    ),
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("levels", [20_000, 100_000])
def test_no_door_lets_in_what_is_nested_too_deeply(tmp_path: Path, name: str, levels: int) -> None:
    ending, format_, nested = NESTED[name]
    path = tmp_path / f"deep.{ending}"
    path.write_text(nested(levels))
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for read in (reading.read, lines.read):
        with pytest.raises(SourceError, match=r"deep\.\w+:1:\d+: nested more than 1,000 levels deep; give"):
            list(read(path))
    write = Write(PUT, path.read_bytes(), format_, "http://example.org/g")
    with pytest.raises(QueryError, match=r"nested more than 1,000 levels deep at line 1, column \d+"):
        alter(Store(), write, Settings())
    assert time.process_time() - started < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize("name", [name for name in NESTED if name not in ("braces", "contexts")])
def test_what_is_nested_less_deeply_is_read(tmp_path: Path, name: str) -> None:
    ending, _, nested = NESTED[name]
    path = tmp_path / f"a.{ending}"
    path.write_text(nested(300))
    assert len(list(reading.read(path))) >= 1
    assert len(list(lines.read(path))) >= 1


@pytest.mark.parametrize("command", ["validate", "format"])
def test_commands_say_where_it_is(tmp_path: Path, command: str) -> None:
    path = tmp_path / "deep.ttl"
    path.write_text("\n" + NESTED["blank nodes"][2](20_000))
    words = [sys.executable, "-m", "clustergraph", command, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "deep.ttl:2:8013: nested more than 1,000 levels deep" in done.stderr


def test_a_statement_that_is_asked_about_is_not_nested() -> None:
    with pytest.raises(QueryError, match="not one statement"):
        statement(NESTED["triple terms"][2](20_000))


def test_a_chain_of_nodes_is_written_however_long_it_is() -> None:
    links = "".join(f"_:b{n} <e:next> _:b{n + 1} . " for n in range(130))
    text = turtle.write(parse(f"<e:a> <e:next> _:b0 . {links}".encode(), format=RdfFormat.TURTLE))
    quads = set(parse(text, format=RdfFormat.TURTLE))
    following = {quad.subject: quad.object for quad in quads}
    node, steps = following[NamedNode("e:a")], 1
    while node in following:
        node, steps = following[node], steps + 1
    assert len(quads) == steps == 131


DECOYS = {
    RdfFormat.TURTLE: [
        '"["',
        "'('", '"""[ "" ( \\""" {"""', "'''\n[ '' ('''", "# [ ( '\n", "<e:a[>", "e:a\\#\\(", '"\\"["', '""', "''",
        '""""""', " ", "\n", "'\\\\'", "é",
    ],
    RdfFormat.JSON_LD: ['"["', '"\\"{"', '"\\\\"', "1", " ", "\n", '""', ":", '{"a":"]"}', "é"],
    RdfFormat.RDF_XML: ["<!-- <a> -->", "<![CDATA[<a>]]>", "<a b='>'/>", "<?a <b> ?>", "x", "\n", "é"],
}  # fmt: skip
BRACKETS = {
    RdfFormat.TURTLE: [("[", "]"), ("(", ")"), ("{", "}"), ("<<", ">>")],
    RdfFormat.JSON_LD: [("[", "]"), ("{", "}")],
    RdfFormat.RDF_XML: [("<a>", "</a>"), ("<b c='/>'>", "</b>")],
}


@settings(deadline=None)
@given(st.data(), st.sampled_from(list(DECOYS)), st.integers(1, 6), st.integers(1, 9))
def test_only_real_brackets_count_wherever_the_text_is_cut(
    data: st.DataObject, format_: RdfFormat, levels: int, size: int
) -> None:
    text = ""
    for opening, closing in data.draw(st.lists(st.sampled_from(BRACKETS[format_]), min_size=levels, max_size=levels)):
        before, after = (" ".join(data.draw(st.lists(st.sampled_from(DECOYS[format_]), max_size=4))) for _ in range(2))
        text = f"{opening} {before} {text} {after} {closing}"
    # A decoy may be a level of its own.
    own = 1 if '{"a"' in text or "<a b=" in text else 0
    with pytest.MonkeyPatch.context() as patch:
        for most in (levels - 1, levels + own):
            patch.setattr(scan, "LEVELS", most)
            patch.setattr(scan, "_PIECE", size)
            file = checked(io.BytesIO(text.encode()), format_)
            if most < levels:
                with pytest.raises(SourceError, match="nested more than"):
                    file.read()
                with pytest.raises(SourceError, match="nested more than"):
                    check(text.encode(), format_)
            else:
                assert file.read() == text.encode()
                check(text.encode(), format_)


def test_a_place_is_counted_in_lines_and_characters() -> None:
    text = "<e:é>\n" * 70_000 + "  é" + "[" * (LEVELS + 1)
    for size in (1 << 16, 1 << 30):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scan, "_PIECE", size)
            with pytest.raises(SourceError) as error:
                check(text.encode(), RdfFormat.TURTLE, Path("a.ttl"))
        assert error.value.where is not None
        assert (error.value.where.line, error.value.where.column) == (70_001, LEVELS + 4)


def test_json_of_many_objects_is_not_deep() -> None:
    text = json.dumps([{"a": {"b": [1, {"c": "]"}]}}] * 5_000)
    check(text.encode(), RdfFormat.JSON_LD)
    assert checked(io.BytesIO(text.encode()), RdfFormat.JSON_LD).read() == text.encode()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('<e:a#b> <e:p> \'#\', """\n# no\n""" .', None),
        ("<e:a>\n<e:p> 1 . # yes", 2),
        ("e:a\\#b e:p '\\'#' .\n\n#", 3),
        ("no hash", None),
    ],
)
def test_comments_are_told_from_what_looks_like_them(text: str, line: int | None) -> None:
    assert first_comment(text) == line


def test_a_quad_of_a_checked_file_is_what_it_was() -> None:
    text = b'<e:a> <e:p> "x" <e:g> .\n' * 10
    found = list(parse(checked(io.BytesIO(text), RdfFormat.N_QUADS), format=RdfFormat.N_QUADS))
    assert set(found) == {quad for quad in parse(text, format=RdfFormat.N_QUADS) if isinstance(quad, Quad)}


@pytest.mark.parametrize("inner", [b"x" * 12_000_000, b'a"' * 3_000_000, b"\\n[" * 2_000_000])
@pytest.mark.parametrize(("before", "after"), [(b'<e:a> <e:p> """', b'b""" .\n'), (b"# ", b"\n")])
def test_a_long_string_or_comment_takes_little_time_and_memory(before: bytes, inner: bytes, after: bytes) -> None:
    text = before + inner + after
    started, peak = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check(text, RdfFormat.TURTLE)
    assert checked(io.BytesIO(text), RdfFormat.TURTLE).read() == text
    assert time.process_time() - started < 8
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 200_000
