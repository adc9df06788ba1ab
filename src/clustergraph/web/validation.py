"""Validation of what a client sends, and its page for people."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import parse_qs

import anyio
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.config import Settings
from clustergraph.errors import ClustergraphError
from clustergraph.formats import RDF_FORMATS, by_media_type
from clustergraph.store import OverLimitError
from clustergraph.web.http import HTML, Problem, RequestError, accepted, choose
from clustergraph.web.pages import page, page_response
from clustergraph.web.service import Service

_COMMAND: Final = (sys.executable, "-P", "-c", "from clustergraph.build.judging import serve; serve()")
_FORM: Final = "application/x-www-form-urlencoded"
_ALARM_AFTER: Final = 5.0
"""A process whose parent is gone ends itself so many seconds after the deadline."""
_FIELDS: Final = ("data", "data_format", "shapes", "shapes_format", "format")
_TYPES: Final = {
    "json": ("application/json",),
    "html": (HTML, "application/xhtml+xml"),
    "turtle": ("text/turtle",),
    "text": ("text/plain",),
    "sarif": ("application/sarif+json",),
    "junit": ("application/xml", "text/xml"),
}
"""The forms of a report, and their media types."""


@dataclass(frozen=True)
class Sent:
    """What a client wants to have validated."""

    data: str
    data_format: str = "turtle"
    shapes: str = ""
    shapes_format: str = "turtle"
    format: str = "json"

    def files(self) -> dict[str, str]:
        """Return the names of the files for the data and the shapes, and what is in them.

        Raises:
            RequestError: one is in a format that is not known.
        """
        texts = {"data": (self.data, self.data_format), "shapes": (self.shapes, self.shapes_format)}
        found = {}
        for name, (text, format_) in texts.items():
            if format_ not in RDF_FORMATS:
                raise RequestError(
                    HTTPStatus.BAD_REQUEST,
                    f"'{name}_format' is {format_!r}",
                    f"give one of: {', '.join(RDF_FORMATS)}",
                )
            found[f"{name}.{RDF_FORMATS[format_].extensions[0]}"] = text
        return found


class Judges:
    """The processes that validate; there are only so many at a time."""

    def __init__(self, settings: Settings, project: Path | None) -> None:
        """Keep the limits, and the project whose shapes are for data that comes without."""
        self._settings = settings
        self._project = project
        self._turns = anyio.Semaphore(settings.validations)

    async def report(self, sent: Sent, format_: str) -> str:
        """Return a report.

        Raises:
            RequestError: the data or the shapes cannot be read.
            OverLimitError: it took too long or too much memory, or too many others are waiting.
        """
        seconds = self._settings.validation_seconds
        with anyio.move_on_after(seconds) as patience:
            await self._turns.acquire()
        if patience.cancelled_caught:
            raise OverLimitError(
                f"{self._settings.validations} validations are running",
                limit="validations",
                value=self._settings.validations,
                advice="try again in a moment",
            )
        try:
            with TemporaryDirectory(prefix="clustergraph-") as folder:
                return self._read(await self._judged(Path(folder), sent, format_))
        finally:
            self._turns.release()

    async def _judged(self, folder: Path, sent: Sent, format_: str) -> dict[str, Any]:
        settings, files = self._settings, sent.files()
        for name, text in files.items():
            await anyio.Path(folder / name).write_text(text, "utf-8")
        data, shapes = files
        task = {
            "data": data,
            "shapes": shapes if sent.shapes.strip() else "",
            "project": str(self._project.resolve()) if self._project else "",
            "format": format_,
            "seconds": settings.validation_seconds + _ALARM_AFTER,
            "memory_bytes": settings.validation_memory_mb << 20,
        }
        said = b""
        with anyio.move_on_after(settings.validation_seconds) as deadline:
            # A cancelled run ends its process.
            done = await anyio.run_process(
                _COMMAND,
                input=json.dumps(task).encode() + b"\n",
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            said = done.stdout
        if deadline.cancelled_caught:
            limit = settings.validation_seconds
            raise OverLimitError(
                f"the validation was stopped after {limit:g} seconds",
                limit="validation_seconds",
                value=limit,
                advice="send less data or simpler shapes, or run `clustergraph validate` where there is more time",
            )
        # A process that had to end says nothing.
        reply: dict[str, Any] = json.loads(said) if said else {"outcome": "memory"}
        return reply

    def _read(self, reply: dict[str, Any]) -> str:
        if reply["outcome"] == "report":
            return str(reply["report"])
        if reply["outcome"] == "memory":
            limit = self._settings.validation_memory_mb
            raise OverLimitError(
                f"the validation needs more than {limit} MB of memory",
                limit="validation_memory_mb",
                value=limit,
                advice="send less data or simpler shapes, or run `clustergraph validate` where there is more memory",
            )
        place = ":".join(str(reply[part]) for part in ("file", "line", "column") if reply.get(part))
        message = f"{place}: {reply['message']}" if place else str(reply["message"])
        error = RequestError(HTTPStatus.BAD_REQUEST, message, str(reply["advice"]))
        error.more = {part: reply[part] for part in ("file", "line", "column") if reply.get(part)}
        raise error


async def endpoint(request: Request) -> Response:
    """Validate what is sent, or show the form for it."""
    service: Service = request.app.state.service
    if request.method != "POST":
        return page_response(request, page("validation.html", release=service.release, sent=Sent("")), service.release)
    judges: Judges = request.app.state.judges
    sent = await _sent(request, service.settings)
    name = _format(request, sent)
    if name == "html":
        return await _page(request, service, judges, sent)
    content = await judges.report(sent, name)
    return Response(content, headers={"Cache-Control": "no-store", "Vary": "Accept"}, media_type=_TYPES[name][0])


async def _page(request: Request, service: Service, judges: Judges, sent: Sent) -> Response:
    status, shown = HTTPStatus.OK, dict[str, object]()
    try:
        shown["report"] = json.loads(await judges.report(sent, "json"))
        shown["lines"] = {name: text.split("\n") for name, text in sent.files().items()}
    except ClustergraphError as error:
        problem = Problem.of(error)
        status, shown["problem"] = problem.status, problem
    content = page("validation.html", release=service.release, sent=sent, **shown)
    return page_response(request, content, service.release, status)


def _format(request: Request, sent: Sent) -> str:
    """Return the name of the form to answer in.

    Raises:
        RequestError: none fits.
    """
    name = sent.format or choose(accepted(request), _TYPES)
    if name not in _TYPES:
        raise RequestError(
            HTTPStatus.NOT_ACCEPTABLE,
            "a report cannot be given in the format that is asked for",
            f"ask for one of: {', '.join(f'{name} ({types[0]})' for name, types in _TYPES.items())}",
            Vary="Accept",
        )
    return name


async def _sent(request: Request, settings: Settings) -> Sent:
    """Return what a request has in it.

    Raises:
        RequestError: it is too long, or in a form that is not taken.
    """
    given = parse_qs(request.url.query, keep_blank_values=True)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    data_format = by_media_type(media_type, RDF_FORMATS)
    if media_type != _FORM and data_format is None:
        types = ", ".join([_FORM, *(format_.media_type for format_ in RDF_FORMATS.values())])
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"data cannot be sent as {media_type or 'a body without Content-Type'}",
            f"send it as one of: {types}",
            Accept_Post=types,
        )
    text = await _body(request, settings.validation_bytes, media_type == _FORM)
    if data_format is None:
        given |= parse_qs(text, keep_blank_values=True)
    else:
        given |= {"data": [text], "data_format": [data_format.name]}
    fields = {name: given[name][0] for name in _FIELDS if name in given}
    if not fields.get("data", "").strip():
        raise RequestError(HTTPStatus.BAD_REQUEST, "there is no data", "give it as the field 'data', or as the body")
    return Sent(**{"format": "", **fields})


async def _body(request: Request, max_bytes: int, is_form: bool) -> str:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        # In a form every byte may take three.
        if len(content) > max_bytes * (3 if is_form else 1) + 10_000:
            error = RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"data and shapes are longer than {max_bytes:,} bytes",
                "send less, or run `clustergraph validate` on your side",
            )
            error.more = {"limit": {"name": "validation_bytes", "value": max_bytes}}
            raise error
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the body is not UTF-8", "send UTF-8") from error
