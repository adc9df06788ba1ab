"""The ontology and the code lists in a browser: an index, a page for each term, each list as a tree; or as JSON."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from html import escape
from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.charts.classes import class_diagram
from clustergraph.formats import RDF_FORMATS
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.codelists import CodeList, Concept, code_list_of, code_lists_of
from clustergraph.questions.ontology import Ontology, OntologyTerm, ontology_of
from clustergraph.questions.related_questions import taking
from clustergraph.questions.samples import samples_of
from clustergraph.release.artefacts import DESCRIPTION, Made
from clustergraph.terms import HOME, ONTOLOGY, PREFIXES, SCHEME, address, compact, expand
from clustergraph.web import things
from clustergraph.web.pages import page_or_json, rendered
from clustergraph.web.service import Served, served

Uses = Mapping[str, Mapping[str, int]]
"""How often ``properties`` and ``codes`` are used, by IRI."""
_FIRST_LIST: Final = "field"
"""The list that is named before the others."""
_ASKED: Final = 6
"""So many questions about a term are named."""
_TERM: Final = re.compile(r"\b([a-z][a-z0-9-]*):([A-Za-z][\w-]*)")


async def index(request: Request) -> Response:
    """Show all classes, properties and lists; what asks for RDF gets the whole ontology."""
    if not _is_page(request):
        return await things.thing(request)
    here = served(request)

    async def show() -> bytes:
        ontology, counts = await ontology_in(here), here.release.classes
        names = {
            "ontology": ontology,
            "uses": await _uses(here),
            "counts": counts,
            "lists": await _lists(here),
            "diagram": class_diagram(ontology, counts, address),
            "twins": _twins(ONTOLOGY[:-1]),
        }
        return await rendered("ontology.html", here.release, **names)

    async def tell() -> object:
        ontology, uses = await ontology_in(here), await _uses(here)
        return {
            "release": here.release.digest,
            "modules": [{"iri": iri, "title": title} for iri, title in ontology.modules.items()],
            "terms": [_told(here, term, uses) for term in ontology.terms.values()],
            "lists": [_told_list(each) for each in await _lists(here)],
        }

    return await _answered(request, show, tell)


async def term(request: Request) -> Response:
    """Show a class or property; what is none of them, or asks for RDF, is answered as any thing."""
    here, path = served(request), _path(request)
    if not path:
        return await index(request)
    if not _is_page(request):
        return await things.thing(request)
    ontology = await ontology_in(here)
    known = (base + path for base in (f"{HOME.base}ontology/", ONTOLOGY))
    found = next((ontology.terms[iri] for iri in known if iri in ontology.terms), None)
    if found is None:
        return await things.thing(request)
    kind = "class" if found.kind == "class" else "property"

    async def show() -> bytes:
        names = {
            "ontology": ontology,
            "term": found,
            "uses": await _uses(here),
            "counts": here.release.classes,
            "found": await here.once(samples_of, found.iri, kind),
            "asking": await _asking(here, _of_class(ontology, found)),
            "twins": _twins(found.iri),
            "linked": partial(linked, ontology),
        }
        return await rendered(f"{kind}.html", here.release, **names)

    async def tell() -> object:
        demands = [{**asdict(each), "many": each.many} for each in ontology.demanded(found.iri)]
        samples = [asdict(each) for each in await here.once(samples_of, found.iri, kind)]
        rules = ontology.of_property.get(found.iri, ())
        told = {**_told(here, found, await _uses(here)), "demands": demands, "rules": rules, "samples": samples}
        return told | {"properties": [each.iri for each in ontology.properties(found.iri)]} if kind == "class" else told

    return await _answered(request, show, tell)


async def lists(request: Request) -> Response:
    """Show all code lists."""
    here = served(request)

    async def show() -> bytes:
        return await rendered("codelists.html", here.release, lists=await _lists(here))

    async def tell() -> object:
        return {"release": here.release.digest, "lists": [_told_list(each) for each in await _lists(here)]}

    return await _answered(request, show, tell)


async def concept(request: Request) -> Response:
    """Show a list as a tree, or a concept; what is none of them, or asks for RDF, is answered as any thing."""
    here, path = served(request), _path(request)
    found = await _list(here, path.partition("/")[0]) if _is_page(request) else None
    wanted = found and found.concepts.get(SCHEME + path)
    if found is None or ("/" in path and wanted is None):
        return await things.thing(request)
    return await (_concept(request, here, found, wanted) if wanted else _code_list(request, here, found))


async def _code_list(request: Request, here: Served, found: CodeList) -> Response:
    async def show() -> bytes:
        codes = (await _uses(here))["codes"]
        names = {"list": found, "codes": codes, "twins": _twins(found.iri)}
        every = request.query_params.get("names") == "all"
        return await rendered("codelist.html", here.release, every=every, **names)

    async def tell() -> object:
        codes = (await _uses(here))["codes"]
        told = [{**asdict(each), "count": codes.get(each.iri, 0)} for each in found.concepts.values()]
        return {"release": here.release.digest, **_told_list(found), "concepts": told}

    return await _answered(request, show, tell)


async def _concept(request: Request, here: Served, found: CodeList, wanted: Concept) -> Response:
    async def show() -> bytes:
        names = {
            "list": found,
            "concept": wanted,
            "codes": (await _uses(here))["codes"],
            "found": await here.once(samples_of, wanted.iri, "code"),
            "asking": await _asking(here, {found.name}, wanted.iri),
            "twins": _twins(wanted.iri),
        }
        return await rendered("concept.html", here.release, **names)

    async def tell() -> object:
        samples = [asdict(each) for each in await here.once(samples_of, wanted.iri, "code")]
        narrower = [each.iri for each in found.narrower(wanted.iri)]
        count = (await _uses(here))["codes"].get(wanted.iri, 0)
        return {**asdict(wanted), "list": found.iri, "narrower": narrower, "count": count, "samples": samples}

    return await _answered(request, show, tell)


def _path(request: Request) -> str:
    path: str = request.path_params["path"]
    return path.removesuffix(".html").rstrip("/")


def _is_page(request: Request) -> bool:
    """Whether a page or its twin in JSON is asked for, and no RDF."""
    suffix = request.url.path.rstrip("/").rpartition(".")[2]
    if named := things.OFFERS.named(suffix):
        return named == "html"
    return "format" in request.query_params or things.OFFERS.accepted(request.headers.get("accept", "")) == "html"


async def _answered(
    request: Request, show: Callable[[], Awaitable[bytes | Response]], tell: Callable[[], Awaitable[object]]
) -> Response:
    """Return the page, or where ``format=json`` is asked for, the same as JSON."""
    uses = Made.of(served(request).release.path).folders.get(DESCRIPTION)
    return await page_or_json(request, request.query_params.get("format", "html"), show, tell, uses)


async def ontology_in(here: Served) -> Ontology:
    """Return the ontology of a release."""
    return await here.once(ontology_of)


async def _uses(here: Served) -> Uses:
    made = Made.of(here.release.path)

    async def read() -> Uses:
        return await anyio.to_thread.run_sync(made.uses)

    return await here.kept(("uses", made.folders.get(DESCRIPTION)), read)


async def _lists(here: Served) -> list[CodeList]:
    found: list[CodeList] = await here.once(code_lists_of)
    return sorted(found, key=lambda each: each.name != _FIRST_LIST)


async def _list(here: Served, name: str) -> CodeList | None:
    """Return a list with its concepts; of what is none, nothing is kept."""
    known = {each.name: each.iri for each in await _lists(here)}
    return await here.once(code_list_of, known[name]) if name in known else None


def _told(here: Served, term: OntologyTerm, uses: Uses) -> dict[str, object]:
    counts = here.release.classes if term.kind == "class" else uses["properties"]
    return {**asdict(term), "count": counts.get(term.iri, 0)}


def _told_list(found: CodeList) -> dict[str, object]:
    return {"iri": found.iri, "title": found.title, "description": found.description}


def _twins(iri: str) -> dict[str, str]:
    """Return the addresses of the same as data."""
    place = address(iri)
    return {
        "json": f"{place}?format=json",
        **{name: f"{place}.{each.extensions[0]}" for name, each in RDF_FORMATS.items()},
    }


def _of_class(ontology: Ontology, term: OntologyTerm) -> set[str]:
    return {compact(iri) for iri in ontology.lineage(term.iri)} if term.kind == "class" else set()


async def _asking(here: Served, of: Iterable[str], value: str = "") -> list[tuple[str, str]]:
    """Return addresses and titles of questions that take a thing of some classes or lists; with it, if it is given."""
    found = taking((await here.questions()).values(), {*of}, alone=bool(value))[:_ASKED]
    calls = ((each, QuestionCall(each.name, {parameter.name: [value]} if value else {})) for each, parameter in found)
    return [(call.address(), question.title) for question, call in calls]


def linked(ontology: Ontology, text: str, *, by_label: bool = True) -> str:
    """Return a text as HTML in which terms that are named by prefix and name lead to their pages, by their labels."""

    def told(match: re.Match[str]) -> str:
        iri = expand(match[0]).value if match[1] in PREFIXES else ""
        if iri not in ontology.terms:
            return match[0]
        shown, other = ontology.terms[iri].label, match[0]
        if not by_label:
            shown, other = other, shown
        return f'<a href="{escape(address(iri))}" title="{escape(other)}">{escape(shown)}</a>'

    return _TERM.sub(told, escape(text))
