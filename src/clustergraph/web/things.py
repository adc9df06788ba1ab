"""What is said of things: an answer for every IRI of ours, descriptions of others, and search by name."""

import json
from dataclasses import asdict
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Query
from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.engine import store
from clustergraph.errors import ClustergraphError
from clustergraph.export.profiles import Profile
from clustergraph.formats import RDF_FORMATS
from clustergraph.graph import Graph
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.card import DATES
from clustergraph.questions.conflict import NATURES
from clustergraph.questions.related_questions import needing
from clustergraph.questions.search import Name
from clustergraph.questions.section_statements import section_statements
from clustergraph.questions.statement_groups import grouped
from clustergraph.questions.thing import Thing
from clustergraph.rdf.jsonld import Tree
from clustergraph.rdf.lines import quads_of
from clustergraph.release.artefacts import PROFILES, Made
from clustergraph.sparql.guard import is_iri
from clustergraph.terms import BASE, HOME, address, compact
from clustergraph.web import cards, graphstore
from clustergraph.web.pages import as_json, page_or_json, rendered, respond_page
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.responses import (
    GRAPHS,
    PAGE_OR_JSON,
    Content,
    Offers,
    address_tag,
    format_of,
    in_thread,
    respond,
)
from clustergraph.web.service import ReleaseName, Served, served
from clustergraph.web.timelines import Day

SPACES: Final = ("id", "ontology", "scheme", "graph", "shape", "query", "release")
"""The first segments of the paths of our IRIs."""

OFFERS: Final = Offers({**PAGE_OR_JSON.types, **GRAPHS.types})
_profile: Final = lru_cache(4)(Profile.read)
_SAFE: Final = "/:@!$&'()*+,;=~?#%[]"

_HITS: Final = 20
_MOST_LETTERS: Final = 200
_ABOUT: Final = "CONSTRUCT { <IRI> ?p ?o . ?s ?q <IRI> } WHERE { { <IRI> ?p ?o } UNION { ?s ?q <IRI> } }"
_ONTOLOGY: Final = "{ BIND(<IRI> AS ?whole) ?whole a owl:Ontology } UNION { ?whole owl:versionIRI <IRI> }"
_LOADABLE: Final = f"""CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  {_ONTOLOGY} ?whole owl:imports* ?part . GRAPH ?graph {{ ?part a owl:Ontology . ?s ?p ?o }}
  FILTER(?p != owl:imports && (?s = ?whole || ?o != owl:Ontology && ?p != owl:versionIRI))
}}"""
"""An ontology with all that it imports, as one file that has one header."""


class UnknownThingError(RequestError):
    """The graph says nothing about an IRI."""

    def __init__(self, iri: str, near: list[tuple[str, str]]) -> None:
        """Keep the addresses and labels of things with a similar name, from their IRIs and labels."""
        self.near = [(address(each), label) for each, label in near]
        listed = ", ".join(f"{label} ({place})" for place, label in self.near)
        advice = f"did you mean one of these: {listed}" if near else "the home page / lists what is here"
        super().__init__(HTTPStatus.NOT_FOUND, f"the graph says nothing about <{iri}>", advice)


async def thing(request: Request) -> Response:
    """Answer an IRI of the project or of ours, by its path."""
    path = request.url.path.lstrip("/").rstrip("/")
    stem, _, suffix = path.rpartition(".")
    chosen = OFFERS.named(suffix) or ""
    name = stem if chosen else path
    own = HOME.base + name
    ours = HOME.base == BASE or not await served(request).do(Graph.knows, own)
    return await _answer(request, BASE + name if ours else own, chosen)


async def describe(
    request: Request,
    iri: Annotated[str, Query(description="a whole IRI, such as http://data.europa.eu/nuts/code/FRK")] = "",
    valid_on: Day = "",  # noqa: ARG001 - see `_dates`
    known_by: Day = "",  # noqa: ARG001 - see `_dates`
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(OFFERS)] = "",
) -> Response:
    """Answer what the graph says about any IRI."""
    iri = iri.strip()
    if not is_iri(iri):
        advice = "give one as the parameter 'iri', for instance http://data.europa.eu/nuts/code/FRK"
        raise bad_request(f"{iri!r} is not an IRI" if iri else "there is no IRI", advice)
    return await _answer(request, iri, wanted)


async def search(
    request: Request,
    q: Annotated[str, Query(description="a name of a thing, or a part of one")] = "",
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(PAGE_OR_JSON)] = "",
) -> Response:
    """Find things, terms and questions by any of their names."""
    here = served(request)
    text = q.strip()
    if len(text) > _MOST_LETTERS:
        raise bad_request("the name is too long", f"give up to {_MOST_LETTERS} letters as 'q'")

    async def found() -> list[Name]:
        return await here.do(Graph.search, text, _HITS) if text else []

    async def tell() -> list[dict[str, object]]:
        return [asdict(hit) for hit in await found()]

    async def show() -> bytes:
        return await rendered("search.html", here.release, text=text, hits=await found())

    return await page_or_json(request, wanted, show, tell)


