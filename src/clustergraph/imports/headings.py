"""Headings of tables compared as people would: without case, accents, spaces, and in whichever of two languages."""

import re
from collections.abc import Iterator
from typing import Final

from anyascii import anyascii

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
