"""Conditions on files: which parts are wanted (RFC 9110, 14), and whether a client has the file already (13)."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request

_RANGE: Final = re.compile(r"(\d+)-(\d*)|-(\d+)")
_MOST: Final = 20
"""So many parts may be asked for at a time; who wants more gets the whole."""


def usable(given: str, size: int) -> str | None:
    """Return the ranges of a header that can be given, or None where the header is to be ignored.

    Where no range can be given, the header comes back as it is, to be refused.

    >>> usable("bytes=0-9, 500-", 100), usable("bytes=500-", 100)
    ('bytes=0-9', 'bytes=500-')
    >>> usable("items=0-9", 100), usable("bytes=9-0", 100), usable("bytes=soon", 100)
    (None, None, None)
    """
    unit, _, specified = given.partition("=")
    ranges = [each.strip() for each in specified.split(",")]
    parts = [_RANGE.fullmatch(each) for each in ranges]
    if unit.strip().lower() != "bytes" or len(ranges) > _MOST:
        return None
    if any(part is None or (part[2] and int(part[2]) < int(part[1])) for part in parts):
        return None
    kept = [
        text for text, part in zip(ranges, parts, strict=True) if part and int(part[1] or 0) < size and part[3] != "0"
    ]
    return f"bytes={','.join(kept)}" if kept else given


def keep_usable(request: Request, size: int) -> None:
    """Leave in the request what ranges it has that can be given; only GET has any."""
    headers = request.scope["headers"]
    given = request.headers.get("range")
    kept = usable(given, size) if given is not None and request.method == "GET" else None
    others = [(name, value) for name, value in headers if name != b"range"]
    request.scope["headers"] = [*others, *([(b"range", kept.encode("latin-1"))] if kept is not None else [])]


def differs(headers: Headers, etag: str) -> bool:
    """Whether a client wants the file with another tag only (``If-Match``)."""
    given = headers.get("if-match", "*").strip()
    return given != "*" and etag not in [each.strip() for each in given.split(",")]


def unmodified(headers: Headers, modified: datetime) -> bool:
    """Whether a client that names no tag has the file since the day it was made (``If-Modified-Since``)."""
    given = headers.get("if-modified-since")
    if given is None or "if-none-match" in headers:
        return False
    try:
        return modified.replace(microsecond=0) <= parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return False
