"""An answer for every IRI of ours, and a description of IRIs of others: as a page, or as RDF."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from rapidfuzz import process
from starlette.requests import Request
from starlette.responses import Response

from clustergraph import store
from clustergraph.formats import RDF_FORMATS
from clustergraph.store.embedded import Release
from clustergraph.terms import BASE
from clustergraph.web import graphstore
from clustergraph.web.http import HTML, RequestError, accepted, choose, respond, tag
from clustergraph.web.pages import href, page, page_response
from clustergraph.web.service import Service, read_rows
from clustergraph.web.structured import structured
from clustergraph.web.things import load

SPACES: Final = ("id", "ontology", "scheme", "graph", "shape", "query", "release")
"""The first segments of the paths of our IRIs."""

_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\\x7f]+")
_TYPES: Final = {
    "html": (HTML, "application/xhtml+xml"),
    **{name: (each.media_type, *each.also) for name, each in RDF_FORMATS.items()},
}
_SUFFIXES: Final = {
    "html": "html",
    **{extension: name for name, each in RDF_FORMATS.items() for extension in each.extensions},
}

_ABOUT: Final = """
CONSTRUCT { <IRI> ?p ?o . ?s ?q <IRI> } WHERE { { <IRI> ?p ?o } UNION { ?s ?q <IRI> } }
"""
_KNOWN: Final = "ASK { { <IRI> ?p ?o } UNION { ?s ?p <IRI> } UNION { GRAPH <IRI> { ?s ?p ?o } } }"
_NEIGHBOURS: Final = """
SELECT ?iri (SAMPLE(?text) AS ?label) WHERE {
  ?iri skos:prefLabel|rdfs:label|cg:heading ?text FILTER(STRSTARTS(STR(?iri), "%s"))
} GROUP BY ?iri LIMIT 5000
"""


class UnknownThingError(RequestError):
    """The graph says nothing about an IRI."""

    def __init__(self, iri: str, near: list[tuple[str, str]]) -> None:
        """Keep things with a similar name: address and label."""
        listed = ", ".join(f"{label} ({address})" for address, label in near)
        advice = f"did you mean one of these: {listed}" if near else "the home page / lists what is here"
        super().__init__(HTTPStatus.NOT_FOUND, f"the graph says nothing about <{iri}>", advice)
        self.near = near


async def thing(request: Request) -> Response:
    """Answer an IRI of ours, by its path."""
    path = request.url.path.lstrip("/").rstrip("/")
    stem, dot, suffix = path.rpartition(".")
    chosen = _SUFFIXES.get(suffix.lower()) if dot and "/" not in suffix else None
    return await _answer(request, BASE + (stem if chosen else path), chosen)


async def describe(request: Request) -> Response:
    """Answer what the graph says about any IRI."""
    iri = request.query_params.get("iri", "").strip()
    wanted = request.query_params.get("format", "")
    if not _IRI.fullmatch(iri):
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"{iri!r} is not an IRI" if iri else "there is no IRI",
            "give one as the parameter 'iri', for instance http://data.europa.eu/nuts/code/FRK",
        )
    if wanted and wanted not in _TYPES:
        raise RequestError(
            HTTPStatus.NOT_ACCEPTABLE, f"there is no format {wanted!r}", f"known formats: {', '.join(_TYPES)}"
        )
    return await _answer(request, iri, wanted or None)


async def _answer(request: Request, iri: str, chosen: str | None) -> Response:
    service: Service = request.app.state.service
    release = service.release
    name = chosen or choose(accepted(request), _TYPES)
    if name is None:
        raise RequestError(
            HTTPStatus.NOT_ACCEPTABLE,
            "this thing cannot be given in the format that is asked for",
            f"ask for one of: {', '.join(types[0] for types in _TYPES.values())}",
        )
    if not _IRI.fullmatch(iri):
        raise UnknownThingError(iri, [])
    if name == "html":
        return await _page(request, service, release, iri)
    return await _data(request, service, release, iri, name)


async def _data(request: Request, service: Service, release: Release, iri: str, name: str) -> Response:
    if iri in release.graphs and request.url.path != "/describe":
        return await graphstore.content(request, iri, name)
    known = store.Request(_KNOWN.replace("<IRI>", f"<{iri}>"), "csv")
    if (await service.answer(release, known)).strip() != b"true":
        raise UnknownThingError(iri, await _near(service, release, iri))
    query = _ABOUT.replace("<IRI>", f"<{iri}>")
    asking = store.Request(query, name, max_bytes=service.settings.result_bytes)
    content = await service.answer(release, asking)
    headers = {"X-Clustergraph-Release": release.digest, "Link": f'<{quote(iri, safe=_SAFE)}>; rel="describes"'}
    return respond(request, content, RDF_FORMATS[name].content_type, tag(release.digest, iri, name), headers)


_SAFE: Final = "/:@!$&'()*+,;=~?#%[]"


async def _page(request: Request, service: Service, release: Release, iri: str) -> Response:
    found = await load(service, release, iri)
    if not found.known:
        raise UnknownThingError(iri, await _near(service, release, iri))
    twins = {name: _twin(iri, name) for name in RDF_FORMATS}
    data = await structured(service, release, iri)
    content = page("thing.html", release=release, thing=found, twins=twins, structured=data)
    links = ", ".join(
        f'<{address}>; rel="alternate"; type="{RDF_FORMATS[name].media_type}"' for name, address in twins.items()
    )
    return page_response(request, content, release, headers={"Link": links})


def _twin(iri: str, name: str) -> str:
    """Return the address of the same thing in another format."""
    if iri.startswith(BASE):
        return f"{href(iri)}.{RDF_FORMATS[name].extensions[0]}"
    return f"/describe?iri={quote(iri, safe='')}&format={name}"


async def _near(service: Service, release: Release, iri: str) -> list[tuple[str, str]]:
    """Return addresses and labels of things in the same place with a similar name."""
    if not iri.startswith(BASE):
        return []
    place, _, name = iri.rpartition("/")
    request = store.Request(_NEIGHBOURS % f"{place}/", "json", max_bytes=service.settings.result_bytes)
    answer = await service.answer(release, request)
    return await service.pool.aside(answer, lambda: _nearest(answer, name))


def _nearest(neighbours: bytes, name: str) -> list[tuple[str, str]]:
    """Return addresses and labels of those whose address or label is most like a name."""
    labels = {row["iri"].value: row["label"].value for row in read_rows(neighbours)[1]}
    texts = {address: f"{address.rpartition('/')[2].replace('-', ' ')}" for address in labels}
    words = re.sub(r"[^\w]+", " ", name).lower()
    close = process.extract(words, texts, limit=5, score_cutoff=60)
    by_label = process.extract(words, {a: label.lower() for a, label in labels.items()}, limit=5, score_cutoff=60)
    ranked = sorted([*close, *by_label], key=lambda match: -match[1])
    return [(href(each), labels[each]) for each in dict.fromkeys(match[2] for match in ranked)][:5]
