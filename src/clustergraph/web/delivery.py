"""How an answer goes out: compressed where the client takes that, and a large one straight from its file."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
import zlib
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from clustergraph.store.process import Spool
from clustergraph.web.http import respond, unchanged

Answer = bytes | Spool

_PIECE: Final = 1 << 18
_WORTH_IT: Final = 1000
"""Answers with fewer bytes are not compressed."""
_QUICK: Final = 1 << 16
"""Answers with fewer bytes are compressed at once; a larger one in a thread, so that others need not wait."""
_GZIP: Final = 16 + zlib.MAX_WBITS


def takes_gzip(request: Request) -> bool:
    """Whether a client takes an answer that is compressed with gzip."""
    return _takes_gzip(request.headers.get("accept-encoding", ""))


@lru_cache(maxsize=256)
def _takes_gzip(header: str) -> bool:
    accept = {name.lower(): quality for name, quality in parse_accept_header(header, Accept)}
    return accept.get("gzip", accept.get("*", 0.0)) > 0


def variant(etag: str, *, gzipped: bool) -> str:
    """Return the tag of the variant of an answer that a client takes.

    It is a weak one, since an engine may give rows without an order, and labels of blank nodes, as it likes.

    >>> variant('"a1"', gzipped=True)
    'W/"a1-gzip"'
    """
    if not etag:
        return ""
    return f'W/{etag[:-1]}-gzip"' if gzipped else f"W/{etag}"


async def compress(answer: Answer) -> Answer:
    """Return an answer compressed with gzip, or as it is if it is too small for that."""
    if isinstance(answer, Spool):
        return await asyncio.to_thread(_compress_file, answer)
    if len(answer) < _WORTH_IT:
        return answer
    if len(answer) < _QUICK:
        return _compress(answer)
    return await asyncio.to_thread(_compress, answer)


def _compress(content: bytes) -> bytes:
    # Without a time, so that the same answer is always the same bytes, as its tag says.
    return gzip.compress(content, compresslevel=5, mtime=0)


def _compress_file(spool: Spool) -> Spool:
    packer = zlib.compressobj(level=1, wbits=_GZIP)
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the answer keeps it
    length = 0
    for start in range(0, len(spool), _PIECE):
        length += file.write(packer.compress(spool.read(start, _PIECE)))
    length += file.write(packer.flush())
    return Spool(file, length)


def not_modified(
    request: Request, etag: str, content_type: str, headers: Mapping[str, str] | None = None
) -> Response | None:
    """Return that a client has the answer already, if it has."""
    tag = variant(etag, gzipped=takes_gzip(request))
    if not tag or not request.headers.get("if-none-match") or not unchanged(request, tag):
        return None
    return respond(request, b"", content_type, tag, {"Vary": _VARY, **(headers or {})})


def deliver(
    request: Request,
    answer: Answer,
    content_type: str,
    etag: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    gzipped: bool = False,
) -> Response:
    """Return an answer, or that it has not changed; without a tag it is not to be kept.

    Args:
        request: the request.
        answer: what to send, compressed if it is to be.
        content_type: what it is.
        etag: the tag of the answer as it is before compression.
        headers: other headers.
        gzipped: whether it is compressed.
    """
    tag = variant(etag, gzipped=takes_gzip(request))
    sent = {"Vary": _VARY, **({"Content-Encoding": "gzip"} if gzipped else {}), **(headers or {})}
    if isinstance(answer, bytes):
        return respond(request, answer, content_type, tag, sent)
    response = respond(request, b"", content_type, tag, {**sent, "Content-Length": str(len(answer))})
    if response.status_code == HTTPStatus.NOT_MODIFIED:
        del response.headers["content-length"]
        return response
    return _FromFile(answer, response)


_VARY: Final = "Accept, Accept-Encoding"


class _FromFile(Response):
    """An answer that is read as it goes out."""

    def __init__(self, spool: Spool, like: Response) -> None:
        super().__init__(status_code=like.status_code)
        self.raw_headers = like.raw_headers
        self._spool = spool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as in the base class
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        length = 0 if scope["method"] == "HEAD" else len(self._spool)
        for start in range(0, length, _PIECE):
            piece = self._spool.read(start, min(_PIECE, length - start))
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
