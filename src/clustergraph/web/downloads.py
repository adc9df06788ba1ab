"""What is made of a release: files with ranges, tags and names of their own, a list of them, and a description."""

import base64
from dataclasses import asdict
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from werkzeug.http import parse_etags, parse_range_header
from werkzeug.sansio.http import is_resource_modified

from clustergraph.graph import Graph
from clustergraph.languages import notation
from clustergraph.languages.messages import N_
from clustergraph.questions.answer import MOST_ROWS
from clustergraph.rdf import xml
from clustergraph.release.artefacts import Download, Made
from clustergraph.release.manifest import Release
from clustergraph.settings import VARIABLE_PREFIX, Settings
from clustergraph.terms import ONTOLOGY
from clustergraph.web.citation import Citation
from clustergraph.web.pages import page_or_json, rendered, respond_page, shown_size
from clustergraph.web.problems import RequestError
from clustergraph.web.responses import FOR_EVER, GRAPHS, HTML, PAGE_OR_JSON, Offers, format_of, respond, tag
from clustergraph.web.service import ReleaseName, Served, served

DATASET: Final = Offers({**GRAPHS.types, "html": HTML})
"""The formats of the description of a release."""
_LIMITED: Final = (
    (N_("Time of a query"), "s", "query_seconds"),
    (N_("Length of a query"), "bytes", "query_bytes"),
    (N_("Size of an answer"), "bytes", "result_bytes"),
    (N_("Queries that run or wait, of all clients"), "", "waiting"),
    (N_("Data to be checked, without a token"), "bytes", "validation_bytes"),
    (N_("Time of a check, without a token"), "s", "validation_seconds"),
    (N_("Data to be checked, with a token"), "bytes", "write_bytes"),
    (N_("A change, with a token"), "bytes", "write_bytes"),
    (N_("Time of a change"), "s", "write_seconds"),
    (N_("Short links that are kept"), "", "short_links"),
    (N_("New short links of one client in an hour"), "", "short_links_hourly"),
)
"""What is limited, in which unit, by which setting."""
_MOST_RANGES: Final = 20
"""So many parts may be asked for at a time; who wants more gets the whole."""


async def index(
    request: Request,
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(PAGE_OR_JSON)] = "",
) -> Response:
    """List the files: a page, or JSON."""
    here = served(request)
    files = Made.of(here.release.path).downloads
    if not files:
        raise _not_made(request, "files")

    cited = Citation.of(here.release, here.service.address)

    async def show() -> bytes:
        host, limits = here.service.address, _limits(here.service.settings)
        return await rendered("downloads.html", here.release, files=files, host=host, cited=cited, limits=limits)

    async def tell() -> dict[str, object]:
        listed = [
            {
                "name": each.dated(here.release.digest),
                "title": each.title,
                "description": each.description,
                "media_type": each.media_type,
                "gzip": each.packed,
                "bytes": each.bytes,
                "sha256": each.sha256,
                "url": f"{here.service.address}/download/{each.name}",
            }
            for each in files
        ]
        return {"release": here.release.digest, "cite": asdict(cited), "files": listed}

    return await page_or_json(request, wanted, show, tell, [each.sha256 for each in files])


async def dataset(
    request: Request,
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(DATASET)] = "",
) -> Response:
    """Give the description of the release (VoID and DCAT), to a browser as a page."""
    here = served(request)
    name = DATASET.choose(request, wanted)
    if name == "html":
        return await respond_page(request, here.release, partial(_described, here))
    path = Made.of(here.release.path).description(name)
    if path is None:
        raise _not_made(request, "descriptions")

    async def read() -> bytes:
        content = await anyio.Path(path).read_bytes()
        if name == "rdfxml":
            xml.check(content)
        return content

    etag = tag(here.release.digest, path.parent.name, name)
    return await respond(request, read, GRAPHS.content_type(name), etag, release=here.release)


