"""In which language a request is answered: as its address says, else as a cookie, the browser, or the project.

A page is in the language of its reader. Data are so only where their address asks for it with ``lang``: what a program
gets must not follow from who runs it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clustergraph.languages.reader import LANG, LANGUAGES, chosen, code_of, interface, liked, reading, usual
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.responses import GRAPHS, HTML, RESULTS, prefers_html

_DATA: Final = ("/sparql", "/reconcile", "/mcp", "/update", "/graph-store", "/static/", "/metrics", "/.well-known/")
"""What addresses begin with that have data for whoever does not ask for a page."""
_ENDINGS: Final = ("md", "svg", "png", "rq", "xlsx", "parquet", "geojson", "graphml", "atom")
"""How files of data end beside those of the formats of RDF and of results."""
_PATH: Final = "/:@!$&'()*+,;=~"
_COOKIE: Final = "Path=/; HttpOnly; SameSite=Lax"


@dataclass(frozen=True)
class _Asked:
    """What a request says about its language."""

    scope: Scope

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)

    @cached_property
    def named(self) -> str:
        """What the address says."""
        return next((value for name, value in self.pairs if name == LANG), "")

    @property
    def language(self) -> str | None:
        """The language of the reader; None where there is none, as for data."""
        if code := code_of(self.named):
            return code
        if not self._is_page:
            return None
        headers = Request(self.scope).headers
        cookie = cookie_parser(headers.get("cookie", "")).get(LANG, "")
        return code_of(cookie) or liked(headers.get("accept-language", "")) or usual()

    @cached_property
    def _is_page(self) -> bool:
        wanted = dict(self.pairs).get("format") or self.scope["path"].rpartition("/")[2].rpartition(".")[2]
        if wanted in ("html", *HTML):
            return True
        if GRAPHS.named(wanted) or RESULTS.named(wanted) or wanted in _ENDINGS:
            return False
        request = Request(self.scope)
        if request.headers.get("accept", "*/*") != "*/*":
            return prefers_html(request)
        return not self.scope["path"].startswith(_DATA) and not self.scope["path"].endswith("/choices")

    def check(self) -> None:
        """Refuse a language that is none of ours."""
        if self.named and code_of(self.named) is None:
            message = f"{LANG} is {self.named[:40]!r}, which is not a language of this service"
            raise bad_request(message, f"give one of: {', '.join(sorted(LANGUAGES))}")

    def address(self, language: str) -> str:
        """Return the address of the same page in a language."""
        others = [pair for pair in self.pairs if pair[0] != LANG]
        path = self.scope["path"].removesuffix(".html").lstrip("/")  # with two strokes before it, it would be a host
        return f"/{quote(path, safe=_PATH)}?{urlencode([*others, (LANG, language)])}"

    def headers(self, status: int, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return the headers of an answer, with what they say of its language."""
        names = dict(given)
        of_page = names.get(b"content-type", b"").startswith(b"text/html")
        if not (of_page or (status == HTTPStatus.NOT_MODIFIED and self._is_page)):
            return [*given, (b"content-language", (chosen() or "").encode())] if self.named and chosen() else given
        more = [(b"content-language", interface().encode())]
        if code_of(self.named):
            more.append((b"set-cookie", f"{LANG}={code_of(self.named)}; {_COOKIE}".encode()))
        vary = (b"vary", b", ".join(filter(None, (names.get(b"vary"), b"Accept-Language, Cookie"))))
        return [*(pair for pair in given if pair[0] != b"vary"), vary, *more]


_ASKED: ContextVar[_Asked] = ContextVar("_ASKED")


class Negotiation:
    """Has each request answered in the language of its reader, and the answer say so."""

    def __init__(self, app: ASGIApp, tell: Callable[[Request, Exception], Awaitable[Response]]) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = _Asked(scope)

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = asked.headers(message["status"], message["headers"])
            await send(message)

        token = _ASKED.set(asked)
        try:
            with reading(asked.language):
                await self._checked(asked)(scope, receive, send_told)
        finally:
            _ASKED.reset(token)

    def _checked(self, asked: _Asked) -> ASGIApp:
        try:
            asked.check()
        except RequestError as error:
            return _Refusal(self._tell, error)
        return self._app


@dataclass(frozen=True)
class _Refusal:
    tell: Callable[[Request, Exception], Awaitable[Response]]
    error: RequestError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.tell(Request(scope), self.error)
        await response(scope, receive, send)


def switch() -> Iterator[tuple[str, str, str]]:
    """Yield for each language its code, its own name, and the address of the page at hand in it."""
    asked = _ASKED.get(None)
    if asked is not None:
        for code, name in LANGUAGES.items():
            yield code, name, asked.address(code)
