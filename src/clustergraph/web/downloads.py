"""The exports of the release as files: a list of them, and each with ranges, tags and a name of its own."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from clustergraph.export import downloads
from clustergraph.export.downloads import Download
from clustergraph.store.embedded import Release
from clustergraph.web import ranges
from clustergraph.web.http import HTML, RequestError, accepted, choose, respond, tag, unchanged
from clustergraph.web.pages import page, page_response
from clustergraph.web.service import Service

_TYPES: Final = {"html": (HTML, "application/xhtml+xml"), "json": ("application/json",)}
_RETRY: Final = "10"
"""Seconds after which a client may ask again for files that are being made."""


async def index(request: Request) -> Response:
    """List the files: a page, or JSON."""
    service: Service = request.app.state.service
    release = service.release
    name = request.query_params.get("format") or choose(accepted(request), _TYPES)
    if name not in _TYPES:
        raise RequestError(
            HTTPStatus.NOT_ACCEPTABLE, "the list is HTML or JSON", "ask for text/html or application/json"
        )
    files = _files(request, release)
    if name == "html":
        return page_response(request, page("downloads.html", release=release, files=files), release)
    base = str(request.base_url)
    listed = [
        {
            "name": each.dated(release.digest),
            "title": each.title,
            "description": each.description,
            "media_type": each.media_type,
            "gzip": each.packed,
            "bytes": each.bytes,
            "sha256": each.sha256,
            "url": f"{base}download/{each.name}",
        }
        for each in files
    ]
    content = json.dumps({"release": release.digest, "files": listed}, ensure_ascii=False, indent=1).encode()
    return respond(request, content, "application/json", tag(content), {"X-Clustergraph-Release": release.digest})


async def file(request: Request) -> Response:
    """Give one file, or the parts of it that are asked for."""
    service: Service = request.app.state.service
    release = service.release
    wanted = request.path_params["name"]
    found = next((each for each in _files(request, release) if wanted in (each.name, each.dated(release.digest))), None)
    if found is None:
        raise RequestError(HTTPStatus.NOT_FOUND, f"there is no file {wanted!r}", "/download lists what there is")
    headers = _headers(release, found)
    if ranges.differs(request.headers, headers["ETag"]):
        raise RequestError(HTTPStatus.PRECONDITION_FAILED, "the file has another tag by now", "get it from its start")
    made = datetime.fromisoformat(release.created)
    if unchanged(request, headers["ETag"]) or ranges.unmodified(request.headers, made):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    ranges.keep_usable(request, found.bytes)
    return FileResponse(
        release.path / downloads.FOLDER / found.name,
        headers=headers,
        media_type="application/gzip" if found.packed else found.media_type,
        filename=found.dated(release.digest),
    )


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


def _files(request: Request, release: Release) -> tuple[Download, ...]:
    """Return the files of a release; where there are none yet, have them made.

    Raises:
        RequestError: they are not there.
    """
    _, found = downloads.read(release.path)
    if found:
        return found
    writing = request.app.state.writing
    if writing is None:
        raise RequestError(
            HTTPStatus.NOT_FOUND, "this release has no files", "whoever runs it: clustergraph export all"
        )
    making: dict[str, subprocess.Popen[bytes]] = request.app.state.__dict__.setdefault("making", {})
    under_way = making.get(release.digest)
    if under_way is None or under_way.poll() is not None:
        project, releases = map(str, writing.writer.folders)
        folders = ["--project", project, "--releases", releases]
        command = [sys.executable, "-m", "clustergraph", *folders, "export", "all"]
        making[release.digest] = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    raise RequestError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the files of this release are being made",
        "ask again in a few seconds",
        Retry_After=_RETRY,
    )
