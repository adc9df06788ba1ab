"""Drawing: text, lines and marks as SVG.

Colours stand in attributes, so that a saved file has them; the style sheet of the service overrides them by class,
which gives the dark mode.
"""

import html
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from clustergraph.charts.certainty import LEVELS
from clustergraph.rdf.xml import for_xml

SIZE: Final = 14.0
"""The size of text, in the units of the drawing."""
COLOURS: Final = ("#0b6e69", "#b3541e", "#3d5a9e", "#8a2f5c", "#7a6200", "#57646a", "#4f6b1d", "#6a4fa3")
"""Told apart by most people who see colours in another way; marks differ in shape, too."""

NARROW: Final = 480.0
"""Under which width a picture is for a phone."""

_ACCENT: Final = COLOURS[0]
_LOOKS: Final = {
    "paper": 'fill="#ffffff"',
    "ink": 'fill="#1d2528"',
    "quiet": 'fill="#57646a"',
    "ink over": 'fill="#1d2528" stroke="#f8f6f0" stroke-width="3" stroke-linejoin="round" paint-order="stroke"',
    "quiet over": 'fill="#57646a" stroke="#f8f6f0" stroke-width="3" stroke-linejoin="round" paint-order="stroke"',
    "mark": f'fill="{_ACCENT}"',
    "mark old": f'fill="#ffffff" stroke="{_ACCENT}" stroke-width="1.8"',
    "open": f'fill="none" stroke="{_ACCENT}" stroke-width="1.8"',
    "spot": f'fill="{_ACCENT}" fill-opacity="0.8" stroke="#ffffff"',
    "box": 'fill="#f3f6f6" stroke="#b4bfc2"',
    "head": 'fill="#57646a"',
    "sea": 'fill="#eaf1f4"',
    "land": 'fill="#f8f6f0"',
    "border": 'stroke="#b9c1c2" stroke-width="1" fill="none"',
    "outline": f'stroke="{_ACCENT}" fill="{_ACCENT}" fill-opacity="0.12"',
    "ring": 'stroke="#57646a" fill="none"',
    "leader": 'stroke="#57646a" fill="none"',
    "bracket": 'stroke="#9a4a00" stroke-width="1.8" fill="none"',
    "axis": 'stroke="#57646a" fill="none"',
    "grid": 'stroke="#d5dedf" fill="none"',
    "edge": f'stroke="{_ACCENT}" stroke-opacity="0.6" fill="none"',
    "own": 'fill="#eef2f2"',
    **{f"area{i}": f'fill="{_ACCENT}" fill-opacity="{0.15 + 0.2 * i:.2f}" stroke="#ffffff"' for i in range(5)},
    **{f"line c{i}": f'stroke="{colour}" stroke-width="2" fill="none"' for i, colour in enumerate(COLOURS)},
    **{f"dot c{i}": f'fill="{colour}"' for i, colour in enumerate(COLOURS)},
}
_OPEN: Final = f'fill="{_ACCENT}" stroke="{_ACCENT}" stroke-width="1.6"'
"""A mark of what is not simply stated: its outline is broken, as a line of the same level is, and it is filled less."""
_NARROW, _WIDE = set("iljtfrI.,:;'|!()[]- "), set("mwMWGOQ@%&—…")

Link = Callable[[str], str]
"""Gives the address of the page of an IRI, or nothing."""


