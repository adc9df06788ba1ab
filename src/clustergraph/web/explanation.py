"""Why a statement is in the graph: the proof as a page that can be cited, and as JSON."""

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.errors import ClustergraphError
from clustergraph.graph import Graph
from clustergraph.languages.messages import N_
from clustergraph.terms import compact
from clustergraph.web.pages import page_or_json, problem_page, rendered
from clustergraph.web.problems import bad_request
from clustergraph.web.responses import PAGE_OR_JSON, format_of
from clustergraph.web.service import ReleaseName, Served, served

Given = dict[str, str]
_PARTS: Final = {"subject": N_("Subject"), "predicate": N_("Property"), "object": N_("Value")}


async def explain(
    request: Request,
    subject: Annotated[str, Query(description="a name such as AFIL, or as in Turtle, such as organisation:afil")] = "",
    predicate: Annotated[str, Query(description="a name, or as in Turtle")] = "",
    object_: Annotated[str, Query(alias="object", description="a name, or as in Turtle")] = "",
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(PAGE_OR_JSON)] = "",
) -> Response:
    """Say who makes a statement, or from what it follows, down to the documents."""
    here = served(request)
    given = {"subject": subject.strip(), "predicate": predicate.strip(), "object": object_.strip()}

    async def show() -> bytes | Response:
        try:
            found = await here.do(Graph.explained, *given.values()) if all(given.values()) else None
        except ClustergraphError as error:
            return await problem_page("explanation.html", error, here.release, given=given, parts=_PARTS)
        told = {"given": given, "parts": _PARTS, "found": found, **_cited(here, given, found)}
        return await rendered("explanation.html", here.release, **told)

    async def tell() -> dict[str, object]:
        if missing := [part for part, text in given.items() if not text]:
            advice = "give subject, predicate and object by name, or as in Turtle, such as organisation:afil"
            raise bad_request(f"there is no {missing[0]}", advice)
        found = await here.do(Graph.explained, *given.values())
        return {**found, "permanent": _cited(here, given, found)["permanent"]}

    return await page_or_json(request, wanted, show, tell)


def _cited(here: Served, given: Given, found: dict[str, str] | None) -> dict[str, str]:
    """Return the address of a proof that stays as it is, and that of the same as JSON."""
    if found is None:
        return {}
    whole = dict(zip(given, map(_short, found["triple"].split(" ", 2)), strict=True))
    lasting = urlencode({**whole, "release": here.release.digest})
    return {"permanent": f"{here.service.address}/explain?{lasting}", "twin": f"/explain.json?{urlencode(given)}"}


def _short(term: str) -> str:
    """Return a term as it is written with a prefix, where that can be.

    >>> _short("<https://w3id.org/clustergraph/ontology/Cluster>"), _short('"1953"')
    ('cg:Cluster', '"1953"')
    """
    return compact(term[1:-1]) if term.startswith("<") else term
