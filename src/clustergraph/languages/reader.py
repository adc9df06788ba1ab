"""For whom something is told: the language of a reader, which holds for all that is done for one request.

Whatever is told without a reader, as data and in a terminal, is in English, with names in the languages of the project.

>>> with reading("fr"):
...     named_in(), interface()
(('fr', 'en'), 'fr')
>>> chosen() is None, named_in(), interface()
(True, ('en',), 'en')
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Final, Self

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from clustergraph.terms import HOME

INTERFACE: Final[Mapping[str, str]] = {
    "en": "English", "fr": "Français", "de": "Deutsch", "it": "Italiano", "es": "Español", "ca": "Català",
}  # fmt: skip
"""The languages in which the program tells something, by their codes, each by its own name."""
LANGUAGES: Final[Mapping[str, str]] = {**INTERFACE, "pt": "Português", "ro": "Română"}
"""The languages in which a person may read; in the last ones only names are told."""
ENGLISH: Final = "en"
LANG: Final = "lang"
"""The name of the parameter of an address, and of the cookie, that says a language."""
UNDETERMINED: Final = "und"
"""The language of a name whose words are in none."""
_READS: ContextVar[str | None] = ContextVar("_READS", default=None)


class Label(str):
    """A text that is shown, such as the name of a thing, with its language.

    >>> with reading("fr"):
    ...     [Label(*each).is_foreign for each in (("Lyon", "fr"), ("Lyons", "en"), ("LYS", None))]
    [False, True, False]
    """

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, language: str | None = None) -> Self:
        """Take no language where a text is in none."""
        label = super().__new__(cls, text)
        label.language = language or UNDETERMINED
        return label

    @property
    def is_foreign(self) -> bool:
        """Whether it is not in the language of the page."""
        return self.language not in (UNDETERMINED, interface())


def language_of(*texts: str) -> str:
    """Return the language of the first of some texts that is in one.

    >>> language_of("B.2", Label("B.2"), Label("Activities", "en"))
    'en'
    """
    found = (text.language for text in texts if isinstance(text, Label) and text.language != UNDETERMINED)
    return next(found, UNDETERMINED)


def chosen() -> str | None:
    """Return the code of the language of the reader; None without one."""
    return _READS.get()


def interface() -> str:
    """Return the code of the language in which the program tells something."""
    language = _READS.get() or ENGLISH
    return language if language in INTERFACE else ENGLISH


def named_in() -> tuple[str, ...]:
    """Return the languages in which names are preferred, the best first: the reader's, the project's, English."""
    language = _READS.get()
    return tuple(dict.fromkeys((*filter(None, (language,)), *HOME.languages, ENGLISH)))


@contextmanager
def reading(language: str | None) -> Iterator[None]:
    """Tell what is told meanwhile to a reader of a language; to none of None."""
    token = _READS.set(language)
    try:
        yield
    finally:
        _READS.reset(token)


def usual() -> str:
    """Return the language for a reader who says none that there is: the first of the project, or else English."""
    return HOME.languages[0] if HOME.languages and HOME.languages[0] in LANGUAGES else ENGLISH


def code_of(text: str) -> str | None:
    """Return the code of the language that a tag names, whatever its region; None if it is not one of ours.

    >>> code_of("FR-be"), code_of("fr_CA"), code_of("tlh")
    ('fr', 'fr', None)
    """
    code = text.strip().replace("_", "-").partition("-")[0].lower()
    return code if code in LANGUAGES else None


@lru_cache(maxsize=1024)
def liked(header: str) -> str | None:
    """Return the language that an Accept-Language header likes best; None if it likes none of ours.

    >>> liked("pl, de-AT;q=0.8, en;q=0.5"), liked("tlh"), liked("fr;q=0, *;q=0.1")
    ('de', None, None)
    """
    accepted = parse_accept_header(header, LanguageAccept)
    named = ((code_of(tag), quality) for tag, quality in accepted)
    return next((code for code, quality in named if code and quality > 0), None)