async def _described(here: Served) -> bytes:
    """Return the description of the release as a page."""
    scope, counted = here.release.imprint.scope, await _counted_classes(here)
    labels = await here.do(Graph.names, (*(iri for iri, _ in counted), *scope))
    return await rendered(
        "dataset.html",
        here.release,
        classes=[(iri, labels.get(iri, iri), count) for iri, count in counted],
        scope=[(iri, labels.get(iri, iri)) for iri in scope],
        files=Made.of(here.release.path).downloads,
        host=here.service.address,
        cited=Citation.of(here.release, here.service.address),
    )


async def _counted_classes(here: Served) -> list[tuple[str, int]]:
    """Return the classes of ours with the number of their things: the most first, those of statements last."""
    last = await here.evidence_classes()
    ours = [(iri, count) for iri, count in here.release.classes.items() if iri.startswith(ONTOLOGY)]
    return sorted(ours, key=lambda pair: (pair[0] in last, -pair[1], pair[0]))


def _limits(settings: Settings) -> list[tuple[str, str, str]]:
    """Return what is limited, by how much, and by which setting."""
    rows = [(N_("Rows of an answer in one request"), notation.number(MOST_ROWS), "")]
    for what, unit, name in _LIMITED:
        value = getattr(settings, name)
        shown = shown_size(value) if unit == "bytes" else f"{notation.number(value, 'g')} {unit}".strip()
        rows.append((what, shown, VARIABLE_PREFIX + name.upper()))
    return rows


async def file(request: Request) -> Response:
    """Give one file, or the parts of it that are asked for."""
    release = served(request).release
    wanted, made = request.path_params["name"], Made.of(release.path)
    if not made.downloads:
        raise _not_made(request, "files")
    found = next((each for each in made.downloads if wanted in (each.name, each.dated(release.digest))), None)
    if found is None:
        raise RequestError(HTTPStatus.NOT_FOUND, f"there is no file {wanted!r}", "/download lists what there is")
    headers = _headers(release, found)
    if wanted == found.dated(release.digest):
        headers["Cache-Control"] = FOR_EVER
    if not parse_etags(request.headers.get("if-match", "*")).contains_raw(headers["ETag"]):
        raise RequestError(HTTPStatus.PRECONDITION_FAILED, "the file has another tag by now", "get it from its start")
    if not is_resource_modified(
        http_if_modified_since=request.headers.get("if-modified-since"),
        http_if_none_match=request.headers.get("if-none-match"),
        etag=headers["ETag"],
        last_modified=headers["Last-Modified"],
    ):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    _keep_usable_ranges(request, found.bytes)
    return FileResponse(
        made.path(found),
        headers=headers,
        media_type="application/gzip" if found.packed else found.media_type,
        filename=found.dated(release.digest),
    )


def _keep_usable_ranges(request: Request, size: int) -> None:
    """Leave out of the request what ranges it has that cannot be given, and all where that makes no sense."""
    given = request.headers.get("range")
    if given is None:
        return
    ranges = [each.strip() for each in given.partition("=")[2].split(",")]
    found = [parse_range_header(f"bytes={each}") for each in ranges]
    usable = [each for each, part in zip(ranges, found, strict=True) if part and part.ranges[0][0] < size]
    headers = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
    understood = given.lower().startswith("bytes=") and (all(found) or ranges == ["-0"])
    if understood and len(ranges) <= _MOST_RANGES:
        headers.append((b"range", f"bytes={','.join(usable or ranges)}".encode("latin-1")))
    request.scope["headers"] = headers


def _not_made(request: Request, what: str) -> RequestError:
    """Return the error of something that is not made of the release, or not yet."""
    if not request.app.state.access.taking_changes:
        advice = "whoever runs it: clustergraph export all"
        return RequestError(HTTPStatus.NOT_FOUND, f"this release has no {what}", advice)
    problem = f"the {what} of this release, which was written just now, are not made yet"
    return RequestError(HTTPStatus.SERVICE_UNAVAILABLE, problem, "ask again in a few seconds", Retry_After="10")


def _headers(release: Release, found: Download) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(found.sha256)).decode()
    return {
        "ETag": f'"{found.sha256[:32]}"',
        "Cache-Control": "no-cache",
        "Last-Modified": format_datetime(datetime.fromisoformat(release.created), usegmt=True),
        "Link": '</dataset>; rel="describedby"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "X-Clustergraph-Release": release.digest,
    }
