"""The documentation as pages: the Markdown files that come with the program, in the frame of the site."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.layers import PACKAGED
from clustergraph.web.pages import rendered, respond_page
from clustergraph.web.problems import RequestError
from clustergraph.web.responses import address_tag, respond
from clustergraph.web.service import served

ADDRESS: Final = "/docs"
_FOLDER: Final = "docs"
_BESIDE: Final = ("queries", "imports")
"""Folders that come with the program, too, whose files of Markdown the pages of the documentation lead to."""
_START: Final = f"{_FOLDER}/README.md"
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NO_ANCHOR: Final = re.compile(r"[^\w\- ]")
_MARKDOWN: Final = "text/markdown; charset=utf-8"


@dataclass(frozen=True)
class Heading:
    """A heading of a page."""

    anchor: str
    text: str


@dataclass(frozen=True)
class Chapter:
    """A page of the documentation, made from its file."""

    title: str
    content: str
    """HTML, without the title."""
    headings: Sequence[Heading]
    """Those of the second level."""


async def page(request: Request) -> Response:
    """Show a page of the documentation, or give its file, if the address ends as that does."""
    name = request.path_params.get("name", "").rstrip("/")
    if name.endswith(".md"):
        return await _file(request, name.removesuffix(".md"))
    release = served(request).release
    file = _found(name)

    async def make() -> bytes:
        names = {"chapter": chapter(file), "here": address_of(file), "source": f"{address_of(file)}.md"}
        return await rendered("documentation.html", release, **names)

    links = {"Link": f'<{address_of(file)}.md>; rel="alternate"; type="text/markdown"'}
    return await respond_page(request, release, make, links)


async def _file(request: Request, name: str) -> Response:
    release = served(request).release

    async def read() -> bytes:
        return text_of(_found(name)).encode()

    return await respond(request, read, _MARKDOWN, address_tag(request, release, "md"), release=release)


def _found(name: str) -> str:
    """Return the file of a page, by its name in the address."""
    for file in files():
        if address_of(file) == f"{ADDRESS}/{name}".rstrip("/"):
            return file
    advice = f"{ADDRESS} lists the pages of the documentation"
    raise RequestError(HTTPStatus.NOT_FOUND, f"the documentation has no page {name!r}", advice)


@cache
def files() -> Mapping[str, Path]:
    """Return where the files of Markdown are that come with the program, by their paths."""
    found = {f"{_FOLDER}/{path.name}": path for path in sorted((PACKAGED / _FOLDER).glob("*.md"))}
    for folder in (f"{_FOLDER}/example", *_BESIDE):
        for path in sorted((PACKAGED / folder).rglob("README.md")):
            found[path.relative_to(PACKAGED).as_posix()] = path
    return found


def text_of(file: str) -> str:
    """Return the text of a file."""
    return files()[file].read_text("utf-8")


def address_of(file: str) -> str:
    """Return the address of the page that is made of a file.

    >>> [address_of(file) for file in ("docs/README.md", "docs/model.md", "imports/nuts/README.md")]
    ['/docs', '/docs/model', '/docs/imports/nuts']
    """
    path = PurePosixPath(file)
    place = path.parent if path.name == "README.md" else path.with_suffix("")
    return str(PurePosixPath(ADDRESS, place.relative_to(_FOLDER) if place.is_relative_to(_FOLDER) else place))


def target_of(link: str, file: str) -> str:
    """Return where a link in a file leads on the site: nowhere, if it is to a file that does not come with the program.

    >>> target_of("model.md#dates", "docs/questions.md"), target_of("../LICENSE", "docs/model.md")
    ('/docs/model#dates', '')
    """
    if _SCHEME.match(link) or link.startswith("#"):
        return link
    path, sign, anchor = link.partition("#")
    wanted = normpath(f"{PurePosixPath(file).parent}/{path}")
    for name in (wanted, f"{wanted}/README.md"):
        if name in files():
            return f"{address_of(name)}{sign}{anchor}"
    return ""


def anchors(texts: Sequence[str]) -> list[str]:
    """Return the anchors of headings in their order, as GitHub makes them.

    >>> anchors(["What stays", "7. Your own IRIs", "What stays"])
    ['what-stays', '7-your-own-iris', 'what-stays-1']
    """
    found: list[str] = []
    for text in texts:
        anchor = first = _NO_ANCHOR.sub("", text.strip().lower()).replace(" ", "-")
        number = 0
        while anchor in found:
            number += 1
            anchor = f"{first}-{number}"
        found.append(anchor)
    return found


@cache
def chapter(file: str) -> Chapter:
    """Return the page that is made of a file."""
    markdown = _markdown()
    tokens = markdown.parse(text_of(file))
    heads = [(token, tokens[place + 1]) for place, token in enumerate(tokens) if token.type == "heading_open"]
    texts = [_plain(inline) for _, inline in heads]
    for (token, _), anchor in zip(heads, anchors(texts), strict=True):
        token.attrSet("id", anchor)
    for token in tokens:
        _settle(token, file)
    told = [
        Heading(str(token.attrGet("id")), text)
        for (token, _), text in zip(heads, texts, strict=True)
        if token.tag == "h2"
    ]
    rest = tokens[3:] if heads and tokens[0] is heads[0][0] else tokens
    _name_tables(rest)
    return Chapter(texts[0], markdown.renderer.render(rest, markdown.options, {}), told)


def _plain(inline: Token) -> str:
    return "".join(token.content for token in inline.children or ())


def _settle(token: Token, file: str) -> None:
    """Let the links in a token lead to pages; one that leads nowhere is text."""
    opened: list[bool] = []
    for inner in token.children or ():
        if inner.type == "link_open":
            target = target_of(str(inner.attrGet("href")), file)
            opened.append(bool(target))
            inner.attrSet("href", target)
            inner.hidden = not target
        elif inner.type == "link_close":
            inner.hidden = not opened.pop()
    token.children = [inner for inner in token.children or () if not (inner.type.startswith("link_") and inner.hidden)]


def _name_tables(tokens: Sequence[Token]) -> None:
    """Call each table after the heading that it is under, with a number where there are more; each row by a cell."""
    under, numbers = "", dict[str, int]()
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            under = _plain(tokens[place + 1])
        elif token.type == "table_open":
            numbers[under] = numbers.get(under, 0) + 1
            number = f" ({numbers[under]})" if numbers[under] > 1 else ""
            token.meta["name"] = f"{under or 'Table'}{number}"
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.type == "td_open" and tokens[place - 1].type == "tr_open":
            _head_row(token, tokens[place + 2])


def _head_row(opened: Token, closed: Token) -> None:
    """Let the first cell of a row be what the row is called."""
    opened.tag = closed.tag = "th"
    opened.attrSet("scope", "row")


@cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("table_open", _table_opened)
    made.add_render_rule("table_close", _table_closed)
    for kind in ("fence", "code_block"):
        made.add_render_rule(kind, _code)
    return made


def _table_opened(_: RendererHTML, tokens: Sequence[Token], place: int, __: OptionsDict, ___: EnvType) -> str:
    name = escape(tokens[place].meta["name"])
    caption = f'<caption class="hidden">{name}</caption>'
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table>{caption}\n'


def _table_closed(*_: object) -> str:
    return "</table></div>\n"


def _code(_: RendererHTML, tokens: Sequence[Token], place: int, __: OptionsDict, ___: EnvType) -> str:
    """Write code, which scrolls by keyboard, too; in place of the text of a drawing, where the drawing is."""
    if tokens[place].info.strip() == "mermaid":
        return '<p><a href="/ontology#diagram">The main classes as a drawing</a></p>\n'
    return f'<pre tabindex="0"><code>{escape(tokens[place].content)}</code></pre>\n'
