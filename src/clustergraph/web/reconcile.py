"""Reconciliation over HTTP, as version 0.2 of the Reconciliation Service API says; the work is done in a worker."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clustergraph.errors import OverLimitError
from clustergraph.matching import reconcile as jobs
from clustergraph.terms import ID, ONTOLOGY, address
from clustergraph.web.problems import bad_request
from clustergraph.web.protocol import Parameters, body, decode, in_address, parse
from clustergraph.web.service import Served, served

KINDS: Final = ("entity", "type", "property")
_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$.]{0,99}")
_BATCH: Final = 50
_PREVIEW: Final = (400, 200)
_STYLE: Final = "body{font:14px sans-serif;margin:8px}h1{font-size:16px;margin:0}dt{font-weight:bold}dd{margin:0}"


async def service(request: Request) -> Response:
    """Answer the manifest, a batch of queries, or a data extension, by what is sent: nothing, queries, or extend."""
    here, given = served(request), await _given(request)
    if extend := _last(given, "extend"):
        return _told(given, await here.do(jobs.extended, _json(extend, "extend", dict)))
    if queries := _last(given, "queries"):
        batch = _json(queries, "queries", dict)
        if len(batch) > _BATCH:
            raise bad_request(f"{len(batch)} queries are sent at once", f"send {_BATCH} at the most")
        if not all(isinstance(each, dict) for each in batch.values()):
            raise bad_request("a query is no object", 'send each as {"query": "a name"}')
        return _told(given, await here.do(jobs.reconciled, batch))
    if query := _last(given, "query"):
        one = _json(query, "query", dict) if query.lstrip().startswith("{") else {"query": query}
        found = await here.do(jobs.reconciled, {"q": one})
        return _told(given, found["q"])
    return _told(given, manifest(here, await here.once(jobs.types, (jobs.DEFAULT, "cg:Cluster", "cg:Project"))))


def manifest(here: Served, types: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the service is and can do."""
    home = f"{here.service.address}/reconcile"
    width, height = _PREVIEW
    suggest = {
        kind: {
            "service_url": home,
            "service_path": f"/suggest/{kind}",
            "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
        }
        for kind in KINDS
    }
    return {
        "versions": ["0.1", "0.2"],
        "name": "clustergraph",
        "identifierSpace": ID,
        "schemaSpace": ONTOLOGY,
        "defaultTypes": types,
        "view": {"url": f"{home}/view?id={{{{id}}}}"},
        "preview": {"url": f"{home}/preview?id={{{{id}}}}", "width": width, "height": height},
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": home, "service_path": "/extend/propose"},
            "property_settings": [],
        },
        "batchSize": _BATCH,
    }


async def suggest(request: Request) -> Response:
    """Suggest things, types or properties by the beginning of a name."""
    given = in_address(request)
    job = partial(served(request).do, jobs.suggested, _kind(request), _last(given, "prefix"))
    return _told(given, await job(_number(given, "cursor", 0)))


async def flyout(request: Request) -> Response:
    """Say in HTML what a suggestion is."""
    given = in_address(request)
    _kind(request)
    id_ = _last(given, "id")
    return _told(given, {"id": id_, "html": await served(request).do(jobs.shown, id_)})


async def preview(request: Request) -> Response:
    """Show a thing as a small page."""
    html = await served(request).do(jobs.shown, _last(in_address(request), "id"))
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Preview</title><style>{_STYLE}</style>{html}'
    return Response(page, media_type="text/html; charset=utf-8")


async def view(request: Request) -> Response:
    """Lead to the page of a thing."""
    return RedirectResponse(address(jobs.iri_of(_last(in_address(request), "id"))), 303)


async def propose(request: Request) -> Response:
    """Propose properties that things of a type can be extended with."""
    given = in_address(request)
    found = await served(request).do(jobs.proposed, _last(given, "type") or jobs.DEFAULT, _number(given, "limit", 50))
    return _told(given, found)


async def _given(request: Request) -> Parameters:
    """Return the parameters of the address and of a form."""
    given = in_address(request)
    if request.method == "POST":
        limit = request.app.state.service.settings.query_bytes
        error = OverLimitError(
            f"the request is longer than {limit:,} bytes", limit="query_bytes", value=limit, advice="send fewer queries"
        )
        given = {**given, **parse(decode(await body(request, limit, error), "the body"), "the body")}
    return given


def _told(given: Parameters, content: dict[str, Any]) -> Response:
    """Return JSON; with a callback, a script that calls it, as old clients ask for."""
    text = json.dumps(content, ensure_ascii=False)
    callback = _last(given, "callback")
    if not callback:
        return Response(text, media_type="application/json")
    if not _CALLBACK.fullmatch(callback):
        raise bad_request("the callback is not a name", "give a name of JavaScript, or none")
    script = f"/**/{callback}({text.replace(chr(0x2028), '').replace(chr(0x2029), '')});"
    return Response(script, media_type="text/javascript; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"})


def _last(given: Parameters, name: str) -> str:
    return given.get(name, [""])[-1]


def _number(given: Parameters, name: str, usual: int) -> int:
    text = _last(given, name)
    if text and not text.isdecimal():
        raise bad_request(f"{name} is not a number", f"give '{name}' as digits, or leave it out")
    return min(int(text), 1000) if text else usual


def _json(text: str, name: str, kind: type[dict[str, Any]]) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise bad_request(f"'{name}' is not JSON", f"send an object as '{name}'") from error
    if not isinstance(found, kind):
        raise bad_request(f"'{name}' is not an object", f"send an object as '{name}'")
    return found


def _kind(request: Request) -> str:
    kind = str(request.path_params["kind"])
    if kind not in KINDS:
        raise bad_request(f"there are no suggestions of {kind}", f"ask for {', '.join(KINDS)}")
    return kind


ROUTES: Final[dict[str, Callable[..., Any]]] = {
    "/suggest/{kind}": suggest,
    "/flyout/{kind}": flyout,
    "/preview": preview,
    "/view": view,
    "/extend/propose": propose,
}
"""What is below the address of the service, all by GET."""
