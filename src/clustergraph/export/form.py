"""The form of a platform: which columns it has, and what a package answers to each of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from clustergraph.errors import SourceError, Where
from clustergraph.terms import PREFIXES

_KEYS: Final = {"column", "asks", "pattern", "parts", "many", "needed", "fresh", "list", "becomes"}
_STATED: Final = "stated"
_EXACT: Final = "exactly"
_CELL: Final = re.compile(r"(?<!\\)\s*;\s*")
_PART: Final = re.compile(r"(?<!\\)\s*\|\s*")


@dataclass(frozen=True)
class Column:
    """A column of the form."""

    name: str
    asks: str
    """What the form wants to know, in words."""
    pattern: str
    """A SPARQL pattern that binds ``?value`` and the variables of the parts for a ``?thing``."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Variables of the pattern by the name of the part."""
    many: bool = False
    """Whether the form takes many values."""
    needed: bool = False
    fresh: int | None = None
    """For how many years a dated value is good."""
    list: str = ""
    """The code list that the values come from."""
    becomes: Mapping[str, str] = field(default_factory=dict)
    """What kind of statement a cell is read back as."""

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings in the table: one for the value and, where the form takes one value, one for each part.

        >>> Column("Founded", "", "", {"source": "source"}).headings
        ('Founded', 'Founded: source')
        """
        return (self.name,) if self.many else (self.name, *(f"{self.name}: {part}" for part in self.parts))


@dataclass(frozen=True)
class Value:
    """A value of a column, and where it comes from."""

    text: str
    parts: Mapping[str, str] = field(default_factory=dict)
    """What is shown for each part; nothing where it is not known."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """The codes of parts that have one."""
    sources: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether the source says it plainly."""
        return self.codes.get("status", _STATED) == _STATED

    @property
    def date(self) -> str:
        """The date of the value, or nothing."""
        return self.parts.get("as of") or self.parts.get("since") or ""

    def cell(self) -> str:
        """Return the value with its parts, for a cell that holds many."""
        return " | ".join(_escaped(text) for text in (self.text, *self.parts.values())).rstrip("| ")


Answers = Mapping[str, Sequence[Value]]
"""The values of one profile by column, the best first."""


