"""What XML 1.0 can hold: the engine writes every character as it is, and every predicate as the name of an element."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from clustergraph.errors import XmlError
from clustergraph.terms import expand

_TYPE: Final = expand("rdf:type")
_CONTROL: Final = bytes(each for each in range(32) if each not in b"\t\n\r")
_NO_CHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_NOT_XML: Final = re.compile(b"[%b]|%b" % (re.escape(_CONTROL), b"|".join(_NO_CHARACTERS)))
_NO_CHARACTER: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMELESS: Final = re.compile(rb'<([^\s<>/:"]+):[\s/>]')
"""The start of an element whose name is a prefix alone; in text and values the engine writes ``<`` as an entity."""
_START: Final = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_LOCAL_NAME: Final = re.compile(rf"[{_START}][-.0-9\u00b7\u0300-\u036f\u203f\u2040{_START}]*\Z")
"""The end of an IRI that can be the name of an element (NCName)."""


def for_xml(text: str, by: str = "\ufffd") -> str:
    """Return a text with something else for each character that XML cannot hold."""
    return _NO_CHARACTER.sub(by, text)


def check(content: bytes) -> None:
    """Raise `XmlError` if an answer that the engine has written holds what XML cannot hold."""
    if bad := not_xml(content):
        raise XmlError(
            f"the answer holds the character U+{ord(bad):04X}, which XML cannot hold",
            advice="ask for another format, such as JSON or Turtle",
        )
    if found := _NAMELESS.search(content):
        raise _nameless(_namespace(content, found))


def checked(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield triples; raises `XmlError`, which names the triple, for one that RDF/XML cannot hold."""
    for triple in triples:
        value = triple.object
        if isinstance(value, Literal) and (bad := not_xml(value.value.encode())):
            raise XmlError(
                f"the statement {_shown(triple)} holds the character U+{ord(bad):04X}, which RDF/XML cannot hold",
                advice="change the statement to one without it, by an update or in its source",
            )
        # The class of a node may be the name of its element.
        for name in (triple.predicate, value) if triple.predicate == _TYPE else (triple.predicate,):
            if isinstance(name, NamedNode) and not _LOCAL_NAME.search(name.value):
                raise _nameless(name.value)
        yield triple


def _shown(triple: Triple) -> str:
    """Return a statement as one can print it: control characters as escapes."""
    text = f"{triple.subject} {triple.predicate} {triple.object}"
    return "".join(each if each.isprintable() else f"\\u{ord(each):04X}" for each in text)


def not_xml(content: bytes) -> str:
    """Return the first character of a text that XML 1.0 cannot hold, or nothing."""
    # Looking for a pattern takes ten times as long.
    if len(content.translate(None, _CONTROL)) == len(content) and not any(each in content for each in _NO_CHARACTERS):
        return ""
    found = _NOT_XML.search(content)
    return found[0].decode() if found else ""


def _namespace(content: bytes, element: re.Match[bytes]) -> str:
    """Return what the prefix of an element stands for: its start says so, or that of the document."""
    declaration = re.compile(b'xmlns:%b="([^"]*)"' % re.escape(element[1]))
    found = declaration.match(content, element.end()) or declaration.search(content)
    return unescape(found[1].decode()) if found else element[1].decode()


def _nameless(iri: str) -> XmlError:
    return XmlError(
        f"<{iri}> is used as a predicate or class, and its end cannot be the name of an element in RDF/XML",
        advice="ask for another format, such as Turtle",
    )
