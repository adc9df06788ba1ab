"""What XML cannot hold is found, and named."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from clustergraph.errors import XmlError
from clustergraph.rdf.xml import check, checked, not_xml


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ufffe", "\uffff"])
@pytest.mark.parametrize("before", [0, (1 << 18) - 1, (1 << 18) - 2, 1 << 18, 300_000])
def test_characters_that_xml_cannot_hold_are_found_anywhere(character, before):
    assert not_xml(b"x" * before + character.encode() + b"y" * 9) == character
    assert not_xml("\t\n\r\x7f\x85é\ufffd€".encode() * 100) == ""


def _written(*triples, prefixes=None):
    content = io.BytesIO()
    serialize(triples, content, RdfFormat.RDF_XML, prefixes=prefixes)
    return content.getvalue()


A, TYPE = NamedNode("urn:a"), NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


@pytest.mark.parametrize("iri", ["http://x/a/", "http://x/#1", "urn:1", "urn:x:", "http://x/?a=1&b=2/"])
@pytest.mark.parametrize("prefixes", [None, {"http": "http://x/a/"}])
def test_an_iri_that_is_no_name_of_an_element_is_told(iri, prefixes):
    for triple in (Triple(A, NamedNode(iri), Literal("1")), Triple(A, TYPE, NamedNode(iri))):
        content = _written(triple, prefixes=prefixes)
        with pytest.raises(ElementTree.ParseError):
            ElementTree.fromstring(content)
        with pytest.raises(XmlError) as caught:
            check(content)
        assert f"<{iri}>" in str(caught.value)


@pytest.mark.parametrize("iri", ["http://x/b", "http://x/b.c-1", "http://x/1b", "http://x/\u00e9", "urn:_", "urn:a:b"])
def test_what_xml_can_hold_passes(iri):
    triple = Triple(A, NamedNode(iri), Literal('<p: q> </p:> <p:/> "<p: "'))
    content = _written(triple)
    check(content)
    assert ElementTree.fromstring(content) is not None
    assert list(checked([triple])) == [triple]


@pytest.mark.parametrize("triple", [
    Triple(A, A, Literal("a\x01")), Triple(A, A, Literal("a\ufffe")), Triple(A, NamedNode("http://x/1"), Literal("a")),
])  # fmt: skip
def test_a_triple_that_rdf_xml_cannot_hold_is_named(triple):
    with pytest.raises(XmlError) as caught:
        list(checked([triple]))
    assert str(triple.predicate) in str(caught.value)
