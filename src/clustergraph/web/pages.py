"""How every page is made: its template, the filters for what it shows, and what it leads to in its head and foot."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from pyoxigraph import BlankNode, Literal, NamedNode
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS, answer_formats
from clustergraph.languages import notation
from clustergraph.languages.composition import composed, term
from clustergraph.languages.messages import N_, gettext, ngettext, pgettext
from clustergraph.languages.reader import ENGLISH, Label, chosen, interface, usual
from clustergraph.questions.derivation import derivations
from clustergraph.questions.translation import heading, subject
from clustergraph.release.manifest import Release
from clustergraph.terms import address, compact, expand
from clustergraph.web.assets import asset_address
from clustergraph.web.faults import report_href
from clustergraph.web.negotiation import switch
from clustergraph.web.problems import RequestError
from clustergraph.web.responses import HTML_UTF8, PAGE_OR_JSON, Offers, address_tag, in_thread, respond
from clustergraph.web.service import served

_FOLDER: Final = Path(__file__).parent
_SIZES: Final = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"), (1, "bytes"))
_PARTS: Final = ("subject", "predicate", "object")
_CONTROL: Final = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"} | {n: 0x2400 + n for n in range(32) if n not in b"\t\n\r"}
"""What stands in a page for characters that XML and HTML cannot hold: their pictures."""


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_ENVIRONMENT.policies["ext.i18n.trimmed"] = True
# The extension adds it to the environment.
_ENVIRONMENT.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)  # type: ignore[attr-defined]
_DOORS: Final = {
    "/questions/clusters": N_("Clusters"),
    "/questions/regions": N_("Regions"),
    "/questions/projects": N_("Projects"),
    "/compare": N_("Compare"),
    "/questions": N_("Questions"),
    "/conflicts": N_("What disagrees"),
    "/download": N_("Data & API"),
}
"""What every page leads to, in its head."""
_MORE: Final = {
    "/": N_("Start"),
    "/questions/organisations": N_("Organisations"),
    "/sparql": N_("SPARQL"),
    "/ontology": N_("Ontology"),
    "/validate": N_("Check data"),
    "/#documents": N_("Sources"),
    "/docs": N_("Documentation"),
    "/releases": N_("Releases"),
    "/audit": N_("Audit"),
    "/matches": N_("Matches"),
    "/dataset": N_("Description of the dataset"),
    "/openapi.json": N_("OpenAPI"),
    "/docs/questions#for-a-language-model": N_("MCP"),
    "/docs/accessibility": N_("Accessibility"),
}
"""What every page leads to, in its foot."""
_TOLD_OF: Final = {"/audit": "cg:Verdict", "/matches": "cg:Match"}
"""The pages that are about things of a class: they are led to where there are some."""


def _sentences(text: str) -> list[str]:
    """Return the first sentence of a text and the rest, if there is one, each with the language of the text."""
    parts = re.split(r"(?<=[.?!]) (?=[^\W\d_a-z])", text, maxsplit=1)
    return [Label(part, text.language) for part in parts] if isinstance(text, Label) else parts


def _told_in(address: str, release: Release | None) -> bool:
    """Whether a page has something to tell of a release."""
    class_ = _TOLD_OF.get(address)
    return class_ is None or (release is not None and release.classes.get(expand(class_).value, 0) > 0)


def _label(text: str) -> str:
    """Return a text that is shown; marked with its language if that is another than the page's."""
    if not isinstance(text, Label) or not text.is_foreign:
        return text
    look = "own" if text.language == chosen() else "foreign"
    return Markup('<span lang="{}" class="{}">{}</span>').format(text.language, look, str(text))


def _marked(text: str) -> str:
    """Return a text as `_label` does, without a sign that a person sees."""
    return Markup("<span{}>{}</span>").format(_lang(text), str(text)) if _lang(text) else text


def _with_names(sentence: str, names: Iterable[str]) -> str:
    """Return a sentence in which each of some names that is in another language than the page's is marked with it."""
    foreign = {name: name for name in names if name and _lang(name)}
    if not foreign or _lang(sentence):
        return _marked(sentence)
    longest_first = "|".join(map(re.escape, sorted(foreign, key=len, reverse=True)))
    pieces = re.split(rf"(?<!\w)({longest_first})(?!\w)", sentence)
    return Markup("").join(_marked(foreign.get(piece, piece)) for piece in pieces)


def _told(sentence: str, steps: Iterable[Mapping[str, Any]]) -> str:
    """Return a sentence of evidence with the names in the steps that it is told by marked."""
    triples = [triple for step in steps for triple in step["triples"]]
    return _with_names(sentence, (triple[part] for triple in triples for part in ("subject", "property", "value")))


def _lang(text: str) -> str:
    """Return the attribute that says the language of a text, if that is another than the page's."""
    if not isinstance(text, Label) or not text.is_foreign:
        return ""
    return Markup(' lang="{}"').format(text.language)


