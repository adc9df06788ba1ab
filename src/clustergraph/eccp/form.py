"""The form of a platform: which columns it has, and what a package answers to each of them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from pyoxigraph import Literal, NamedNode, Store

from clustergraph.errors import SourceError, Where
from clustergraph.rdf.reading import solutions

PROFILES: Final = "Profiles"
EXPORTED: Final = "As exported"
"""The sheets of the workbook that are read back: what is filled in, and what it was before that."""
_SEPARATOR: Final = re.compile(r"(?<!\\)\s*[;\n]\s*")


@dataclass(frozen=True)
class FormColumn:
    """A column of the form; but for its name, the fields are the keys of an entry in ``form.yaml``."""

    name: str
    asks: str
    """What the form wants to know, in words."""
    pattern: str
    """A SPARQL pattern that binds ``?value`` and the variables of the parts for a ``?thing``."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Variables of the pattern by the name of the part."""
    many: bool = False
    needed: bool = False
    fresh: int | None = None
    """For how many years a dated value is good."""
    list: str = ""
    """The code list of the values."""
    lists: Mapping[str, str] = field(default_factory=dict)
    """The code lists of parts."""
    apart: Sequence[str] = ()
    """The parts that nobody is asked for."""
    becomes: Mapping[str, Any] = field(default_factory=dict)
    """What kind of statement a cell is read back as."""

    @property
    def asked(self) -> tuple[str, ...]:
        """The headings of what is asked for."""
        kept = {f"{self.name}: {part}" if part else self.name for part in self.apart}
        return tuple(heading for heading in self.headings if heading not in kept) if self.becomes else ()

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings in the table: one for the value and, where the form takes one value, one for each part.

        >>> FormColumn("Founded", "", "", {"source": "source"}).headings
        ('Founded', 'Founded: source')
        """
        return (self.name,) if self.many else (self.name, *(f"{self.name}: {part}" for part in self.parts))

    def values(self, cells: Mapping[str, str]) -> Sequence[Sequence[str]]:
        """Return the values in the cells of a row, each with its parts."""
        cell, *parts = (cells.get(heading, "") for heading in self.headings)
        return [] if not cell else split(cell) if self.many else [[cell, *parts]]


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
        return self.codes.get("certainty", "stated") == "stated"

    @property
    def exact(self) -> bool:
        """Whether it is no bound."""
        return self.codes.get("how exact", "exactly") == "exactly"

    @property
    def date(self) -> str:
        """The date of the value, or nothing."""
        return self.parts.get("as of") or self.parts.get("since") or ""

    def cell(self) -> str:
        """Return the value with its parts, for a cell that holds many."""
        escaped = (re.sub(r"([;|\\])", r"\\\1", text) for text in (self.text, *self.parts.values()))
        return " | ".join(escaped).rstrip("| ")


Answers = Mapping[str, Sequence[Value]]
"""The values of one profile by column, the best first."""


def load(path: Path) -> tuple[FormColumn, ...]:
    """Return the columns that a form file describes; `SourceError` if the file is not as it should be."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        return tuple(_column(entry, content.get("prefixes", {}), content["statements"]) for entry in content["columns"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"the form cannot be read: {error}", where=Where(path)) from error


def _column(entry: dict[str, Any], prefixes: Mapping[str, str], statements: Mapping[str, dict[str, Any]]) -> FormColumn:
    for prefix, space in prefixes.items():
        entry["pattern"] = re.sub(rf"\b{prefix}:([\w-]+)", rf"<{space}\1>", entry["pattern"])
    becomes = entry.pop("becomes", {})
    becomes |= statements[becomes["statement"]] if "statement" in becomes else {}
    return FormColumn(entry.pop("column"), becomes=becomes, **entry)


