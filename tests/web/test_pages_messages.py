"""All that a page says can be translated: no template has words outside of a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from jinja2 import nodes

from clustergraph.web import pages
from tests.messages import TEMPLATES

SHOWN = {"title", "placeholder", "alt", "aria-label", "aria-description", "label", "content"}
"""The attributes that a person reads or hears."""
UNTOUCHED = {"code", "pre", "script", "style"}
"""What is in these elements is in no language."""
CALLED = """
AFIL API BibTeX CSV Eurecat Excel Graph IRI JSON JUnit LD OpenAPI Protocol Quads RDF SARIF SPARQL Store TSV TriG Triples
Turtle UTC XML clustergraph clusters csv json md pilot questions rq shares svg tsv with xml
"""
SYMBOLS = set(CALLED.split())
"""What is called so in every language."""
LETTERS = re.compile(r"[^\W\d_]{2,}")
QUIET = re.compile(
    r"^[&?]\w+=|^SELECT |^> |^quiet |^\s*[\w-]+=\"|^/|^[\w-]+$"
    r"|^ (selected|multiple|required|open|checked|disabled|hidden|[\w-]+)(=\"[^\"]*\")?$"
)
"""Text in an expression that is no word: an attribute, a class, an address, a name."""

ATTRIBUTES = re.compile(r"\s*data-[\w-]+=\"")
"""What a macro writes into a tag."""


class Words(HTMLParser):
    """Collects the words that a person reads in the fixed text of a template."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in UNTOUCHED:
            self.open.append(tag)
        if tag != "meta":
            self.found += [value or "" for name, value in given.items() if name in SHOWN]

    def handle_endtag(self, tag: str) -> None:
        if tag in UNTOUCHED and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open:
            self.found.append(data)


def unwrapped(name: str) -> Iterator[str]:
    """Yield the words of a template that are in no message."""
    tree = pages._ENVIRONMENT.parse((TEMPLATES / name).read_text("utf-8"))
    parts = []
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                parts.append(node.data)
            else:
                parts.append("\N{OBJECT REPLACEMENT CHARACTER}")
                yield from _said(node)
    words = Words()
    words.feed("".join(parts))
    for text in words.found:
        if set(LETTERS.findall(text)) - SYMBOLS and not ATTRIBUTES.match(text):
            yield " ".join(text.split())


def _said(node: nodes.Node) -> Iterator[str]:
    """Yield the words that an expression can come to, but for those that it gives to a function or filter."""
    match node:
        case nodes.Const(value=str(text)) if LETTERS.search(text) and not QUIET.match(text):
            yield text
        case nodes.CondExpr():
            for each in (node.expr1, node.expr2):
                yield from _said(each) if each else ()
        case nodes.Concat():
            for each in node.nodes:
                yield from _said(each)
        case nodes.Or() | nodes.And() | nodes.Add():
            yield from _said(node.left)
            yield from _said(node.right)
        case nodes.Filter(node=inner) if inner:
            yield from _said(inner)


@pytest.mark.parametrize("name", sorted(path.name for path in TEMPLATES.glob("*.html")))
def test_what_a_template_says_is_a_message(name: str) -> None:
    assert list(unwrapped(name)) == [], "write it as {{ _(…) }} or {% trans %}"
