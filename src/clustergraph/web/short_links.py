"""Short links to pages and answers: made by a form or as JSON, followed to the long address on this host only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import anyio
from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from werkzeug.http import parse_options_header

from clustergraph.errors import ClustergraphError, OverLimitError
from clustergraph.release.short_links import MOST_BYTES, ShortLinks
from clustergraph.settings import Settings
from clustergraph.web.middleware import CALLER
from clustergraph.web.pages import as_json, problem_page, rendered, respond_page
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.protocol import BESIDE, FORM, body, decode, parse
from clustergraph.web.responses import HTML_UTF8, PAGE_OR_JSON
from clustergraph.web.service import Service, served

_SHORTENED: Final = frozenset({
    "audit", "compare", "conflicts", "describe", "explain", "graph", "id", "matches", "ontology", "questions", "search",
    "sparql",
})  # fmt: skip
"""What the addresses begin with that can have a short link."""
_KEY: Final = re.compile(r"[a-z2-7]{10,52}")
_AS_IT_IS: Final = "".join(map(chr, range(0x21, 0x7F)))
_JSON: Final = "application/json"
_CLIENTS: Final = 10_000
_HOUR: Final = 3600.0


class Shortening:
    """The short links of a service, and how many each client may still have kept."""

    def __init__(self, root: Path, settings: Settings) -> None:
        """Take the folder beside whose releases they are kept, and the limits."""
        self.links = ShortLinks(root, settings.short_links)
        self._hourly = settings.short_links_hourly
        self._made: TTLCache[str, list[int]] = TTLCache(_CLIENTS, _HOUR)

    async def short(self, address: str) -> tuple[str, bool]:
        """Return the key of an address, and whether it is a new one.

        Raises:
            RequestError: none is kept here (403), or not for this client now (429).
            ClustergraphError: no more can be kept.
        """
        if found := await anyio.to_thread.run_sync(self.links.key, address):
            return found, False
        if not self.links.on:
            raise RequestError(HTTPStatus.FORBIDDEN, "this service keeps no short links", "use the long address")
        self._count()
        return await anyio.to_thread.run_sync(self.links.keep, address), True

    def _count(self) -> None:
        made = self._made.setdefault(CALLER.get().address, [0])
        made[0] += 1
        if made[0] > self._hourly:
            refused = f"more than {self._hourly} short links are asked for in an hour"
            limit = {"limit": {"name": "short_links_hourly", "value": self._hourly}}
            advice = "use the long address, or try again later"
            raise RequestError(HTTPStatus.TOO_MANY_REQUESTS, refused, advice, limit, Retry_After=str(int(_HOUR)))


@dataclass(frozen=True)
class ShownLink:
    """A link as it is shown: the long address, that to the release of now, and the short one if it is kept."""

    long: str
    permanent: str
    short: str = ""


async def follow(request: Request) -> Response:
    """Lead to the long address."""
    key, shortening = request.path_params["key"], request.app.state.shortening
    address = await anyio.to_thread.run_sync(shortening.links.address, key) if _KEY.fullmatch(key) else None
    if address is None:
        raise RequestError(HTTPStatus.NOT_FOUND, "there is no such short link here", "ask whoever gave it to you")
    headers = {"Cache-Control": "public, max-age=86400"}
    return RedirectResponse(_own(address, ""), HTTPStatus.FOUND, headers)


async def endpoint(request: Request) -> Response:
    """Keep a short link to an address of this service, or show the form for it."""
    service: Service = request.app.state.service
    if request.method != "POST":
        release, given = served(request).release, request.query_params.get("address", "")

        async def show() -> bytes:
            link = _link(service, _own(given, service.address)) if given else None
            return await rendered("short_link.html", release, link=link)

        return await respond_page(request, release, show)
    address = _own(await _sent(request), service.address)
    if PAGE_OR_JSON.choose(request) == "json":
        return await _told(request, service, address)
    return await _shown(request, service, address)


async def _told(request: Request, service: Service, address: str) -> Response:
    link = _link(service, address)
    try:
        key, new = await request.app.state.shortening.short(address)
    except ClustergraphError as error:
        found = RequestError.of(error)
        more = {**found.more, "long": link.long, "permanent": link.permanent}
        headers = {name.replace("-", "_"): value for name, value in found.headers.items()}
        raise RequestError(found.status, found.message, found.advice, more, **headers) from error
    members = {"short": f"{service.address}/q/{key}", "long": link.long, "permanent": link.permanent}
    return Response(as_json(members), _status(new=new), _headers(members["short"]), _JSON)


async def _shown(request: Request, service: Service, address: str) -> Response:
    link, release = _link(service, address), service.release
    try:
        key, new = await request.app.state.shortening.short(address)
    except ClustergraphError as error:
        page = await problem_page("short_link.html", error, release, link=link)
        assert isinstance(page, Response)
        return page
    short = f"{service.address}/q/{key}"
    content = await rendered("short_link.html", release, link=ShownLink(link.long, link.permanent, short))
    return Response(content, _status(new=new), _headers(short), HTML_UTF8)


def _status(*, new: bool) -> HTTPStatus:
    return HTTPStatus.CREATED if new else HTTPStatus.OK


def _headers(short: str) -> dict[str, str]:
    return {"Location": short, "Cache-Control": "no-store", "Vary": "Accept"}


def _link(service: Service, address: str) -> ShownLink:
    """Return the long addresses of a request, as it is and for the release of now."""
    path, _, query = address.partition("?")
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "release"]
    pinned = urlencode([*pairs, ("release", service.release.digest)])
    return ShownLink(service.address + address, f"{service.address}{path}?{pinned}")


async def _sent(request: Request) -> str:
    """Return the address that is sent, in a form or as JSON."""
    media_type, _ = parse_options_header(request.headers.get("content-type"))
    if media_type not in (FORM, _JSON):
        refused, advice = "an address cannot be sent as that", f"send it as {FORM} or {_JSON}, as 'address'"
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, refused, advice, Accept_Post=f"{FORM}, {_JSON}")
    text = decode(await body(request, 3 * MOST_BYTES + BESIDE, _too_long()), "the body")
    found = _of_json(text) if media_type == _JSON else parse(text, "the form").get("address", [""])[0]
    if not isinstance(found, str) or not found.strip():
        raise bad_request("there is no address", "send one of this service as 'address', such as /questions/clusters")
    return found.strip()


def _of_json(text: str) -> object:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad_request("the body is no JSON", 'send {"address": "/questions/…"}') from error
    return found.get("address") if isinstance(found, Mapping) else None


def _too_long() -> OverLimitError:
    message = f"the address is longer than {MOST_BYTES:,} bytes"
    return OverLimitError(message, limit="short_link_bytes", value=MOST_BYTES, advice="use the long address, or a file")


def _own(text: str, host: str) -> str:
    """Return path and query of an address of this service; refuse what leads elsewhere, or is too long.

    >>> _own("https://a.example/questions/clusters?country=Österreich#top", "https://a.example")
    '/questions/clusters?country=%C3%96sterreich'
    """
    path, _, query = text.removeprefix(host).partition("#")[0].partition("?")
    begin = path.removeprefix("/").partition("/")[0].partition(".")[0]
    parts = urlsplit(path)
    elsewhere = bool(parts.scheme or parts.netloc) or not path.startswith("/") or begin not in _SHORTENED
    if elsewhere or re.search(r"[\x00-\x20\x7f\\]", text) or {".", ".."} & {*path.split("/")} or "//" in path:
        advice = "give the address of a question, a query, a comparison or a page of this service"
        raise bad_request("this address can have no short link", advice)
    found = quote(path, _AS_IT_IS) + (f"?{quote(query, _AS_IT_IS)}" if query else "")
    if len(found) > MOST_BYTES:
        raise _too_long()
    return found