@dataclass
class Drawing:
    """A drawing that grows."""

    width: float
    link: Link
    parts: list[str] = field(default_factory=list)

    @property
    def narrow(self) -> bool:
        """Whether it is for a phone."""
        return self.width < NARROW

    def text(self, x: float, y: float, words: str, look: str = "ink", anchor: str = "start", more: str = "") -> None:
        """Write words, with their baseline at y."""
        place = f'x="{x:.1f}" y="{y:.1f}"' + (f' text-anchor="{anchor}"' if anchor != "start" else "") + more
        self.parts.append(f'<text {place} class="{look}" {_LOOKS[look]}>{escape(words)}</text>')

    @contextmanager
    def thing(self, title: str = "", iri: str | None = None, look: str = "thing", **data: str) -> Iterator[None]:
        """Draw what follows as one thing, with a tip, and as a link where the thing has a page.

        Ties are for the eye alone: who listens has them in a table, and need not hear a hundred one by one.
        """
        address = self.link(iri) if iri else ""
        name = "a" if address else "g"
        href = f' href="{escape(address)}"' if address else ""
        hidden = ' aria-hidden="true"' if look == "tie" else ""
        kept = "".join(f' data-{key}="{escape(value)}"' for key, value in data.items())
        self.parts.append(f'<{name}{href} class="{look}"{hidden}{kept}>')
        if title:
            self.parts.append(f"<title>{escape(title)}</title>")
        yield
        self.parts.append(f"</{name}>")

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Draw what follows for the eye alone: what it says is said elsewhere."""
        self.parts.append('<g aria-hidden="true">')
        yield
        self.parts.append("</g>")

    def label(self, x: float, y: float, words: str, room: float, anchor: str = "start", more: str = "") -> None:
        """Write the name of a thing, cut to the room there is."""
        self.text(x, y, cut(words, room), "ink", anchor, more)

    def rect(self, x: float, y: float, width: float, height: float, look: str, level: int | None = None) -> None:
        """Draw a rectangle, with the outline of a level of certainty."""
        self._shape(f'rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"', look, level)

    def line(self, x1: float, y1: float, x2: float, y2: float, look: str) -> None:
        """Draw a straight line."""
        self._shape(f'line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"', look)

    def circle(self, x: float, y: float, radius: float, look: str, level: int | None = None) -> None:
        """Draw a disc, with the outline of a level of certainty."""
        self._shape(f'circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"', look, level)

    def path(self, places: str, look: str, width: float = 0, level: int | None = None) -> None:
        """Draw a path, as wide as said or as it looks, broken as its level of certainty is."""
        wide = f' stroke-width="{width:.1f}"' if width else ""
        dash = f' stroke-dasharray="{LEVELS[level].dash}"' if level else ""
        name = f" {LEVELS[level].name}" if level is not None else ""
        self.parts.append(f'<path d="{places}" class="{look}{name}" {_LOOKS[look]}{wide}{dash}/>')

    @contextmanager
    def frame(self, y: float, width: float, height: float, name: str) -> Iterator[None]:
        """Draw what follows in a part of its own, cut at its edges, with y from its top."""
        place = f'y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" viewBox="0 0 {width:.1f} {height:.1f}"'
        self.parts.append(f'<svg class="frame" data-frame="{name}" {place}>')
        yield
        self.parts.append("</svg>")

    def _shape(self, shape: str, look: str, level: int | None = None) -> None:
        if not level:
            name = f" {LEVELS[0].name}" if level is not None else ""
            self.parts.append(f'<{shape} class="{look}{name}" {_LOOKS[look]}/>')
            return
        own = f'fill-opacity="{LEVELS[level].fill:g}" stroke-dasharray="{LEVELS[level].dash}"'
        self.parts.append(f'<{shape} class="{look} {LEVELS[level].name}" {_OPEN} {own}/>')

    def document(self, height: float, kind: str, title: str, words: str, top: float = 0.0) -> str:
        """Return the whole drawing, which who does not see it hears as one, by its title and what it shows in words.

        Where things in it lead to their pages it is a document, else an image.

        With room at the top, the title is written there.
        """
        if top:
            self.text(
                0, SIZE * 1.2 - top, cut(title, self.width * 0.9), more=f' font-weight="600" font-size="{SIZE + 2:.0f}"'
            )
        size = f"{self.width:.0f} {height + top:.0f}"
        own = f"chart-{zlib.crc32(f'{size} {title}'.encode()):08x}"
        body = "".join(self.parts)
        role = "graphics-document document" if "<a " in body else "img"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {-top:.0f} {size}" width="{self.width:.0f}"'
            f' height="{height + top:.0f}" role="{role}" aria-labelledby="{own} {own}-words"'
            f' data-kind="{kind}" font-size="{SIZE:.0f}" font-family="system-ui, sans-serif">'
            f'<title id="{own}">{escape(title)}</title><desc id="{own}-words">{escape(words)}</desc>'
            f'<rect y="{-top:.0f}" width="100%" height="100%" class="paper" {_LOOKS["paper"]}/>'
        )
        return head + body + "</svg>\n"


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
    """Return about how wide words are, in the units of the drawing; rather too wide than too narrow.

    >>> width("Illi") < width("Mumm")
    True
    """
    return SIZE * sum(map(_width, words))


def _width(character: str) -> float:
    if character in _NARROW:
        return 0.4
    if character in _WIDE or unicodedata.east_asian_width(character) in "WF":
        return 1.0
    return 0.72 if character.isupper() else 0.63


def cut(words: str, room: float) -> str:
    """Return words, cut where they are wider than the room.

    >>> cut("Auvergne-Rhône-Alpes", 90)
    'Auvergne…'
    """
    if width(words) <= room + 0.1:
        return words
    while words and width(words) + SIZE > room:
        words = words[:-1]
    return words.rstrip(" -,") + "…"


def wrapped(words: str, room: float) -> list[str]:
    """Break words into lines that fit the room; a word that is too long for it has a line of its own.

    >>> wrapped("is located in", 60)
    ['is', 'located', 'in']
    """
    found: list[str] = []
    for word in words.split():
        if found and width(f"{found[-1]} {word}") <= room:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def fitted(parts: Sequence[str], room: float) -> str:
    """Return parts of a name side by side; where there is no room for all, the longest are cut, so that none is lost.

    >>> fitted(["Cluster management excellence label", "gold"], 160)
    'Cluster mana…, gold'
    """
    kept = [part for part in parts if part]
    short = list(kept)
    while width(", ".join(short)) > room:
        place = max(range(len(short)), key=lambda at: len(short[at]))
        if len(short[place]) <= _SHORTEST:
            return cut(", ".join(short), room)
        kept[place] = kept[place][:-1]
        short[place] = kept[place].rstrip(" -,(") + "…"
    return ", ".join(short)


_SHORTEST: Final = 4
"""How few characters a part of a name is cut to."""
