"""Validation of what a client sends, and its page for people."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from html import escape
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import Response
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from clustergraph.engine.fairness import Admission, Lane
from clustergraph.engine.worker import Limit, Limits
from clustergraph.errors import ClustergraphError, OverLimitError, WorkerError
from clustergraph.formats import RDF_FORMATS, of_file
from clustergraph.pipeline.material import report
from clustergraph.release.manifest import Release
from clustergraph.web.authorisation import trusted
from clustergraph.web.checked_texts import checked_texts
from clustergraph.web.middleware import while_there
from clustergraph.web.ontology import linked, ontology_in
from clustergraph.web.pages import problem_page, respond_page
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.protocol import BESIDE, FORM, body, decode, in_address, parse
from clustergraph.web.responses import GRAPHS, HTML, HTML_UTF8, Offers, respond
from clustergraph.web.service import Service, served

_MULTIPART: Final = "multipart/form-data"
_MOST_PARTS: Final = 20
_FIELDS: Final = {"data": "", "data_format": "", "shapes": "", "shapes_format": "", "format": ""}
"""The fields of a form, with what each is where it is not given."""
_EXAMPLES: Final = ("faults", "fine")
"""Data to try it with: the names of files."""
_FOLDER: Final = Path(__file__).parent / "examples"
_ECHOED: Final = 200_000
"""Data with so many letters stands in the form again, to be mended and checked anew."""
_OFFERS: Final = Offers({
    "json": ("application/json",),
    "html": HTML,
    "turtle": ("text/turtle",),
    "text": ("text/plain",),
    "sarif": ("application/sarif+json",),
    "junit": ("application/xml", "text/xml"),
})  # fmt: skip
"""The forms of a report, and their media types."""


class Validations:
    """Validates in processes of their own; there are only so many at a time."""

    def __init__(self, service: Service, project: Path | None) -> None:
        """Take the limits of a service, and the project whose shapes are for data that comes without."""
        settings = service.settings
        self._service = service
        self._project = project.resolve() if project else None
        where = "send less data or simpler shapes, or run `clustergraph validate` where there is more"
        seconds, megabytes = settings.validation_seconds, settings.validation_memory_mb
        self._limits = Limits(
            Limit("validation_seconds", seconds, "the validation was stopped after {value:g} seconds", f"{where} time"),
            Limit("validation_memory_mb", megabytes, "the validation needs more than {value} MB of memory",
                  f"{where} memory"),
            Limit("nesting", settings.nesting, "the data or the shapes are nested too deeply", "nest them less"),
        )  # fmt: skip
        # Who has a token may have as much validated as a change may take.
        usual, seconds, megabytes = self._limits, settings.write_seconds, settings.write_memory_mb
        self._trusted_limits = Limits(
            replace(usual.seconds, name="write_seconds", value=seconds),
            replace(usual.megabytes, name="write_memory_mb", value=megabytes),
            usual.depth,
        )
        busy = Limit("validations", settings.validations, "{value} validations are running", "try again in a moment")
        self._admission = Admission(settings.waiting, busy)
        self._lane = Lane(settings.validations, seconds, busy)

    async def report(self, sent: Mapping[str, str], format_: str, *, more: bool) -> str:
        """Return a report on the fields of a form, whose data and shapes are in a folder of their own meanwhile."""
        limits = self._trusted_limits if more else self._limits
        with (
            while_there() as (client, number),
            TemporaryDirectory(prefix="clustergraph-") as folder,
            self._admission.enter(client) as ticket,
        ):
            async with self._lane.turn(ticket):
                for name, text in _files(sent).items():
                    await anyio.Path(folder, name).write_text(text, "utf-8")
                data, shapes = _files(sent)
                given = (Path(folder), data, shapes if sent["shapes"].strip() else "", self._project, format_)
                try:
                    return await self._service.pool.run(None, report, *given, limits=limits, number=number)
                except (OverLimitError, WorkerError):
                    raise
                except ClustergraphError as error:
                    raise _unreadable(error) from error


def _files(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the names of the files for the data and the shapes, and what is in them."""
    found = {}
    for name in ("data", "shapes"):
        format_ = sent[f"{name}_format"] or "turtle"
        if format_ not in RDF_FORMATS:
            raise bad_request(f"'{name}_format' is {format_!r}", f"give one of: {', '.join(RDF_FORMATS)}")
        found[f"{name}.{RDF_FORMATS[format_].extensions[0]}"] = sent[name]
    return found


def _unreadable(error: ClustergraphError) -> RequestError:
    """Return the error of data or shapes that cannot be read, with their place."""
    if not error.where:
        return bad_request(error.message, error.advice)
    place = {"file": error.where.path.name, "line": error.where.line, "column": error.where.column}
    more = {part: value for part, value in place.items() if value}
    return RequestError(HTTPStatus.BAD_REQUEST, f"{error.where}: {error.message}", error.advice, more)


async def endpoint(request: Request) -> Response:
    """Validate what is sent, or show the form for it."""
    service: Service = request.app.state.service
    if request.method == "POST":
        more = await trusted(request)
        sent = await _sent(request, _room(service, more=more))
        validations: Validations = request.app.state.validations
        return await _checked(request, service.release, sent, partial(validations.report, sent, more=more))
    release = served(request).release
    if name := request.query_params.get("example", ""):
        return await _tried(request, await _example(request, name), name)
    return await respond_page(request, release, partial(_form, request, release))