def load(path: Path) -> tuple[Column, ...]:
    """Return the columns that a form file describes.

    Raises:
        SourceError: the file is not as it should be.
    """
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        return tuple(_column(entry, content.get("prefixes", {})) for entry in content["columns"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"the form cannot be read: {error}", where=Where(path)) from error


def _column(entry: Mapping[str, Any], prefixes: Mapping[str, str]) -> Column:
    if unknown := entry.keys() - _KEYS:
        raise ValueError(f"unknown key: {', '.join(sorted(unknown))}")
    pattern = entry["pattern"]
    for prefix, space in prefixes.items():
        pattern = re.sub(rf"\b{prefix}:([\w-]+)", rf"<{space}\1>", pattern)
    return Column(
        name=str(entry["column"]),
        asks=str(entry["asks"]),
        pattern=pattern,
        parts=dict(entry.get("parts", {})),
        many=bool(entry.get("many", False)),
        needed=bool(entry.get("needed", False)),
        fresh=entry.get("fresh"),
        list=str(entry.get("list", "")),
        becomes=dict(entry.get("becomes", {})),
    )


def answers(store: Store, columns: Iterable[Column], words: Mapping[str, str]) -> dict[str, dict[str, list[Value]]]:
    """Return what the graph in a store answers: values by thing and column.

    Args:
        store: the graph of a package.
        columns: the columns of the form.
        words: the labels of what the graph names.
    """
    codes = _codes(store)
    found: dict[str, dict[str, list[Value]]] = defaultdict(dict)
    for column in columns:
        for thing, values in _values(store, column, words, codes).items():
            found[thing][column.name] = values
    return found


def _codes(store: Store) -> dict[str, str]:
    result = store.query("SELECT ?x ?code { ?x skos:notation ?code }", prefixes=PREFIXES)
    assert isinstance(result, QuerySolutions)
    return {row["x"].value: row["code"].value for row in result}


def _values(store: Store, column: Column, words: Mapping[str, str], codes: Mapping[str, str]) -> dict[str, list[Value]]:
    names = {"source": "source", **column.parts}
    variables = " ".join(f"?{variable}" for variable in dict.fromkeys(["value", *names.values()]))
    query = f"SELECT DISTINCT ?thing {variables} {{ ?thing a org:Organization . {column.pattern} }}"
    result = store.query(query, prefixes=PREFIXES)
    assert isinstance(result, QuerySolutions)
    merged: dict[str, dict[tuple[tuple[str, str], ...], set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in result:
        shown = {"": row["value"], **{part: row[v] for part, v in column.parts.items() if part != "source"}}
        key = tuple((part, _key(term)) for part, term in shown.items())
        source = row["source"]
        merged[row["thing"].value][key].update([_shown(source, words)] if source else [])
    return {
        thing: _in_order([_value(dict(key), column, sources, words, codes) for key, sources in rows.items()], column)
        for thing, rows in merged.items()
    }


def _value(
    key: Mapping[str, str], column: Column, sources: set[str], words: Mapping[str, str], codes: Mapping[str, str]
) -> Value:
    ordered = tuple(sorted(sources))
    parts = {part: "; ".join(ordered) if part == "source" else words.get(key[part], key[part]) for part in column.parts}
    known = {part: codes[term] for part, term in key.items() if term in codes}
    return Value(words.get(key[""], key[""]), parts, known, ordered)


def _key(term: object) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else ""


def _shown(term: object, words: Mapping[str, str]) -> str:
    return words.get(_key(term), _key(term))


def _in_order(values: list[Value], column: Column) -> list[Value]:
    """Return values in a stable order; where the form takes one, the one to give comes first.

    That is one that its source states plainly; then the newest; then one that is exact; then the one that most
    sections state; then the smallest.
    """
    if column.many:
        plain = [value for value in values if not any(_says_more(other, value) for other in values)]
        return sorted(plain, key=lambda value: (value.text.casefold(), value.text, *value.parts.values()))
    return sorted(
        values,
        key=lambda value: (
            not value.certain,
            _backwards(value.date),
            value.codes.get("how exact", _EXACT) != _EXACT,
            -len(value.sources),
            _number(value.text),
            value.text,
        ),
    )


def _says_more(one: Value, other: Value) -> bool:
    """Whether one value says all that another says, and more."""
    known = {part: text for part, text in other.parts.items() if text}
    return one.text == other.text and known.items() < {part: text for part, text in one.parts.items() if text}.items()


def _backwards(date: str) -> tuple[int, ...]:
    year, month, day, *_ = (*re.findall(r"\d+", date), 0, 0, 0)
    return -int(year), -int(month), -int(day)


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else 0.0


def headings(columns: Iterable[Column]) -> list[str]:
    """Return the headings of the table."""
    return ["IRI", *(heading for column in columns for heading in column.headings)]


def row(columns: Iterable[Column], thing: str, found: Answers) -> list[str]:
    """Return the row of a thing."""
    return [thing, *(cell for column in columns for cell in _cells(column, found.get(column.name, ())))]


def _cells(column: Column, values: Sequence[Value]) -> list[str]:
    if column.many:
        return ["; ".join(dict.fromkeys(value.cell() for value in values))]
    if not values:
        return [""] * len(column.headings)
    return [values[0].text, *values[0].parts.values()]


def _escaped(text: str) -> str:
    return re.sub(r"([;|\\])", r"\\\1", text)


def split(cell: str) -> list[list[str]]:
    r"""Return the values of a cell that holds many, each with its parts.

    >>> split("BEinCPPS | partner; A\\; B")
    [['BEinCPPS', 'partner'], ['A; B']]
    """
    values = [value for value in _CELL.split(cell.strip()) if value]
    return [[re.sub(r"\\(.)", r"\1", part.strip()) for part in _PART.split(value)] for value in values]
