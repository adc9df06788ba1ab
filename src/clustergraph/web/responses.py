"""How an answer goes out: in the format that is liked best, not at all if the client has it, compressed, in pieces.

The tag of an answer is made from what determines it (release, program, address, format), and not from the answer. So
whether a client has it already is known before anything is computed.
"""

import gzip
import hashlib
import tempfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import anyio
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from werkzeug.datastructures import Accept, MIMEAccept
from werkzeug.http import parse_accept_header, parse_etags

from clustergraph.engine.worker import StoredBytes
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS, table_formats
from clustergraph.languages.reader import chosen
from clustergraph.release.manifest import Release
from clustergraph.web.problems import RequestError

Content = bytes | StoredBytes

FOR_EVER: Final = "public, max-age=31536000, immutable"
"""How long an answer may be kept whose address names its release."""
_VARY: Final = "Accept, Accept-Encoding"
_PIECE: Final = 1 << 18
"""An answer is handed to the system in pieces of so many bytes: what waits is moved each time that some is sent."""
_WORTH_IT: Final = 1000
"""Answers with fewer bytes are not compressed."""
_QUICK: Final = 1 << 16
"""Answers with fewer bytes are compressed at once; a larger one in a thread, so that others need not wait."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_WRITING: Final = anyio.CapacityLimiter(1)
_COMPRESSING: Final = anyio.CapacityLimiter(1)
HTML: Final = ("text/html", "application/xhtml+xml")
HTML_UTF8: Final = "text/html; charset=utf-8"
_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "json": ("jsonld",), "xml": ("rdfxml",), "json-ld": ("jsonld",), "ld+json": ("jsonld",), "rdf+xml": ("rdfxml",),
    "n-triples": ("ntriples",), "n-quads": ("nquads",), "n3": ("turtle",), "sparql-results+json": ("json",),
    "sparql-results+xml": ("xml",),
    **{extension: (each.name,) for each in RDF_FORMATS.values() for extension in each.extensions},
    "srj": ("json",), "srx": ("xml",),
}  # fmt: skip
"""Other names of formats: as some clients call them, and as files end."""


@dataclass(frozen=True, eq=False)
class Offers:
    """The formats in which something can be given: name and media types, the preferred one first.

    Of the media types of a format the first is its own. The others count where they are named, and not by a wildcard.

    >>> offers = Offers({"json": ("application/json",), "csv": ("text/csv",)})
    >>> offers.accepted("text/csv;q=0.5, */*;q=0.1"), offers.named("application/json"), offers.named("pdf")
    ('csv', 'json', None)
    """

    types: Mapping[str, tuple[str, ...]]

    def accepted(self, header: str) -> str | None:
        """Return the name of the format that an Accept header likes best, the earlier of two, if any."""
        return _liked(self, header or "*/*")

    def named(self, wanted: str) -> str | None:
        """Return the name of the format that somebody names, by its name, a media type or the ending of a file."""
        wanted = wanted.strip().lower()
        for name in (wanted, *_ALIASES.get(wanted, ())):
            if name in self.types:
                return name
        return next((name for name, types in self.types.items() if wanted in types), None)

    def choose(self, request: Request, wanted: str = "", refused: str = "this cannot be given in that format") -> str:
        """Return the name of the format that a request wants, by name or by its Accept header; refuse if none fits."""
        chosen = self.named(wanted) if wanted else self.accepted(request.headers.get("accept", ""))
        if chosen is None:
            advice = f"ask for one of: {', '.join(f'{name} ({types[0]})' for name, types in self.types.items())}"
            raise RequestError(HTTPStatus.NOT_ACCEPTABLE, refused, advice, Vary="Accept")
        return chosen

    def content_type(self, name: str) -> str:
        """Return the ``Content-Type`` to send for a format."""
        own = self.types[name][0]
        return f"{own}; charset=utf-8" if own.startswith("text/") else own


GRAPHS: Final = Offers({name: (each.media_type, *each.also) for name, each in RDF_FORMATS.items()})
RESULTS: Final = Offers(
    {name: (each.media_type, *each.also) for name, each in RESULT_FORMATS.items()}
    | {name: (media_type,) for name, media_type in table_formats().items()}
)
PAGE_OR_JSON: Final = Offers({"html": HTML, "json": ("application/json",)})


@lru_cache(maxsize=1024)
def _liked(offers: Offers, header: str) -> str | None:
    accept = _accepted_types(header)
    named = {media_type.lower(): float(quality) for media_type, quality in accept}

    def like(own: str, *others: str) -> float:
        return max(named.get(own, float(accept.quality(own))), *(named.get(other, 0.0) for other in others), 0.0)

    liking = {name: like(*types) for name, types in offers.types.items()}
    best = max(liking, key=lambda name: liking[name])
    return best if liking[best] > 0 else None


@lru_cache(maxsize=256)
def _accepted_types(header: str) -> MIMEAccept:
    """Return the media types that an Accept header names, without their parameters."""
    parsed = parse_accept_header(header, MIMEAccept)
    return MIMEAccept([(value.partition(";")[0].strip(), quality) for value, quality in parsed])


def format_of(offers: Offers) -> Any:  # noqa: ANN401 - what marks a parameter
    """Return what marks the parameter ``format`` of something that can be given in some formats."""
    schema = {"enum": list(offers.types)}
    return Query(alias="format", description="else the Accept header says it", json_schema_extra=schema)


def prefers_html(request: Request) -> bool:
    """Whether a person with a browser asks: HTML is named, and nothing else is liked better."""
    accept = _accepted_types(request.headers.get("accept") or "*/*")
    named = [quality for value, quality in accept if value in HTML]
    return bool(named) and max(named) >= max(quality for _, quality in accept)


@lru_cache(maxsize=256)
def takes_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes an answer that is compressed with gzip."""
    return parse_accept_header(header, Accept).quality("gzip") > 0