async def _answer(request: Request, iri: str, wanted: str) -> Response:
    if gone := served(request).service.withdrawn.find(iri):
        reason = f": {gone.reason}" if gone.reason else ""
        advice = "it will not come back; the home page / lists what is here"
        raise RequestError(HTTPStatus.GONE, f"<{iri}> was withdrawn on {gone.date}{reason}", advice)
    name = OFFERS.choose(request, wanted)
    if not is_iri(iri):
        raise UnknownThingError(iri, [])
    make = {"html": _page, "json": _card}.get(name)
    return await (make(request, iri) if make else _data(request, iri, name))


async def _page(request: Request, iri: str) -> Response:
    here, dates = served(request), _dates(request)
    twins = {name: _twin(iri, name) for name in ("json", *RDF_FORMATS)}

    async def make() -> bytes:
        found = await here.do(Graph.thing, iri)
        if not found.known:
            raise UnknownThingError(iri, await here.do(Graph.near, iri))
        card, conflicts = await cards.card_of(here, iri, dates), await cards.about(here, iri)
        names = {
            "thing": found,
            "card": card,
            "conflicts": conflicts,
            "natures": NATURES,
            "groups_of": grouped(found),
            "says": await here.do(section_statements, iri) if found.content else [],
            "twins": twins,
            "dates": dates,
            "address": address(iri).partition("?")[0],
            "kept": [(name, text) for name, text in request.query_params.items() if name not in dates],
            "structured": await _structured(here, iri),
            "asking": await _asking(here, found),
        }
        return await rendered(f"card_{card.kind}.html", here.release, **names)

    # The same thing in other formats (RFC 8288).
    links = [f'<{at}>; rel="alternate"; type="{OFFERS.types[name][0]}"' for name, at in twins.items()]
    return await respond_page(request, here.release, make, {"Link": ", ".join(links)})


async def _card(request: Request, iri: str) -> Response:
    here = served(request)

    async def make() -> bytes:
        if not await here.do(Graph.knows, iri):
            raise UnknownThingError(iri, await here.do(Graph.near, iri))
        told = await cards.document(here, iri, _dates(request))
        return await in_thread(partial(as_json, told))

    etag = address_tag(request, here.release, "json")
    return await respond(request, make, OFFERS.content_type("json"), etag, release=here.release)


async def _data(request: Request, iri: str, name: str) -> Response:
    here = served(request)
    if iri in here.release.graphs and request.url.path != "/describe":
        return await graphstore.content(request, iri, name)

    async def make() -> Content:
        if not await here.do(Graph.knows, iri):
            raise UnknownThingError(iri, await here.do(Graph.near, iri))
        ontology = store.Request(f"ASK {{ {_ONTOLOGY} }}".replace("<IRI>", f"<{iri}>"), "csv")
        whole = (await here.service.answer(here.release, ontology)).strip() == b"true"
        query = (_LOADABLE if whole else _ABOUT).replace("<IRI>", f"<{iri}>")
        about = store.Request(query, name, max_bytes=here.service.settings.result_bytes)
        return await here.service.fetch(here.release, about)

    etag, links = address_tag(request, here.release, name), {"Link": f'<{quote(iri, safe=_SAFE)}>; rel="describes"'}
    return await respond(request, make, OFFERS.content_type(name), etag, links, release=here.release)


def _dates(request: Request) -> dict[str, str]:
    """Return the days for which a thing is asked."""
    return {name: request.query_params.get(name, "").strip() for name in DATES}


async def _asking(here: Served, found: Thing) -> list[tuple[str, str]]:
    """Return addresses and titles of the questions that are about one thing of its classes, and need to be told which.

    They compute what the page does not list: who works with whom in all projects.
    """
    classes = {compact(iri) for iri in found.types}
    return [
        (QuestionCall(question.name, {parameter.name: [found.iri]}).address(), question.title)
        for question, parameter in needing((await here.questions()).values())
        if not classes.isdisjoint(parameter.of.split())
    ]


def _twin(iri: str, name: str) -> str:
    """Return the address of the same thing in another format."""
    if not (place := address(iri)).startswith("/describe?"):
        return f"{place}.{RDF_FORMATS[name].extensions[0] if name in RDF_FORMATS else name}"
    return f"/describe?iri={quote(iri, safe='')}&format={name}"


async def _structured(here: Served, iri: str) -> str:
    """Return schema.org as JSON-LD for a script element, as search engines read it; or nothing.

    It is made by the queries of the profile that the release has for it.
    """
    folder = Made.of(here.release.path).folder(PROFILES)
    if folder is None or not (folder / "schema").is_dir():
        return ""
    profile, node = _profile(folder / "schema"), NamedNode(iri)
    lines: set[bytes] = set()
    for query in profile.about(node):
        asking = store.Request(query, "ntriples", max_bytes=here.service.settings.page_bytes)
        lines |= set((await here.service.answer(here.release, asking)).splitlines(keepends=True))
    quads = list(quads_of(lines))
    if not any(quad.subject == node for quad in quads):
        return ""
    try:
        # The context is named and not written out: whoever reads schema.org knows it.
        document = {"@context": profile.conforms_to, **Tree(quads, profile.context).branch(node)}
    except ClustergraphError:  # the profile has no names for what it says
        return ""
    # Whatever a text says, it cannot end the element.
    return json.dumps(document, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")
