"""Texts that a query puts together, of labels in English: told in the language of the reader where that can be."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from clustergraph.languages.messages import translated
from clustergraph.languages.reader import ENGLISH, Label, interface

TERM: Final = "term"
"""The context of the labels of classes, properties and codes among the messages."""
_JOINTS: Final = re.compile(r"([;,:] | \(|\)|\d[\d.,/–-]*)")
"""What stands between the labels in a text."""
_LONGEST: Final = 9
"""A label with commas of its own is cut into at most so many pieces."""
_WORDS: Final = re.compile(r"[^\W\d_][\w'’-]*")


def term(label: Label) -> Label:
    """Return the label of a class, property or code in the language of the reader, if it is translated."""
    if label.language != ENGLISH or interface() == ENGLISH:
        return label
    found = translated(label, TERM)
    return found if found.language == interface() else label


def composed(text: str, language: str | None = None) -> str:
    """Return a text of a query in the language of the reader, or else with its own; one in no language as it stands.

    What is joined of labels in English is in English, or in no language.

    >>> from clustergraph.languages.reader import reading
    >>> with reading("fr"):
    ...     found = [composed(each) for each in ("more than 380 members (2017, ambiguous)", "Lyon, Cluj", "so it was")]
    >>> found, [getattr(each, "language", "") for each in found]
    (['plus de 380 membres (2017, ambigu)', 'Lyon, Cluj', 'so it was'], ['fr', '', 'en'])
    """
    own = Label(text, language) if language else text
    if language not in (None, ENGLISH) or interface() == ENGLISH or not _WORDS.search(text):
        return own
    found = _composed(interface(), text)
    return found if isinstance(found, Label) else own


@lru_cache(maxsize=20_000)
def _composed(language: str, text: str) -> str:
    told = list(_told(_JOINTS.split(text), language))
    if None in told:
        return Label(text, ENGLISH) if " " in text else text
    found = "".join(filter(None, told))
    return Label(found, language) if found != text else text


def _told(pieces: Sequence[str], language: str) -> Iterator[str | None]:
    """Yield each label of a text in a language, with what stands between; None for a piece that is not translated."""
    at = 0
    while at < len(pieces):
        for end in range(min(len(pieces), at + _LONGEST), at, -1):
            whole = "".join(pieces[at:end])
            if known := _known(whole.strip(), language):
                yield whole.replace(whole.strip(), known)
                break
        else:
            end = at + 1
            yield pieces[at] if _is_name(pieces[at]) else None
        at = end


def _known(words: str, language: str) -> str:
    """Return words in a language, or nothing; also such as stand in a text after a comma, as the newest in brackets."""
    found = (translated(words, context) for context in (TERM, "")) if words else ()
    return next((each for each in found if each.language == language), "")


def _is_name(piece: str) -> bool:
    """Whether a piece of a text has no word that begins with a small letter."""
    return not any(word[0].islower() for word in _WORDS.findall(piece))
