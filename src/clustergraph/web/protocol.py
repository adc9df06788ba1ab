"""What a request asks for by the SPARQL 1.1 Protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from werkzeug.http import parse_options_header

from clustergraph.engine import store
from clustergraph.errors import ClustergraphError, OverLimitError
from clustergraph.sparql.tree import Dataset
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.responses import GRAPHS, RESULTS

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"

Parameters = dict[str, list[str]]
_OF_QUERY: Final = ("default-graph-uri", "named-graph-uri")
_OF_UPDATE: Final = ("using-graph-uri", "using-named-graph-uri")
_FIELDS: Final = 1000
"""More parameters than anybody sends."""
BESIDE: Final = 10_000
"""How many bytes of a form may be for other things than what is asked or sent."""


@dataclass(frozen=True)
class Asked:
    """What a client asks of the endpoint; neither query nor update if it asks what the endpoint is."""

    query: str | None = None
    update: str | None = None
    format: str = ""
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, list[str]]) -> Asked:
        """Return what parameters ask; refuse one that is there twice, or where it has no meaning."""
        for name in ("query", "update"):
            if len(parameters.get(name, [])) > 1:
                raise bad_request(f"'{name}' is given more than once", "give it once")
        if "query" in parameters and "update" in parameters:
            raise bad_request("there is a query and an update", "send them one after the other")
        graphs, wrong, of_what = _OF_QUERY, _OF_UPDATE, "an update"
        if "update" in parameters:
            graphs, wrong, of_what = _OF_UPDATE, _OF_QUERY, "a query"
        for name in wrong:
            if name in parameters:
                raise bad_request(f"'{name}' belongs to {of_what}", "leave it out")
        return cls(
            parameters.get("query", [None])[0],
            parameters.get("update", [None])[0],
            _format(parameters.get("format", [])),
            *(tuple(parameters.get(name, [])) for name in graphs),
        )

    def request(self, format_: str, max_bytes: int, base: str) -> store.Request:
        """Return the request to the store; graphs of the protocol replace those of the query."""
        given = bool(self.default_graphs or self.named_graphs)
        dataset = Dataset(self.default_graphs, self.named_graphs) if given else None
        return store.Request(self.query or "", format_, dataset, max_bytes, base)


async def read(request: Request, query_bytes: int, update_bytes: int | None = None) -> Asked:
    """Return what a request asks; an update may be as long as a query, unless it may have more bytes."""
    parameters = in_address(request)
    if request.method != "POST":
        if "update" in parameters:
            raise bad_request("an update cannot be sent by GET", f"send it by POST, as {UPDATE} or {FORM}")
        return Asked.of(parameters)
    media_type = _media_type(request)
    limit = query_bytes if media_type == QUERY else max(query_bytes, update_bytes or 0)
    message = f"the request is longer than a query of {limit:,} bytes can be"
    too_long = OverLimitError(message, limit="query_bytes", value=limit, advice="make the query shorter")
    # In a form every byte may take three, and there are names and graphs beside the query.
    room = limit * 3 + BESIDE if media_type == FORM else limit
    text = decode(await body(request, room, too_long), "the body")
    if media_type == FORM:
        sent = parse(text, "the body")
        if "query" not in sent and "update" not in sent:
            raise bad_request("the form has neither 'query' nor 'update'", "send one of them")
    else:
        sent = {"query" if media_type == QUERY else "update": [text]}
    return Asked.of({name: parameters.get(name, []) + sent.get(name, []) for name in {**parameters, **sent}})


def _media_type(request: Request) -> str:
    """Return the media type of a body that carries a query or an update."""
    media_type, options = parse_options_header(request.headers.get("content-type"))
    media_type = media_type.lower()
    if media_type not in (FORM, QUERY, UPDATE):
        what, own = ("an update", UPDATE) if request.scope["path"] == "/update" else ("a query", QUERY)
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"{what} cannot be sent as {media_type[:80] or 'a body without Content-Type'}",
            f"send it as {own} or {FORM}",
            Accept_Post=f"{QUERY}, {UPDATE}, {FORM}",
        )
    if not in_utf8(options):
        detail = f"the body is in {options['charset'][:40]}"
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, "send UTF-8, the only one there is")
    return media_type


def in_utf8(options: Mapping[str, str]) -> bool:
    """Whether a body with these options of its Content-Type can be read as UTF-8."""
    return options.get("charset", "utf-8").lower() in ("utf-8", "utf8", "us-ascii")


def in_address(request: Request) -> Parameters:
    """Return the parameters in the address of a request, as `parse` does."""
    return parse(request.scope["query_string"].decode("latin-1"), "the address")


def parse(text: str, where: str) -> Parameters:
    """Return the parameters in an address or a form; refuse those that are not UTF-8, hold a NUL, or are too many.

    >>> parse("query=ASK+%7B%7D&format=csv", "the address")
    {'query': ['ASK {}'], 'format': ['csv']}
    """
    parameters: Parameters = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS):
            parameters.setdefault(name, []).append(value)
    except UnicodeDecodeError as error:
        raise bad_request(f"{where} is not UTF-8", "encode the parameters in UTF-8") from error
    except ValueError as error:
        raise bad_request(f"{where} has more than {_FIELDS} parameters", "send fewer") from error
    if any("\0" in value for values in parameters.values() for value in values):
        raise bad_request(f"{where} holds a NUL", "leave it out; no query can hold one")
    return parameters


def decode(content: bytes, where: str) -> str:
    """Return the text of a body; refuse what is not UTF-8 or holds a NUL."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise bad_request(f"{where} is not UTF-8 (byte {error.start})", "send UTF-8") from error
    if "\0" in text:
        raise bad_request(f"{where} holds a NUL", "leave it out; no query can hold one")
    return text


async def body(request: Request, max_bytes: int, too_long: ClustergraphError) -> bytes:
    """Return the body of a request; one that is too long is not read to its end."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > max_bytes:
        raise too_long
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > max_bytes:
            raise too_long
    return bytes(content)


def _format(wanted: list[str]) -> str:
    """Return the one format that is wanted; some clients give its name and several media types."""
    meant = {each: (RESULTS.named(each), GRAPHS.named(each)) for each in wanted}
    known = {each: formats for each, formats in meant.items() if any(formats)}
    if len(set(known.values())) > 1:
        raise bad_request("'format' is given more than once", "give it once")
    return next(iter(known or meant), "").strip().lower()