def answers(thing: NamedNode, store: Store, columns: Iterable[FormColumn], words: Mapping[str, str]) -> Answers:
    """Return what the graph of a package says of a thing, in words that are given for what the graph names."""
    rows = solutions(store, "SELECT ?x ?code { ?x skos:notation ?code }")
    codes = {row["x"].value: row["code"].value for row in rows}
    found = {column.name: _in_order(_values(thing, store, column, words, codes), column) for column in columns}
    return {name: values for name, values in found.items() if values}


def _values(
    thing: NamedNode, store: Store, column: FormColumn, words: Mapping[str, str], codes: Mapping[str, str]
) -> Iterator[Value]:
    """Yield the different values of a column, each with all its sources."""
    shown = {"": "value", **{part: name for part, name in column.parts.items() if part != "source"}}
    variables = " ".join(f"?{name}" for name in dict.fromkeys([*shown.values(), "source"]))
    pattern = f"VALUES ?thing {{ {thing} }} ?thing a org:Organization . {column.pattern}"
    merged: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in solutions(store, f"SELECT DISTINCT {variables} {{ {pattern} }}"):
        source = _text(row["source"])
        merged[tuple(_text(row[name]) for name in shown.values())] |= {words.get(source, source)} - {""}
    for terms, sources in merged.items():
        key = dict(zip(shown, terms, strict=True))
        texts = {part: words.get(term, term) for part, term in key.items()}
        texts["source"] = "; ".join(sorted(sources))
        known = {part: codes[term] for part, term in key.items() if term in codes}
        yield Value(texts[""], {part: texts[part] for part in column.parts}, known, tuple(sorted(sources)))


def _text(term: object) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else ""


def _in_order(values: Iterable[Value], column: FormColumn) -> list[Value]:
    """Return values in a stable order; where the form takes one, the one to give comes first.

    That is one that its source states plainly; then the newest; then one that is exact; then the one that most
    sections state; then the smallest.
    """
    values = list(values)
    if column.many:
        plain = [value for value in values if not any(_says_more(other, value) for other in values)]
        return sorted(plain, key=lambda value: (value.text.casefold(), value.text, *value.parts.values()))
    ordered = sorted(values, key=lambda value: (not value.exact, -len(value.sources), _number(value.text), value.text))
    ordered.sort(key=lambda value: value.date, reverse=True)
    return sorted(ordered, key=lambda value: not value.certain)


def _says_more(one: Value, other: Value) -> bool:
    """Whether one value says all that another says, and more."""
    known = {part: text for part, text in other.parts.items() if text}
    return one.text == other.text and known.items() < {part: text for part, text in one.parts.items() if text}.items()


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else 0.0


def on_lines(cell: str) -> str:
    r"""Return a cell that holds many values with each on a line of its own.

    >>> on_lines("A; B\\; C | D")
    'A\nB\\; C | D'
    """
    return "\n".join(_SEPARATOR.split(cell))


def headings(columns: Iterable[FormColumn]) -> list[str]:
    """Return the headings of the table."""
    return ["IRI", *(heading for column in columns for heading in column.headings)]


def row(columns: Iterable[FormColumn], thing: str, found: Answers) -> list[str]:
    """Return the row of a thing."""
    cells = [thing]
    for column in columns:
        values = found.get(column.name, ())
        if column.many:
            cells.append("; ".join(dict.fromkeys(value.cell() for value in values)))
        elif values:
            cells += [values[0].text, *values[0].parts.values()]
        else:
            cells += [""] * len(column.headings)
    return cells


def split(cell: str) -> list[list[str]]:
    r"""Return the values of a cell that holds many, each with its parts: on lines, or with semicolons between.

    >>> split("BEinCPPS | partner; A\\; B\nC")
    [['BEinCPPS', 'partner'], ['A; B'], ['C']]
    """
    values = [value for value in _SEPARATOR.split(cell.strip()) if value]
    parts = [re.split(r"(?<!\\)\s*\|\s*", value) for value in values]
    return [[re.sub(r"\\(.)", r"\1", part.strip()) for part in value] for value in parts]
