"""Drawing: text, lines and marks as SVG.

Colours stand in attributes, so that a saved file has them; the style sheet of the service overrides them by class,
which gives the dark mode.
"""

import html
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from clustergraph.rdf.xml import for_xml

SIZE: Final = 14.0
"""The size of text, in the units of the drawing."""
COLOURS: Final = ("#0b6e69", "#9a4a00", "#3d5a9e", "#8a2f5c", "#4f6b1d", "#6a4fa3", "#7a6200", "#57646a")
"""Told apart by most people who see colours in another way, on light paper."""

_LOOKS: Final = {
    "paper": 'fill="#ffffff"',
    "ink": 'fill="#1d2528"',
    "quiet": 'fill="#57646a"',
    "mark": f'fill="{COLOURS[0]}"',
    "spot": f'fill="{COLOURS[0]}" fill-opacity="0.75" stroke="#ffffff"',
    "sea": 'fill="#eaf1f4"',
    "land": 'fill="#f8f6f0"',
    "border": 'stroke="#b9c1c2" stroke-width="1" fill="none"',
    "ring": 'stroke="#57646a" fill="none"',
    "leader": 'stroke="#57646a"',
    "axis": 'stroke="#57646a"',
    "grid": 'stroke="#d5dedf"',
    "edge": f'stroke="{COLOURS[0]}" stroke-opacity="0.45" fill="none"',
    **{f"line c{i}": f'stroke="{colour}" stroke-width="2" fill="none"' for i, colour in enumerate(COLOURS)},
    **{f"dot c{i}": f'fill="{colour}"' for i, colour in enumerate(COLOURS)},
}

Link = Callable[[str], str]
"""Gives the address of the page of an IRI, or nothing."""


@dataclass
class Drawing:
    """A drawing that grows."""

    width: float
    link: Link
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, words: str, look: str = "ink", anchor: str = "start", more: str = "") -> None:
        """Write words, with their baseline at y."""
        place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}'
        self.parts.append(f'<text {place} class="{look}" {_LOOKS[look]}>{escape(words)}</text>')

    def label(
        self, x: float, y: float, words: str, room: float, anchor: str = "start", iri: str | None = None, more: str = ""
    ) -> None:
        """Write the name of a thing, cut to the room there is, as a link where the thing has a page."""
        short = cut(words, room)
        address = self.link(iri) if iri else ""
        if address:
            self.parts.append(f'<a href="{escape(address)}">')
        if short != words:
            self.parts.append(f"<g><title>{escape(words)}</title>")
        self.text(x, y, short, "ink", anchor, more)
        self.parts += ["</g>"] * (short != words) + ["</a>"] * bool(address)

    def rect(self, x: float, y: float, width: float, height: float, look: str, title: str = "") -> None:
        """Draw a rectangle."""
        self._shape(f'rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"', look, title)

    def line(self, x1: float, y1: float, x2: float, y2: float, look: str) -> None:
        """Draw a straight line."""
        self._shape(f'line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"', look)

    def circle(self, x: float, y: float, radius: float, look: str, title: str = "", iri: str = "") -> None:
        """Draw a disc, as a link where it is of a thing that has a page."""
        address = self.link(iri) if iri else ""
        if address:
            self.parts.append(f'<a href="{escape(address)}">')
        self._shape(f'circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"', look, title)
        if address:
            self.parts.append("</a>")

    def path(self, places: str, look: str, title: str = "", width: float = 0) -> None:
        """Draw a path, as wide as said or as it looks."""
        self._shape(f'path d="{places}"' + (f' stroke-width="{width:.1f}"' if width else ""), look, title)

    def open(self, x: float, y: float, width: float, height: float, look: str) -> None:
        """Begin a part of its own on a ground, cut at its edges; what follows until `close` is inside."""
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self.parts.append(f"<svg {place}>")
        self.rect(0, 0, width, height, look)

    def close(self) -> None:
        """End a part of its own."""
        self.parts.append("</svg>")

    def _shape(self, shape: str, look: str, title: str = "") -> None:
        inside = f"><title>{escape(title)}</title></{shape.split()[0]}>" if title else "/>"
        self.parts.append(f'<{shape} class="{look}" {_LOOKS[look]}{inside}')

    def document(self, height: float, title: str, words: str) -> str:
        """Return the whole drawing, with a title and the same in words for those who do not see it."""
        size, own = f"{self.width:.0f} {height:.0f}", f"chart-{zlib.crc32(title.encode()):08x}"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{self.width:.0f}"'
            f' height="{height:.0f}" role="group" aria-labelledby="{own} {own}-words" font-size="{SIZE:.0f}"'
            ' font-family="system-ui, sans-serif">'
            f'<title id="{own}">{escape(title)}</title><desc id="{own}-words">{escape(words)}</desc>'
            f'<rect width="100%" height="100%" class="paper" {_LOOKS["paper"]}/>'
        )
        return head + "".join(self.parts) + "</svg>\n"


def web(iri: str) -> str:
    """Return an IRI that a browser can open as it is, or else nothing.

    >>> web("http://data.europa.eu/nuts/code/FRK"), web("javascript:alert(1)")
    ('http://data.europa.eu/nuts/code/FRK', '')
    """
    return iri if iri.startswith(("http://", "https://")) else ""


def escape(words: str) -> str:
    """Return words as they stand in XML, without the characters that it forbids."""
    return html.escape(for_xml(words, ""))


def width(words: str) -> float:
    """Return about how wide words are, in the units of the drawing."""
    return SIZE * sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.56 for c in words)


def cut(words: str, room: float) -> str:
    """Return words, cut where they are wider than the room.

    >>> cut("Auvergne-Rhône-Alpes", 80)
    'Auvergne…'
    """
    if width(words) <= room + 0.1:
        return words
    while words and width(words) + SIZE > room:
        words = words[:-1]
    return words.rstrip(" -,") + "…"
