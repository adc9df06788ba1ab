"""The files that pages load: styles, scripts and the icon, each with a version in its address, kept for ever by it."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.web.responses import FOR_EVER, plain_tag, takes_gzip

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}
_COMPRESSIBLE: Final = ("text/", "image/svg")


@dataclass(frozen=True)
class Asset:
    """A file that pages load."""

    content: bytes
    packed: bytes
    """The same compressed with gzip; nothing if that is not worth it."""
    media_type: str
    version: str
    """Stands for what is in it."""

    @classmethod
    def read(cls, path: Path) -> "Asset":
        """Read a file."""
        content = path.read_bytes()
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        packed = gzip.compress(content, mtime=0) if media_type.startswith(_COMPRESSIBLE) else b""
        return cls(content, packed, media_type, hashlib.sha256(content).hexdigest()[:12])


ASSETS: Final[Mapping[str, Asset]] = {path.name: Asset.read(path) for path in sorted(_FOLDER.iterdir())}
"""All of them, by name."""


def asset_address(name: str) -> str:
    """Return the address of an asset, which is another one when the file is."""
    return f"/static/{name}?v={ASSETS[name].version}"


async def asset(request: Request) -> Response:
    """Send an asset: compressed where that is taken, for ever where its version is asked for."""
    found = ASSETS.get(request.path_params["name"])
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    kept = request.query_params.get("v") == found.version
    headers = {"Cache-Control": FOR_EVER if kept else "no-cache", "Vary": "Accept-Encoding"}
    zipped = bool(found.packed) and takes_gzip(request.headers.get("accept-encoding", ""))
    headers["ETag"] = f'"{found.version}-gzip"' if zipped else f'"{found.version}"'
    had = [plain_tag(each) for each in request.headers.get("if-none-match", "").split(",")]
    if f'"{found.version}"' in had:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(found.packed if zipped else found.content, media_type=found.media_type, headers=headers)