def tag(*parts: object) -> str:
    """Return an entity tag that stands for some parts."""
    digest = hashlib.sha256("\x00".join(map(repr, parts)).encode("utf-8", "surrogatepass")).hexdigest()
    return f'"{digest[:32]}"'


def address_tag(request: Request, release: Release, *negotiated: object) -> str:
    """Return the tag of what an address has: it follows from release, program, address, and what is negotiated."""
    program = request.app.state.service.fingerprint
    asked = request.scope["path"], request.scope["query_string"], chosen()
    return tag(release.digest, program, *asked, *negotiated)


async def respond(
    request: Request,
    make: Callable[[], Awaitable[Content | Response]],
    content_type: str,
    etag: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    release: Release | None = None,
) -> Response:
    """Return an answer, which is made only if the client does not have it.

    What is made is the answer; or a response, such as a page that tells an error, which goes out as it is. The tag is
    that before compression. An answer without one is not to be kept; where the address names the release, for ever.
    """
    gzipped = takes_gzip(request.headers.get("accept-encoding", ""))
    permanent = release is not None and request.query_params.get("release") == release.digest
    sent = {"Cache-Control": "no-store", "Vary": _VARY, **(headers or {})}
    if release:
        sent["X-Clustergraph-Release"] = release.digest
        sent = with_links(sent, _of_sources(release))
    variant = etag.strip('"') + ("-gzip" if gzipped else "")
    if etag:
        # A weak one, since an engine may give rows without an order, and labels of blank nodes, as it likes.
        sent |= {"ETag": f'W/"{variant}"', "Cache-Control": FOR_EVER if permanent else "no-cache"}
    had = parse_etags(request.headers.get("if-none-match") if etag else None)
    if not had.star_tag and had.contains_weak(variant):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent)
    content = await make()
    if isinstance(content, Response):
        return content
    if had.star_tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent)
    packed = await _compressed(content) if gzipped else content
    if packed is not content:
        sent["Content-Encoding"] = "gzip"
    if isinstance(packed, bytes) and len(packed) <= _PIECE:
        return Response(packed, media_type=content_type, headers=sent)
    sent["Content-Length"] = str(len(packed))
    return StreamingResponse(_pieces(packed), media_type=content_type, headers=sent)


def with_links(headers: Mapping[str, str], links: str) -> dict[str, str]:
    """Return headers with some more links (RFC 8288).

    >>> with_links({"Link": '<a>; rel="next"'}, '<b>; rel="license"')
    {'Link': '<a>; rel="next", <b>; rel="license"'}
    """
    found = ", ".join(filter(None, (headers.get("Link", ""), links)))
    return {**headers, "Link": found} if found else dict(headers)


def _of_sources(release: Release) -> str:
    """Return links to the licences of the sources of a release, and to its description, which tells the rest."""
    licences = dict.fromkeys(each.licence for each in release.sources)
    links = [*(f'<{licence}>; rel="license"' for licence in licences), '</dataset>; rel="describedby"']
    return ", ".join(links) if licences else ""


async def in_thread(work: Callable[[], bytes]) -> bytes:
    """Return what some work gives that would keep the event loop: a page or a large JSON document is written.

    It is done in a thread, one at a time: more would only keep each other, and the loop, waiting.
    """
    return await anyio.to_thread.run_sync(work, limiter=_WRITING)


def hint_header(text: str) -> dict[str, str]:
    """Return the header that tells a hint, if there is one: in ASCII, since a header holds nothing else."""
    return {"X-Clustergraph-Hint": text.encode("ascii", "replace").decode()[:1000]} if text else {}


def plain_tag(etag: str) -> str:
    """Return the tag from which a client has a variant."""
    return etag.strip().removeprefix("W/").replace('-gzip"', '"')


async def _compressed(content: Content) -> Content:
    """Return an answer compressed with gzip, or as it is if it is too small for that."""
    if len(content) < _WORTH_IT:
        return content
    if len(content) < _QUICK:
        return _compress(content)
    return await anyio.to_thread.run_sync(_compress, content, limiter=_COMPRESSING)


def _compress(content: Content) -> Content:
    if isinstance(content, bytes):
        # Without a time, so that the same answer is always the same bytes, as its tag says.
        return gzip.compress(content, compresslevel=5, mtime=0)
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the answer keeps it
    packer = zlib.compressobj(level=1, wbits=_GZIP)
    for start in range(0, len(content), _PIECE):
        file.write(packer.compress(content.read(start, min(_PIECE, len(content) - start))))
    file.write(packer.flush())
    return StoredBytes(file)


async def _pieces(content: Content) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PIECE):
        end = min(start + _PIECE, len(content))
        await anyio.lowlevel.checkpoint()  # Nothing waits in sending to a client that has hung up.
        yield content[start:end] if isinstance(content, bytes) else content.read(start, end - start)
