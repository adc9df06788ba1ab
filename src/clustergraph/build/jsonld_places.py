"""Where subjects and triples are written in JSON-LD.

The engine is given the text piece by piece, and what it says after a piece was written there.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Quad, RdfFormat

from clustergraph.build.jsonld_pieces import pieces
from clustergraph.build.place import Place
from clustergraph.build.trace import placed, trace


def places(text: str, base: str = "") -> Iterator[Place]:
    """Yield the place of every subject and triple of a well-formed text.

    Raises:
        SourceError: the text is not well formed, or the engine cannot read it piece by piece.
    """
    return placed(text, _quads(text, base))


def _quads(text: str, base: str) -> Iterator[tuple[Quad, int, int]]:
    """Yield each quad with the start of its subject and of the triple."""
    for piece, quad in trace(pieces(text), RdfFormat.STREAMING_JSON_LD, base):
        inner = piece.node
        if inner is None:
            yield quad, piece.value, piece.value
            continue
        leads_here = inner.is_led_to_by(quad)
        about = inner.about(quad)
        start = about.start if about else piece.value
        if leads_here:
            yield quad, start, inner.start
        elif about and (at := about.type_place(quad)) is not None:
            yield quad, start, at
        else:
            yield quad, start, piece.value
