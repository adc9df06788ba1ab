"""Words of names that say little, or the same in several languages: legal forms, common nouns, names of towns."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_TOLD: Final[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))


def _set(name: str) -> frozenset[str]:
    return frozenset(_TOLD[name].split())


def _meaning(name: str) -> Mapping[str, str]:
    """Return for each word of a table what it stands for."""
    return {form: meaning for meaning, forms in _TOLD[name].items() for form in [meaning, *forms.split()]}


FILLERS: Final = _set("fillers")
"""Words that are left out where names are compared."""
LIGHT: Final = _set("light")
"""Words that a name has in one list and not in another."""
EXACT: Final = _set("exact")
"""Where names have one of these, every further word tells bodies apart: a university of technology is another one."""
PARTS: Final = _set("parts")
"""Words that may name a part of a body, or a body beside it, where one of two names has them."""
ANYWHERE: Final = _set("anywhere")
"""Legal forms that are nothing else, wherever in a name they stand; the others are one at its end or its beginning."""
LEGAL_PHRASES: Final[tuple[tuple[str, str], ...]] = tuple((phrase, form) for phrase, form in _TOLD["phrases"])
"""Legal forms that are written in several words, with a word for each."""
LEGAL: Final = _meaning("legal")
"""The legal form that a word is."""
MEANINGS: Final = _meaning("meanings")
"""The English word for a word."""
TOWNS: Final = _meaning("towns")
"""The English name of a town or region."""
