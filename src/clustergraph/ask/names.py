"""Names as people type them: without accents, case and punctuation."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "œ": "oe", "đ": "d"})


def plain(name: str) -> str:
    """Return a name in the form in which names are compared.

    >>> plain("Clúster Digital – BCN"), plain("Małopolska"), plain("長野県")
    ('cluster digital bcn', 'malopolska', '長野県')
    """
    bare = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    return re.sub(r"[\W_]+", " ", "".join(c for c in bare if not unicodedata.combining(c)).casefold()).strip()
