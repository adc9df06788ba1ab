"""Headings of tables compared as people would: without case, accents, spaces, and in whichever of two languages."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from anyascii import anyascii

from clustergraph.layers import PACKAGED

_NO_WORD: Final = re.compile(r"[^a-z0-9]+")


def plain(heading: str) -> str:
    """Return a heading without case, accents, spaces, underscores and other marks.

    >>> plain("Nom de l’organisme "), plain("post_code"), plain("Größe (ha)*"), plain("Ελλάδα")
    ('nomdelorganisme', 'postcode', 'grosseha', 'ellada')
    """
    return _NO_WORD.sub("", anyascii(heading).lower())


def forms(heading: str) -> Iterator[str]:
    """Yield what a heading may be known by: all of it, then its parts on either side of a stroke, without notes.

    >>> list(forms("Projekttitel / Operation name (short)"))
    ['projekttiteloperationnameshort', 'projekttiteloperationname', 'projekttitel', 'operationname']
    """
    short = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", heading)
    found = [heading, short, *(short.split("/") if "/" in short else ())]
    yield from dict.fromkeys(filter(None, map(plain, found)))


@cache
def vocabulary() -> Mapping[str, str]:
    """Return the columns that headings are known to mean, by the heading as `plain` has it."""
    words = tomllib.loads((PACKAGED / "imports" / "headings.toml").read_text("utf-8"))
    return {plain(heading): name for name, said in words.items() for each in said.values() for heading in each}


def meaning(heading: str) -> str:
    """Return the column that a heading is known to mean, or nothing.

    >>> meaning("Projektitel / Operation name"), meaning("Code postal"), meaning("Bemerkungen")
    ('operation', 'postcode', '')
    """
    known = vocabulary()
    return next((known[form] for form in forms(heading) if form in known), "")
