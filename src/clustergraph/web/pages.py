"""Pages that say what is in here, and how every page is made."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.store.embedded import Release
from clustergraph.terms import BASE, COUNTRY, NUTS, ONTOLOGY, compact
from clustergraph.web.catalogue import catalogue
from clustergraph.web.examples import first
from clustergraph.web.http import Problem, accepted, choose, prefers_html, problem_document, respond, tag
from clustergraph.web.service import Row, Service

CLASSES_FIRST: Final = 12
"""How many classes the home page shows before the reader asks for the rest."""

_TEMPLATES: Final = Path(__file__).parent / "templates"
_HTML_UTF8: Final = "text/html; charset=utf-8"
_PROBLEM: Final = ("application/problem+json", "application/json")


def href(iri: str) -> str:
    """Return the address at which this service, or else the web, tells about an IRI; nothing if neither does.

    >>> href("https://w3id.org/clustergraph/id/organisation/afil")
    '/id/organisation/afil'
    >>> href("http://data.europa.eu/nuts/code/FRK")
    '/describe?iri=http%3A%2F%2Fdata.europa.eu%2Fnuts%2Fcode%2FFRK'
    >>> href("javascript:alert(1)")
    ''
    """
    if iri.startswith(BASE):
        return "/" + quote(iri[len(BASE) :], safe="/:@!$&'()*+,;=~")
    if iri.startswith((NUTS, COUNTRY)):
        return f"/describe?{urlencode({'iri': iri})}"
    return iri if re.match(r"https?://", iri) else ""


def short(iri: str) -> str:
    """Return a prefixed name, or the IRI without brackets.

    >>> short("http://www.w3.org/ns/org#Organization"), short("http://a.example/b")
    ('org:Organization', 'http://a.example/b')
    """
    return compact(iri).strip("<>")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"href": href, "short": short, "query_href": query_href}
    return environment


def query_href(query: str) -> str:
    """Return the address of the query page with a query filled in and answered."""
    return f"/sparql?{urlencode({'query': query})}"


_ENVIRONMENT: Final = _environment()


def page(template: str, **names: object) -> bytes:
    """Return a page; every value in it is escaped."""
    return _ENVIRONMENT.get_template(template).render(**names).encode()


def page_response(
    request: Request,
    content: bytes,
    release: Release | None,
    status: HTTPStatus = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a page as a response, tagged by its content."""
    named = {"X-Clustergraph-Release": release.digest} if release else {}
    if status != HTTPStatus.OK:
        return Response(
            content, status, {"Cache-Control": "no-store", **named, **(headers or {})}, media_type=_HTML_UTF8
        )
    return respond(request, content, _HTML_UTF8, tag(content), {**named, **(headers or {})})


async def problem(request: Request, error: Exception) -> Response:
    """Answer an error: a page for a browser, else a problem document."""
    found = Problem.of(error)
    if not prefers_html(request):
        if choose(accepted(request), {"problem": _PROBLEM, "text": ("text/plain",)}) != "text":
            return problem_document(found)
        headers = {"Cache-Control": "no-store", "Vary": "Accept", **found.headers}
        return Response(found.text(), found.status, headers, media_type="text/plain; charset=utf-8")
    headers = {"Cache-Control": "no-store", "Vary": "Accept", **found.headers}
    near = getattr(error, "near", [])
    content = page("problem.html", problem=found, near=near, release=None)
    return Response(content, found.status, headers, media_type=_HTML_UTF8)


@dataclass(frozen=True)
class Section:
    """A section in the list of a document."""

    iri: str
    name: str
    rank: tuple[float, list[tuple[int, str]]]


_CLASSES: Final = """
SELECT ?class (SAMPLE(?text) AS ?label)
WHERE { VALUES ?class { %s } ?class rdfs:label ?text FILTER(lang(?text) IN ("en", "")) }
GROUP BY ?class
"""
_SECTIONS: Final = """
SELECT ?document ?title ?section ?name ?number ?heading ?table ?row ?order
WHERE {
  ?section cg:inDocument ?document .
  OPTIONAL { ?document skos:prefLabel|rdfs:label|dcterms:title ?title FILTER(lang(?title) IN ("en", "")) }
  OPTIONAL { ?section skos:prefLabel ?name FILTER(lang(?name) IN ("en", "")) }
  OPTIONAL { ?section cg:heading ?heading }
  OPTIONAL { ?section cg:sectionNumber ?number }
  OPTIONAL { ?section cg:table ?table }
  OPTIONAL { ?section cg:row ?row }
  OPTIONAL { ?section cg:order ?order }
}
"""


async def home(request: Request) -> Response:
    """Show what is in here, and how to ask."""
    service: Service = request.app.state.service
    release = service.release
    ours = [(iri, count) for iri, count in release.classes.items() if iri.startswith(ONTOLOGY)]
    counted = sorted(ours, key=lambda pair: (-pair[1], pair[0]))
    named = " ".join(f"<{iri}>" for iri, _ in counted)
    labels = {row["class"].value: row["label"].value for row in await service.rows(release, _CLASSES % named)}
    documents = _documents(await service.rows(release, _SECTIONS))
    content = page(
        "home.html",
        release=release,
        classes=[(iri, labels.get(iri, ""), count) for iri, count in counted],
        classes_first=CLASSES_FIRST,
        documents=documents,
        examples=first(await catalogue(service, release)),
        host=f"{request.url.scheme}://{request.url.netloc}",
        result_formats=RESULT_FORMATS,
        rdf_formats=RDF_FORMATS,
    )
    return page_response(request, content, release)


def section_name(row: Row) -> str:
    """Return how a section is called: by its name, or else by number, heading, and the row of a table."""
    if "name" in row:
        return row["name"].value
    parts = [row[part].value for part in ("number", "heading") if part in row]
    place = [row[part].value for part in ("table", "row") if part in row]
    return ": ".join(filter(None, [" ".join(parts), ", ".join(dict.fromkeys(place))]))


def natural(text: str) -> list[tuple[int, str]]:
    """Return a key that sorts 3.10 behind 3.9.

    >>> sorted(["3.10", "3.9", "A.1"], key=natural)
    ['3.9', '3.10', 'A.1']
    """
    return [(int(part), "") if part.isdigit() else (1 << 30, part) for part in re.findall(r"\d+|[^\d.]+", text)]


def _documents(rows: list[Row]) -> list[tuple[str, str, list[Section]]]:
    """Return documents with IRI, title and sections, in the order of the text."""
    titles: dict[str, str] = {}
    sections: dict[str, dict[str, Section]] = defaultdict(dict)
    for row in rows:
        document, iri = row["document"].value, row["section"].value
        titles[document] = row["title"].value if "title" in row else short(document)
        order = float(row["order"].value) if "order" in row else float("inf")
        number = row["number"].value if "number" in row else "~"
        sections[document][iri] = Section(iri, section_name(row) or short(iri), (order, natural(number)))
    return [
        (document, titles[document], sorted(found.values(), key=lambda section: (section.rank, section.name)))
        for document, found in sorted(sections.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