_ENVIRONMENT.globals |= {
    "rdf_formats": RDF_FORMATS,
    "result_formats": RESULT_FORMATS,
    "answer_formats": answer_formats,
    "first_formats": ("csv", "xlsx", "json", "geojson", "svg", "png"),
    "doors": _DOORS.items(),
    "more": _MORE.items(),
    "language": interface,
    "reading": chosen,
    "switch": switch,
    "asset": asset_address,
}


def shown_size(number: int) -> str:
    """Return a number of bytes as people read it, with three digits.

    >>> shown_size(1_234_567), shown_size(20_480), shown_size(0)
    ('1.23 MB', '20.5 kB', '0 bytes')
    """
    unit, name = next((unit, name) for unit, name in _SIZES if number >= unit or unit == 1)
    return f"{notation.number(float(f'{number / unit:.3g}'), 'g')} {name}"


_ENVIRONMENT.filters |= {
    "sentences": _sentences,
    "href": address,
    "label": _label,
    "lang": _lang,
    "marked": _marked,
    "told": _told,
    "code": lambda code: _label(term(Label(code.replace("-", " "), ENGLISH))),
    "composed": lambda text: text if isinstance(text, Label) else composed(text),
    "in_project": lambda text: Label(text, usual()),
    "in_english": lambda text: text if isinstance(text, Label) else Label(text, ENGLISH),
    "capital": lambda text: Label(text[:1].upper() + text[1:], getattr(text, "language", None)),
    "english": lambda text: _label(Label(text, ENGLISH)),
    "heading": lambda column: _label(heading(column)),
    "subject": lambda tag: _label(subject(tag)),
    "number": notation.number,
    "quantity": notation.quantity,
    "day": notation.day,
    "yes_or_no": notation.yes_or_no,
    "site": lambda release: release.site if release else "clustergraph",
    "short": lambda iri: compact(iri).strip("<>"),
    "catalogue_href": lambda chosen: f"/questions?{urlencode({key: each for key, each in chosen.items() if each})}",
    "query_href": lambda query: f"/sparql?{urlencode({'query': query})}",
    "why_href": lambda triple: f"/explain?{urlencode(dict(zip(_PARTS, map(str, triple), strict=True)))}",
    "report_href": report_href,
    "derivations": derivations,
    # As Turtle writes them.
    "iri": lambda iri: str(NamedNode(iri)),
    "node": NamedNode,
    "size": shown_size,
    "term": lambda value: str(Literal(value)),
}
_ENVIRONMENT.tests |= {
    "iri": lambda value: isinstance(value, NamedNode),
    "told_in": _told_in,
    "blank": lambda value: isinstance(value, BlankNode),
    "literal": lambda value: isinstance(value, Literal),
}


def page(template: str, **names: object) -> bytes:
    """Return a page; every value in it is escaped, and control characters are shown as their pictures."""
    return _ENVIRONMENT.get_template(template).render(**names).translate(_CONTROL).encode()


async def rendered(template: str, release: Release, **names: object) -> bytes:
    """Return a page of a release as `page` does; it is made in a thread."""
    return await in_thread(partial(page, template, release=release, **names))


async def respond_page(
    request: Request,
    release: Release,
    make: Callable[[], Awaitable[bytes | Response]],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a page of a release, as `respond` does."""
    return await respond(request, make, HTML_UTF8, address_tag(request, release, "html"), headers, release=release)


async def page_or_json(
    request: Request,
    wanted: str,
    show: Callable[[], Awaitable[bytes | Response]],
    tell: Callable[[], Awaitable[object]],
    beside: object = None,
) -> Response:
    """Return a page, or what there is to tell as JSON, as `respond_as` does."""

    async def write() -> bytes:
        return await in_thread(partial(as_json, await tell()))

    return await respond_as(request, PAGE_OR_JSON, wanted, {"html": show, "json": write}, beside)


async def respond_as(
    request: Request,
    offers: Offers,
    wanted: str,
    makers: Mapping[str, Callable[[], Awaitable[bytes | Response]]],
    beside: object = None,
) -> Response:
    """Return what is offered in the format that the client wants, and make only that.

    It follows from the release that is asked for, and what is `beside` it.
    """
    release = served(request).release
    name = offers.choose(request, request.path_params.get("extension") or wanted)
    etag = address_tag(request, release, name, beside)
    return await respond(request, makers[name], offers.content_type(name), etag, release=release)


def as_json(document: object) -> bytes:
    """Return a JSON document."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


async def problem_page(template: str, error: Exception | None, release: Release, **names: object) -> bytes | Response:
    """Return a page as `rendered` does; where there is an error, the response that tells it in its place."""
    if error is None:
        return await rendered(template, release, **names)
    found = RequestError.of(error)
    content = await rendered(template, release, problem=found, **names)
    headers = {"Cache-Control": "no-store", "X-Clustergraph-Release": release.digest, **found.headers}
    return Response(content, found.status, headers, media_type=HTML_UTF8)
