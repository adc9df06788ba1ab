"""The text of a cell as values: what a column of CSVW metadata says of its datatype, format, nulls and separator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ftfy.badness import is_bad
from pyoxigraph import Literal

from clustergraph.errors import SourceError
from clustergraph.imports.ambiguity import settled
from clustergraph.imports.datatypes import Reading, reading
from clustergraph.imports.rows import Canonical, CellError, shown

_REMEMBERED: Final = 20_000
"""How many texts of a column are kept with their values."""
_LONG: Final = 200
"""Longer texts seldom come twice."""
_CSVW: Final = {
    "name", "titles", "datatype", "null", "separator", "required", "default", "lang", "ordered", "virtual",
    "suppressOutput", "aboutUrl", "propertyUrl", "valueUrl", "textDirection", "@id", "@type",
}  # fmt: skip


@dataclass
class Column:
    """A column: its name, the headings it may have, and how its cells are read."""

    name: str
    titles: tuple[str, ...] = ()
    datatype: str = "string"
    expected: str = "a text"
    """What its cells hold, in words."""
    nulls: frozenset[str] = frozenset({""})
    separator: str = ""
    required: bool = False
    default: str = ""
    value: Reading = field(default=lambda text: Literal(text), repr=False)
    _known: dict[str, tuple[Literal, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def from_csvw(cls, described: Mapping[str, Any]) -> "Column":
        """Return the column that CSVW metadata describes.

        Raises:
            SourceError: the description cannot be used.
        """
        described = settled(described)
        name = described.get("name")
        if not isinstance(name, str) or not name.isidentifier():
            raise SourceError(f"the name of a column is {name!r}", advice="give it one that a SPARQL variable can have")
        if unknown := sorted(key for key in set(described) - _CSVW if ":" not in key):
            raise SourceError(f"column {name} has {unknown[0]!r}, which CSVW does not know")
        try:
            datatype, expected, value = reading(described.get("datatype", "string"), described.get("lang", ""))
        except SourceError as error:
            raise SourceError(f"column {name}: {error.message}", advice=error.advice) from error
        return cls(
            name,
            titles(described.get("titles", name)),
            datatype,
            expected,
            frozenset(_texts(described.get("null", ""))) | {""},
            described.get("separator") or "",
            bool(described.get("required")),
            described.get("default", ""),
            value,
        )

    def read(self, text: str) -> tuple[Literal, ...]:
        """Return the values of a cell: none if it is empty or null, several if the column has a separator.

        Raises:
            CellError: it holds something else than the column does.
        """
        found = self._known.get(text)
        if found is not None and type(text) is str:
            return found
        found = self._read(text)
        if type(text) is str and len(text) < _LONG:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[text] = found
        return found

    def _read(self, text: str) -> tuple[Literal, ...]:
        parts = [text] if not self.separator or type(text) is Canonical else text.split(self.separator)
        values = [self._one(part) for part in parts if part.strip() not in self.nulls]
        if not values and self.default:
            values = [self._one(self.default)]
        if not values and self.required:
            raise CellError("it is empty", value=shown(text), expected=self.expected, column=self.name)
        return tuple(dict.fromkeys(values)) if len(values) > 1 else tuple(values)

    def _one(self, text: str) -> Literal:
        try:
            return self.value(text)
        except ValueError as error:
            why = f": {error}" if str(error) else ""
            what = f"{shown(text.strip())!r} is not {self.expected}{why}"
            raise CellError(what, value=shown(text), expected=self.expected, column=self.name) from None


def titles(said: object) -> tuple[str, ...]:
    """Return the titles of a column, which CSVW writes as a text, a list, or either by language.

    >>> titles({"en": ["Name", "Organisation"], "de": "Name"})
    ('Name', 'Organisation')
    """
    texts = said.values() if isinstance(said, Mapping) else [said]
    return tuple(dict.fromkeys(text for each in texts for text in _texts(each)))


def _texts(said: object) -> Sequence[str]:
    """Return the texts of what is one or a list of them."""
    texts = said if isinstance(said, list) else [said]
    found = [text for text in texts if isinstance(text, str)]
    if len(found) < len(texts):
        raise SourceError(f"{said!r} is neither a text nor a list of texts")
    return found


def damage(text: str) -> str:
    """Return what is wrong with the letters of a text; it stays as it is, since what it was can only be guessed.

    >>> damage("Université"), damage("UniversitÃ©"), damage("Universit\\ufffd")
    ('', 'letters that come from a wrong encoding', 'a letter that was lost in a wrong encoding')
    """
    if text.isascii():
        return ""
    if "\ufffd" in text:
        return "a letter that was lost in a wrong encoding"
    if is_bad(text):
        return "letters that come from a wrong encoding"
    return ""
