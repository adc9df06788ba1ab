"""Feeds of news, as Atom (RFC 4287) writes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from clustergraph.rdf.xml import for_xml

MEDIA_TYPE: Final = "application/atom+xml"
_NAMESPACE: Final = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class Entry:
    """An entry of a feed."""

    iri: str
    title: str
    updated: str
    """As ISO 8601 writes it, with its zone."""
    address: str
    """That of a page about it."""
    summary: str


@dataclass(frozen=True)
class Feed:
    """A feed, with its entries, the newest first."""

    iri: str
    """Its own address."""
    title: str
    updated: str
    address: str
    """That of the page that tells the same."""
    author: str
    licence: str
    """The IRI of the licence, if there is one."""
    entries: Sequence[Entry]

    def document(self) -> bytes:
        """Return it as XML."""
        feed = Element("feed", {"xmlns": _NAMESPACE})
        _text(feed, "id", self.iri)
        _text(feed, "title", self.title)
        _text(feed, "updated", self.updated)
        _text(SubElement(feed, "author"), "name", self.author)
        SubElement(feed, "link", {"rel": "self", "type": MEDIA_TYPE, "href": self.iri})
        SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": self.address})
        if self.licence:
            SubElement(feed, "link", {"rel": "license", "href": self.licence})
        for each in self.entries:
            _write(SubElement(feed, "entry"), each)
        document: bytes = tostring(feed, "utf-8", xml_declaration=True)
        return document


def _write(element: Element, entry: Entry) -> None:
    _text(element, "id", entry.iri)
    _text(element, "title", entry.title)
    _text(element, "updated", entry.updated)
    SubElement(element, "link", {"rel": "alternate", "type": "text/html", "href": entry.address})
    _text(element, "summary", entry.summary)


def _text(parent: Element, name: str, text: str) -> None:
    """Write an element with a text, in which nothing stands that XML cannot hold."""
    SubElement(parent, name).text = for_xml(text)
