"""Names as they are compared: in one script, without damage, legal forms apart, common words in one language."""

import re
from collections.abc import Callable
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
    ("ph", "f"), ("ch", "h"), ("th", "t"), ("ei", "i"), ("oi", "i"), ("ou", "u"), ("oy", "u"), ("y", "i"), ("c", "k"),
    ("w", "v"),
)  # fmt: skip
_ENDINGS: Final = re.compile(
    r"(?<=...)(?:(?P<tion>[tzsk]i?on(?:e|es|i|en|er|s)?|[ktz]ao|[kz]oes|sao|[tkz]ij?[aei]|tsia|sj?on(?:en|s)?)"
    r"|(?P<ti>[ae]?it(?:at|ate|ats|as|et|e|a|i|es|eit)|idade?|etat|itet[a-z]{1,2})"
    r"|(?P<ik>i(?:k|ks|kal|ka|ko|ke|kas|kos|kue|kues|sh|she|shen|sher|shes|heski|heska|hni|kzni|kzna|kzne|ki|ke))"
    r"|(?P<logi>logi(?:e|a|i|as|es|en|j|ja|je)?)|(?P<ment>ment(?:s|o|i|os|e)?)"
    r"|(?P<of>sk(?:i|a|o|e|ij|ii|ih|ego|iego|iej|ej)|ians?|ans?|ensis|ens[ei]|ei[nm]|[aeiou]*s?|en|er|u?m))$"
)
"""How words that several languages share end in them: -tion as -zione, -cao, -cja; -ty as -tat, -dad; -ic as -isch."""
_PARTED: Final = re.compile(r"[()\[\];,/|]|\s[-–—]+|[-–—]+\s")
_STEM: Final = 4
"""A word is not cut to fewer letters."""
_KNOWN: Final = 6
"""A word of so many letters is known by its stem, where it is known in another form."""
_COMPOUND: Final = 9
"""A word of so many letters may be two known words written as one."""
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
    meant = [meaning for word in kept if word not in FILLERS for meaning in _meanings(word)]
    return Words(tuple(dict.fromkeys(meant)) or tuple(kept), frozenset(legal), " ".join(kept))


def parts_of(name: str) -> tuple[str, ...]:
    """Return the names that a name has in it: in brackets, beside a dash, before or after a comma.

    >>> parts_of("IAR (Industries et Agro-Ressources)"), parts_of("Alfa")
    (('IAR', 'Industries et Agro-Ressources'), ())
    """
    found = [part.strip() for part in _PARTED.split(name)]
    kept = tuple(part for part in found if len(part) > 2 and not part.isdigit())
    return kept if len(found) > 1 else ()


def _without_legal_forms(spelt: list[str]) -> tuple[list[str], set[str]]:
    """Return the words of a name without its legal forms, and these."""
    end = len(spelt)
    while end > 1 and (spelt[end - 1] in LEGAL or spelt[end - 1] in ("co", "und", "and")):
        end -= 1
    begin = 1 if end > 1 and spelt[0] in LEGAL else 0
    forms = {word for word in [*spelt[:begin], *spelt[end:], *(ANYWHERE & set(spelt))] if word in LEGAL}
    kept = [word for word in spelt[begin:end] if word not in ANYWHERE]
    return kept or spelt, {LEGAL[word] for word in forms}


_WORDS: Final = frozenset([*MEANINGS.values(), *TOWNS.values()])
_SPELT: Final[dict[str, str]] = {}
"""A spelling of each word that was compared."""


@lru_cache(_CACHED)
def _meanings(word: str) -> tuple[str, ...]:
    """Return what a word means, in English where it is known; of a compound of known words each of them."""
    plain = word.replace("kh", "h")
    meant = _known(plain) or _compound(plain) or (sound(plain),)
    for each in meant:
        _SPELT.setdefault(each, each if each in TOWNS or each in MEANINGS else plain)
    return meant


def _known(word: str) -> tuple[str, ...]:
    """Return what a word means, if it is known: as it is written, as it sounds, or in another form of it."""
    meant = TOWNS.get(word) or MEANINGS.get(word) or _sounding().get(sound(word))
    if not meant and len(word) >= _KNOWN:
        meant = _stems().get(stem(sound(word)))
    return tuple(part if part in _WORDS else sound(part) for part in meant.split("-")) if meant else ()


def _compound(word: str) -> tuple[str, ...]:
    """Return what the two known words mean that a word is made of, such as “forschungszentrum”."""
    for at in range(_STEM, len(word) - _STEM + 1) if len(word) >= _COMPOUND else ():
        first = MEANINGS.get(word[:at]) or MEANINGS.get(word[:at].removesuffix("s"))
        if first and (second := MEANINGS.get(word[at:])):
            return first, second
    return ()


@lru_cache(1)
def _sounding() -> dict[str, str]:
    """Return what words mean by how they sound, where that is certain."""
    return _unambiguous(sound, 1)


@lru_cache(1)
def _stems() -> dict[str, str]:
    """Return what words mean by their stems, where that is certain."""
    return _unambiguous(lambda word: stem(sound(word)), _KNOWN)


def _unambiguous(form: Callable[[str], str], least: int) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for word, meant in [*MEANINGS.items(), *TOWNS.items()]:
        if len(word) >= least:
            found.setdefault(form(word), set()).add(meant)
    return {each: min(meant) for each, meant in found.items() if len(meant) == 1}


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


@lru_cache(_CACHED)
def stem(word: str) -> str:
    """Return a word as it sounds without the ending that it has in its language.

    >>> stem(sound("comissao")) == stem(sound("commission")), stem(sound("warszawski")) == stem(sound("warszawa"))
    (True, True)
    """
    found = _ENDINGS.search(word, _STEM - 1)
    if not found or found.lastgroup is None:
        return word
    return word[: found.start()] + (found.lastgroup if found.lastgroup != "of" else "")


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
