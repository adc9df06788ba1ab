"""What a request asks for by the SPARQL 1.1 Protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from werkzeug.http import parse_options_header

from clustergraph import store
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.store import OverLimitError
from clustergraph.web.http import RequestError

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"

Parameters = dict[str, list[str]]

_ONCE: Final = ("query", "update")
_OF_UPDATE: Final = ("using-graph-uri", "using-named-graph-uri")
_OF_QUERY: Final = ("default-graph-uri", "named-graph-uri")
_FIELDS: Final = 1000
"""More parameters than anybody sends."""
_BESIDE: Final = 10_000
"""How many bytes of a form may be for other things than the query."""


@dataclass(frozen=True)
class Asked:
    """What a client asks of the endpoint; neither query nor update if it asks what the endpoint is."""

    query: str | None = None
    update: str | None = None
    format: str = ""
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    using_graphs: tuple[str, ...] = ()
    using_named_graphs: tuple[str, ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, list[str]]) -> Asked:
        """Return what parameters ask.

        Raises:
            RequestError: a parameter is there twice, or where it has no meaning.
        """
        for name in _ONCE:
            if len(parameters.get(name, [])) > 1:
                raise bad_request(f"'{name}' is given more than once", "give it once")
        if "query" in parameters and "update" in parameters:
            raise bad_request("there is a query and an update", "send them one after the other")
        wrong, of_what = (_OF_QUERY, "a query") if "update" in parameters else (_OF_UPDATE, "an update")
        for name in wrong:
            if name in parameters:
                raise bad_request(f"'{name}' belongs to {of_what}", "leave it out")
        return cls(
            query=parameters.get("query", [None])[0],
            update=parameters.get("update", [None])[0],
            format=_format(parameters.get("format", [])),
            default_graphs=tuple(parameters.get("default-graph-uri", [])),
            named_graphs=tuple(parameters.get("named-graph-uri", [])),
            using_graphs=tuple(parameters.get("using-graph-uri", [])),
            using_named_graphs=tuple(parameters.get("using-named-graph-uri", [])),
        )

    def request(self, format_: str, max_bytes: int) -> store.Request:
        """Return the request to the store; graphs of the protocol replace those of the query."""
        given = bool(self.default_graphs or self.named_graphs)
        return store.Request(
            self.query or "",
            format_,
            default_graphs=self.default_graphs if given else None,
            named_graphs=self.named_graphs if given else None,
            max_bytes=max_bytes,
        )


async def read(request: Request, query_bytes: int, update_bytes: int | None = None) -> Asked:
    """Return what a request asks.

    Args:
        request: the request.
        query_bytes: how long a query may be.
        update_bytes: how long an update may be; as long as a query, if None.

    Raises:
        RequestError: the request does not follow the protocol.
        OverLimitError: its body is too long.
    """
    parameters = parse(request.scope["query_string"].decode("latin-1"), "the address")
    if request.method != "POST":
        if "update" in parameters:
            raise bad_request("an update cannot be sent by GET", f"send it by POST, as {UPDATE} or {FORM}")
        return Asked.of(parameters)
    media_type = media_type_of(request)
    updating = media_type == UPDATE
    limit = query_bytes if update_bytes is None else max(query_bytes, update_bytes)
    # In a form every byte may take three, and there are names and graphs beside the query.
    room = limit * 3 + _BESIDE if media_type == FORM else limit if updating else query_bytes
    text = decode(await body(request, room, limit if updating or media_type == FORM else query_bytes), "the body")
    if media_type == FORM:
        sent = parse(text, "the body")
        if "query" not in sent and "update" not in sent:
            raise bad_request("the form has neither 'query' nor 'update'", "send one of them")
    else:
        sent = {"update" if updating else "query": [text]}
    return Asked.of({name: parameters.get(name, []) + sent.get(name, []) for name in {**parameters, **sent}})


def media_type_of(request: Request) -> str:
    """Return the media type of a body that carries a query or an update.

    Raises:
        RequestError: it is none of those of the protocol, or not in UTF-8.
    """
    media_type, options = parse_options_header(request.headers.get("content-type"))
    media_type = media_type.lower()
    if media_type not in (FORM, QUERY, UPDATE):
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a query cannot be sent as {media_type[:80] or 'a body without Content-Type'}",
            f"send it as {QUERY} or {FORM}",
            Accept_Post=f"{QUERY}, {UPDATE}, {FORM}",
        )
    charset = options.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body is in {charset[:40]}", "send UTF-8, the only one there is"
        )
    return media_type


def parse(text: str, where: str) -> Parameters:
    """Return the parameters in an address or a form.

    >>> parse("query=ASK+%7B%7D&format=csv", "the address")
    {'query': ['ASK {}'], 'format': ['csv']}

    Raises:
        RequestError: they are not in UTF-8, hold a NUL, or are too many.
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
    """Return the text of a body.

    Raises:
        RequestError: it is not in UTF-8, or holds a NUL.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise bad_request(f"{where} is not UTF-8 (byte {error.start})", "send UTF-8") from error
    if "\0" in text:
        raise bad_request(f"{where} holds a NUL", "leave it out; no query can hold one")
    return text


async def body(request: Request, max_bytes: int, limit: int) -> bytes:
    """Return the body of a request that carries a query.

    Raises:
        OverLimitError: it is too long; the rest is not read.
    """
    announced = request.headers.get("content-length", "")
    content = bytearray()
    if not (announced.isascii() and announced.isdigit()) or int(announced[:20]) <= max_bytes:
        async for chunk in request.stream():
            content += chunk
            if len(content) > max_bytes:
                break
        else:
            return bytes(content)
    raise OverLimitError(
        f"the request is longer than a query of {limit:,} bytes can be",
        limit="query_bytes",
        value=limit,
        advice="make the query shorter",
    )


def bad_request(message: str, advice: str) -> RequestError:
    """Return an error that says what is wrong with a request."""
    return RequestError(HTTPStatus.BAD_REQUEST, message, advice)


def _format(wanted: list[str]) -> str:
    """Return the one format that is wanted; some clients give its name and several media types."""
    meant = {each: (named_format(each, graph=False), named_format(each, graph=True)) for each in wanted}
    known = {each: formats for each, formats in meant.items() if any(formats)}
    if len(set(known.values())) > 1:
        raise bad_request("'format' is given more than once", "give it once")
    return next(iter(known or meant), "").strip().lower()


_ALIASES: Final = {
    "json-ld": "jsonld", "ld+json": "jsonld", "rdf+xml": "rdfxml", "n-triples": "ntriples", "n-quads": "nquads",
    "n3": "turtle", "sparql-results+json": "json", "sparql-results+xml": "xml",
}  # fmt: skip
_ALIASES_OF_GRAPHS: Final = {"xml": "rdfxml", "json": "jsonld"}


def named_format(wanted: str, *, graph: bool) -> str | None:
    """Return the name of the format that somebody means; None if there is none for such an answer.

    >>> named_format("ttl", graph=True), named_format("xml", graph=True), named_format("turtle", graph=False)
    ('turtle', 'rdfxml', None)
    """
    formats = RDF_FORMATS if graph else RESULT_FORMATS
    wanted = wanted.strip().lower()
    wanted = _ALIASES.get(wanted, wanted)
    wanted = _ALIASES_OF_GRAPHS.get(wanted, wanted) if graph else wanted
    fitting = (
        name for name, each in formats.items() if wanted in (name, each.media_type, *each.also, *each.extensions)
    )
    return next(fitting, None)
