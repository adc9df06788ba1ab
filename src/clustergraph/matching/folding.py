"""Names as they are compared: in one script, without damage, legal forms apart, common words in one language."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import ftfy
from anyascii import anyascii

from clustergraph.matching.words import ANYWHERE, FILLERS, LEGAL, LEGAL_PHRASES, MEANINGS, TOWNS

_CACHED: Final = 200_000
_UMLAUTS: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"))
"""Two ways to write a letter, so that Universitaet and Universität are one."""
_SOUNDS: Final = (
    ("ph", "f"), ("ch", "h"), ("th", "t"), ("ei", "i"), ("oi", "i"), ("ou", "u"), ("y", "i"), ("c", "k"), ("w", "v"),
)  # fmt: skip
_COUNTRIES: Final = {"GR": "EL", "GB": "UK"}
"""Codes of countries that are written in two ways, in the European one."""


@lru_cache(_CACHED)
def fold(text: str) -> str:
    """Return a text in ASCII, in lower case, its damage mended and its umlauts in one form, words parted by a space.

    >>> fold("Universität Köln"), fold("UNIVERSITAET KOELN"), fold("Πανεπιστήμιο Πατρών")
    ('universitat koln', 'universitat koln', 'panepistimio patron')
    """
    # A letter without ASCII may be damage of an encoding: what is compared is mended, what is kept is not.
    bare = anyascii(text if text.isascii() else _mended(text)).lower().replace("'", "").replace("`", "")
    for written, short in _UMLAUTS:
        bare = bare.replace(written, short)
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def _mended(text: str) -> str:
    """Return a text without the damage of an encoding; UTF-8 read as MacRoman is told by its root sign."""
    if "√" in text:
        with suppress(UnicodeError):
            return text.encode("mac_roman").decode()
    return ftfy.fix_encoding(text)


@dataclass(frozen=True)
class Words:
    """A name as it is compared."""

    words: tuple[str, ...]
    """Its words, in their English meaning where it is known."""
    legal: frozenset[str]
    """The legal forms that it has."""
    plain: str
    """All its words but legal forms, as they are written."""


@lru_cache(_CACHED)
def words_of(name: str) -> Words:
    """Return the words of a name.

    >>> words_of("Università degli Studi di Padova").words
    ('university', 'padua')
    >>> words_of("Gimac International S.r.l.")
    Words(words=('gimak', 'international'), legal=frozenset({'srl'}), plain='gimac international')
    """
    text = f" {fold(name)} "
    for phrase, form in LEGAL_PHRASES:
        text = text.replace(f" {phrase} ", f" {form} ")
    spelt = text.split()
    kept, legal = _without_legal_forms(spelt)
    meant = [_meaning(word) for word in kept if word not in FILLERS]
    return Words(tuple(dict.fromkeys(meant)) or tuple(kept), frozenset(legal), " ".join(kept))


def _without_legal_forms(spelt: list[str]) -> tuple[list[str], set[str]]:
    """Return the words of a name without its legal forms, and these."""
    end = len(spelt)
    while end > 1 and (spelt[end - 1] in LEGAL or spelt[end - 1] in ("co", "und", "and")):
        end -= 1
    begin = 1 if end > 1 and spelt[0] in LEGAL else 0
    forms = {word for word in [*spelt[:begin], *spelt[end:], *(ANYWHERE & set(spelt))] if word in LEGAL}
    kept = [word for word in spelt[begin:end] if word not in ANYWHERE]
    return kept or spelt, {LEGAL[word] for word in forms}


_SPELT: Final[dict[str, str]] = {}
"""A spelling of each word that was compared."""


@lru_cache(_CACHED)
def _meaning(word: str) -> str:
    plain = word.replace("kh", "h")
    meant = TOWNS.get(plain) or MEANINGS.get(plain) or sound(plain)
    _SPELT.setdefault(meant, meant if meant in TOWNS or meant in MEANINGS else plain)
    return meant


def spelt(word: str) -> str:
    """Return a word of a name as people write it."""
    return _SPELT.get(word, word)


def sound(word: str) -> str:
    """Return a word with those letters as one that stand for one another where scripts and languages change.

    >>> sound("charokopeio") == sound("harokopio"), sound("filippos") == sound("philippos")
    (True, True)
    """
    for written, spoken in _SOUNDS:
        word = word.replace(written, spoken)
    return re.sub(r"(.)\1", r"\1", word)


def site(address: str) -> str:
    """Return the domain of a website.

    >>> site("http://www.uni-ruse.bg/en"), site("uoc.gr")
    ('uni-ruse.bg', 'uoc.gr')
    """
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    return re.sub(r"^(www\d?|en|web)\.", "", host)


def country_of(code: str) -> str:
    """Return the code of a country as the European Union writes it."""
    return _COUNTRIES.get(code.upper(), code.upper())
