"""Errors as clients see them: problem documents (RFC 9457), each with a status, what is wrong, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clustergraph import errors
from clustergraph.errors import ClustergraphError, FaultError, OverLimitError
from clustergraph.languages.messages import N_
from clustergraph.pipeline.transaction import NoGraphError, RefusedChangeError
from clustergraph.pipeline.writes import WriterError
from clustergraph.questions.names import AmbiguousNameError
from clustergraph.release.short_links import UnkeptLinkError
from clustergraph.sparql.federation import HostError
from clustergraph.sparql.tokens import QuerySyntaxError

_STATUS_OF_LIMIT: Final = {
    "query_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "result_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "validation_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "write_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "short_link_bytes": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "nesting": HTTPStatus.BAD_REQUEST,
    "fetches in one query": HTTPStatus.BAD_REQUEST,
}
_STATUS_OF_KIND: Final[Mapping[type[ClustergraphError], HTTPStatus]] = {
    errors.QueryError: HTTPStatus.BAD_REQUEST,
    errors.QuestionError: HTTPStatus.BAD_REQUEST,
    errors.XmlError: HTTPStatus.NOT_ACCEPTABLE,
    errors.UnsuitedFormatError: HTTPStatus.NOT_ACCEPTABLE,
    errors.RefusedQueryError: HTTPStatus.FORBIDDEN,
    HostError: HTTPStatus.BAD_GATEWAY,
    FaultError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.WorkerError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ReleaseError: HTTPStatus.SERVICE_UNAVAILABLE,
    UnkeptLinkError: HTTPStatus.SERVICE_UNAVAILABLE,
    NoGraphError: HTTPStatus.NOT_FOUND,
    RefusedChangeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    WriterError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
PHRASES: Final = (
    N_("Bad Request"), N_("Unauthorized"), N_("Forbidden"), N_("Not Found"), N_("Method Not Allowed"),
    N_("Not Acceptable"), N_("Gone"), N_("Precondition Failed"), N_("Request Entity Too Large"),
    N_("Request-URI Too Long"), N_("Unsupported Media Type"), N_("Unprocessable Entity"), N_("Too Many Requests"),
    N_("Internal Server Error"), N_("Bad Gateway"), N_("Service Unavailable"),
)  # fmt: skip
"""What the statuses are called that a page may tell."""


class RequestError(ClustergraphError):
    """A request that cannot be answered, with the status that says so."""

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        advice: str = "",
        more: Mapping[str, object] | None = None,
        **headers: str,
    ) -> None:
        """Keep the status, further members of the problem document, and headers (with ``_`` for ``-``)."""
        super().__init__(message, advice=advice)
        self.status = status
        self.more = more or {}
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    @classmethod
    def of(cls, error: Exception) -> RequestError:
        """Return what a client is told of an error: if it is not expected, no details."""
        match error:
            case RequestError():
                return error
            case OverLimitError():
                status = _STATUS_OF_LIMIT.get(error.limit, HTTPStatus.SERVICE_UNAVAILABLE)
                retry = {"Retry_After": "1"} if error.limit in ("waiting", "write_seconds") else {}
                limit = {"name": error.limit, "value": error.value}
                return cls(status, error.message, error.advice, {"limit": limit}, **retry)
            case HTTPException(status_code=HTTPStatus.NOT_FOUND):
                advice = "the home page / lists what is here"
                return cls(HTTPStatus.NOT_FOUND, "there is nothing at this address", advice)
            case HTTPException():
                return cls(HTTPStatus(error.status_code), error.detail)
        for kind, status in _STATUS_OF_KIND.items():
            if isinstance(error, kind):
                return cls(status, error.message, error.advice, _more(error))
        return cls(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here", "please report it")

    def document(self) -> bytes:
        """Return the problem document."""
        members = {"title": self.status.phrase, "status": int(self.status), "detail": self.message}
        advice = {"advice": self.advice} if self.advice else {}
        return json.dumps({**members, **advice, **self.more}, ensure_ascii=False).encode("utf-8", "replace")

    def text(self) -> bytes:
        """Return the problem as a person reads it in a terminal."""
        first = f"{int(self.status)} {self.status.phrase}"
        lines = [first, self.message, str(self.more.get("excerpt", "")), self.advice]
        return ("\n".join(filter(None, lines)) + "\n").encode("utf-8", "replace")

    def response(self, content: bytes | None = None, media_type: str = "application/problem+json") -> Response:
        """Return the answer that tells the problem: its document, unless something else is given."""
        headers = {"Cache-Control": "no-store", "Vary": "Accept", **self.headers}
        return Response(self.document() if content is None else content, self.status, headers, media_type=media_type)


def _more(error: ClustergraphError) -> dict[str, object]:
    match error:
        case QuerySyntaxError():
            return {"line": error.line, "column": error.column, "excerpt": error.excerpt}
        case FaultError():
            return {"request": error.number}
        case AmbiguousNameError():
            found = [{"label": each.label, "class": each.kind, "iri": each.iri} for each in error.choices]
            return {"parameter": error.parameter, "value": error.name, "choices": found}
    return {}


def bad_request(message: str, advice: str) -> RequestError:
    """Return an error that says what is wrong with a request (400)."""
    return RequestError(HTTPStatus.BAD_REQUEST, message, advice)


def wrong_parameter(request: Request, error: RequestValidationError) -> RequestError:
    """Return what is wrong with the first parameter that does not fit."""
    found = error.errors()[0]
    name = str(found["loc"][-1])
    route: APIRoute = request.scope["route"]
    field = next(each.field_info for each in route.dependant.query_params if each.alias == name)
    bounds = [getattr(each, bound) for bound in ("ge", "le") for each in field.metadata if hasattr(each, bound)]
    advice = f"give a number from {bounds[0]} to {bounds[1]:,}" if bounds else "give true or false"
    return bad_request(f"{name} is {str(found['input'])[:100]!r}", advice)