async def _form(
    request: Request, release: Release, error: Exception | None = None, **names: object
) -> bytes | Response:
    """Return the page with the form, and what was found or is wrong, if something was checked."""
    settings = request.app.state.service.settings
    return await problem_page("validation.html", error, release, **{"sent": _FIELDS, "settings": settings, **names})


async def _example(request: Request, name: str) -> dict[str, str]:
    """Return the fields of a form with an example in it."""
    if name not in _EXAMPLES:
        raise bad_request(f"there is no example {name!r}", f"try one of: {', '.join(_EXAMPLES)}")
    text = await anyio.Path(_FOLDER, f"{name}.ttl").read_text("utf-8")
    return {**_FIELDS, "data": text, "format": request.query_params.get("format", "")}


async def _tried(request: Request, sent: Mapping[str, str], name: str) -> Response:
    """Return what is found in an example, which is looked at once."""
    here, validations = served(request), request.app.state.validations

    async def report(format_: str) -> str:
        found: str = await here.kept((_EXAMPLES, name, format_), partial(validations.report, sent, format_, more=False))
        return found

    return await _checked(request, here.release, sent, report)


async def _checked(
    request: Request, release: Release, sent: Mapping[str, str], report: Callable[[str], Awaitable[str]]
) -> Response:
    """Return what is found in what was sent, in the form that is wanted."""
    name = _OFFERS.choose(request, sent["format"])

    async def show() -> bytes | Response:
        again = {**sent, "data": sent["data"] if len(sent["data"]) <= _ECHOED else ""}
        try:
            found = json.loads(await report("json"))
        except ClustergraphError as error:
            texts, _ = checked_texts({"findings": _unread(error)}, _files(sent))
            return await _form(request, release, error, sent=again, texts=texts, linked=escape)
        texts, left_out = checked_texts(found, _files(sent))
        linking = await _linking(request)
        return await _form(request, release, sent=again, report=found, texts=texts, left_out=left_out, linked=linking)

    async def write() -> bytes:
        return (await report(name)).encode()

    if name == "html":
        return await respond(request, show, HTML_UTF8, release=release)
    return await respond(request, write, _OFFERS.content_type(name))


async def _linking(request: Request) -> Callable[[str], str]:
    """Return what makes HTML of a text in which terms lead to their pages."""
    return partial(linked, await ontology_in(request.app.state.service.served()), by_label=False)


def _unread(error: ClustergraphError) -> list[dict[str, object]]:
    """Return the place where data or shapes cannot be read, as a finding."""
    if not isinstance(error, RequestError) or "line" not in error.more:
        return []
    place = {"file": error.more.get("file"), "line": error.more["line"], "column": error.more.get("column")}
    reason = error.message.partition(": ")[2] or error.message
    return [{"severity": "violation", "reason": reason, "fix": error.advice, "message": reason, "details": [], **place}]


def _room(service: Service, *, more: bool) -> Limit:
    """Return how long data and shapes may be together."""
    settings, advice = service.settings, "send less, or run `clustergraph validate` on your side"
    name, value = ("write_bytes", settings.write_bytes) if more else ("validation_bytes", settings.validation_bytes)
    return Limit(name, value, "data and shapes are longer than {value:,} bytes", advice)


async def _sent(request: Request, limit: Limit) -> dict[str, str]:
    """Return the fields that a request has in it, which together may be so long."""
    media_type, options = parse_options_header(request.headers.get("content-type"))
    data_format = GRAPHS.named(media_type)
    if media_type not in (FORM, _MULTIPART) and data_format is None:
        types = ", ".join([FORM, _MULTIPART, *(format_.media_type for format_ in RDF_FORMATS.values())])
        refused = f"data cannot be sent as {media_type or 'a body without Content-Type'}"
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, refused, f"send it as one of: {types}", Accept_Post=types)
    # In a form every byte may take three.
    content = await body(request, int(limit.value) * (3 if media_type == FORM else 1) + BESIDE, limit.error())

    def read() -> dict[str, str]:
        text = decode(content, "the body")
        if data_format is not None:
            return {"data": text, "data_format": data_format}
        if media_type == _MULTIPART:
            return _parts(content, options.get("boundary", ""))
        return {name: values[0] for name, values in parse(text, "the body").items()}

    given = {name: values[0] for name, values in in_address(request).items()} | await anyio.to_thread.run_sync(read)
    if not given.get("data", "").strip():
        raise bad_request("there is no data", "give it as the field 'data', or as the body")
    return {name: given.get(name, usual) for name, usual in _FIELDS.items()}


def _parts(content: bytes, boundary: str) -> dict[str, str]:
    """Return the fields of a form in parts, which is UTF-8; a file says its format by its name or media type."""
    parser = MultiPartParser(max_form_parts=_MOST_PARTS)
    try:
        fields, files = parser.parse(BytesIO(content), boundary.encode(), len(content))
    except (ValueError, RequestEntityTooLarge) as error:
        raise bad_request("the form is not well formed", "send it as curl does: -F data=@file") from error
    given = fields.to_dict()
    for name, file in files.items():
        text = file.read().decode()
        if not file.filename and not text:
            continue  # a field for a file of which no use is made
        # Beside a file, a field of the same name is empty in a form that has both.
        given = {key: value for key, value in given.items() if value or key not in (name, f"{name}_format")}
        given.setdefault(name, text)
        # Whoever knows nothing of a format calls it plain text.
        media_type = file.mimetype.replace("text/plain", "")
        named = of_file(Path(file.filename or ""))
        if found := named.name if named else GRAPHS.named(media_type):
            given.setdefault(f"{name}_format", found)
    return given
