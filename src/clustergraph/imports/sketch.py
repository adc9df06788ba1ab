"""A first draft of a profile, from the headings and values of a file."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from clustergraph.errors import SourceError, Where
from clustergraph.imports.ambiguity import KEY, Ambiguity
from clustergraph.imports.cells import Column
from clustergraph.imports.currency import CURRENCIES, currency, headed
from clustergraph.imports.delimited import DelimitedTable
from clustergraph.imports.encodings import encoding_members
from clustergraph.imports.headings import meaning
from clustergraph.imports.inspection import Inspected, inspect
from clustergraph.imports.query_parts import variables
from clustergraph.imports.rows import CellError, Dialect, Row, Table
from clustergraph.imports.tables import open_tables
from clustergraph.terms import slug

Ask = Callable[[Ambiguity], str]
"""What asks somebody, and returns the answer."""
_LOOKED_AT: Final = 5_000
_DISTINCT: Final = 1_000
_HEAD: Final = 20
_KINDS: Final = {
    "founded": "date", "as_of": "date", "label_date": "date", "start": "date", "end": "date", "members": "count",
    "smes": "count", "expenditure": "amount", "total_cost": "amount", "eu_amount": "amount", "rate": "amount",
    "website": "address", "fields": "list", "label": "list", "partners": "list",
}  # fmt: skip
"""What is known of the values of a column by its meaning; those of others that have one are texts."""


NAMES: Final = ("name", "operation")
"""The columns that name what a row is about."""


@dataclass
class SketchedColumn:
    """A column of a table that is looked at."""

    heading: str
    name: str
    means: str
    """The column that the heading is known to mean, if it is."""
    found: Inspected
    sample: Sequence[str] = ()
    """Its values, each once; some of them if there are many."""
    empty: int = 0
    """In how many rows it is empty."""

    def member(self) -> dict[str, Any]:
        """Return it as metadata describe it."""
        described = {"name": self.name, "titles": self.heading, **self.found.members}
        if self.means in NAMES and not self.empty:
            described["required"] = True
        if self.found.questions:
            described[KEY] = [each.member() for each in self.found.questions]
        return described


@dataclass
class SketchedTable:
    """A table that is looked at: how it is written, and what its columns hold."""

    table: Table
    name: str
    dialect: dict[str, Any] = field(default_factory=dict)
    questions: list[Ambiguity] = field(default_factory=list)
    columns: list[SketchedColumn] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: int = 0

    @property
    def means(self) -> dict[str, SketchedColumn]:
        """The columns that are known by their headings."""
        return {column.means: column for column in self.columns if column.means}

    def member(self) -> dict[str, Any]:
        """Return it as metadata describe it."""
        dialect = dict(self.dialect)
        if self.questions:
            dialect[KEY] = [each.member() for each in self.questions]
        place = self.table.file.place
        names = list(dict.fromkeys([self.table.name if self.table.sheet else place.name]))
        return {
            "url": f"{self.name}.csv",
            "dc:alternative": names,
            **({"dialect": dialect} if dialect else {}),
            "tableSchema": {"columns": [column.member() for column in self.columns]},
        }


def look(
    path: Path, given: Mapping[str, Any], ask: Ask | None = None, constants: Mapping[str, str] | None = None
) -> list[SketchedTable]:
    """Return what the tables of a file are.

    Members of the dialect may be given, and the country and currency of all rows; somebody may be asked.

    Raises:
        SourceError: the file cannot be read, or not without knowing more of its dialect.
    """
    found = [_look(table, given, ask) for table in open_tables(path) if not table.hidden]
    if not found:
        raise SourceError("all its sheets are hidden", where=Where(path))
    for table in found:
        _add_constants(table, constants or {}, ask)
    return found


def _look(table: Table, given: Mapping[str, Any], ask: Ask | None) -> SketchedTable:
    seen = SketchedTable(table, slug(table.name) or "table", dict(given))
    readings = [dict(given)]
    if isinstance(table, DelimitedTable) and "encoding" not in given:
        members, question = encoding_members(table)
        seen.dialect |= members
        if question:
            _settle(seen.questions, seen.dialect, question, ask)
            readings = [{**seen.dialect, **answer} for answer in question.answers.values()]
    first = table.read_as(Dialect.from_csvw({**readings[0], **seen.dialect}))
    if isinstance(first, DelimitedTable):
        seen.dialect.setdefault("delimiter", first.delimiter)
    _find_headings(first, seen, ask)
    dialect = {**readings[0], **seen.dialect, **_first_answers(seen.questions)}
    _look_at_columns(table.read_as(Dialect.from_csvw(dialect)), seen, ask)
    _find_name(seen, ask)
    return seen


def _settle(questions: list[Ambiguity], members: dict[str, Any], question: Ambiguity, ask: Ask | None) -> None:
    """Take the answer of who is asked, or keep the question."""
    if ask:
        members |= question.answers[ask(question)]
    else:
        questions.append(question)


def _first_answers(questions: Iterable[Ambiguity]) -> dict[str, Any]:
    return {key: value for each in questions for key, value in next(iter(each.answers.values())).items()}


def _find_headings(table: Table, seen: SketchedTable, ask: Ask | None) -> None:
    """Find the row of the headings, and whether there are two of them, or none."""
    bare = table.read_as(replace(table.dialect, header_rows=0, skip_rows=0))
    rows = [row for row in islice(bare.records(), _HEAD) if any(map(str.strip, row.cells))]
    if not rows or "headerRowCount" in seen.dialect or "header" in seen.dialect or "skipRows" in seen.dialect:
        return
    place = _heading_place(rows)
    if place and _joins(rows[place - 1], rows[place]):
        place -= 1
        seen.dialect["headerRowCount"] = 2
    elif place + 1 < len(rows) and _joins(rows[place], rows[place + 1]):
        seen.dialect["headerRowCount"] = 2
    if place:
        seen.dialect["skipRows"] = rows[place].number - 1
    if not any(map(meaning, rows[place].cells)) and any(map(_is_value, rows[place].cells)):
        example = next(filter(_is_value, rows[place].cells))
        question = Ambiguity(
            f"row {rows[place].number} holds {example!r}: are these headings, or is it a row of data?",
            {"data": {"header": False}, "headings": {}},
        )
        _settle(seen.questions, seen.dialect, question, ask)


def _heading_place(rows: Sequence[Row]) -> int:
    """Return the place of the row that most columns are known by, or else of the first of the longest rows."""
    lengths = [len({cell for cell in row.cells if cell.strip()}) for row in rows]
    known = [sum(map(bool, map(meaning, row.cells))) for row in rows]
    shares = [count / length if count > 1 else 0 for count, length in zip(known, lengths, strict=True)]
    if max(shares) >= 1 / 2:
        return shares.index(max(shares))
    return next(place for place, length in enumerate(lengths) if length >= max(lengths) - 1)


def _joins(above: Row, below: Row) -> bool:
    """Whether two rows are headings together: the upper has gaps or one text for several, the lower texts for these."""
    upper = [cell.strip() for cell in above.cells]
    lower = [cell.strip() for cell in below.cells]
    width = max(len(upper), len(lower))
    upper += [""] * (width - len(upper))
    lower += [""] * (width - len(lower))
    if len(set(filter(None, upper))) < 2 or any(map(_is_value, lower)):
        return False
    gaps = [up == "" or upper.count(up) > 1 for up in upper]
    filled = sum(map(bool, lower))
    inside = sum(1 for gap, text in zip(gaps, lower, strict=True) if gap and text)
    return (
        bool(inside)
        and inside >= filled / 2
        and any(not gap and not text for gap, text in zip(gaps, lower, strict=True))
    )


_VALUE: Final = re.compile(r"[+-]?[\d.,' ]*\d ?[%€]?|\d+[./-]\d+[./-]\d+.*|https?:.*|www\..*|\S+@\S+", re.IGNORECASE)


def _is_value(text: str) -> bool:
    """Whether a text is one that a heading never is."""
    return bool(_VALUE.fullmatch(text.strip()))


def _look_at_columns(table: Table, seen: SketchedTable, ask: Ask | None) -> None:
    values: list[dict[tuple[type, str], str]] = [{} for _ in table.headings]
    filled = [0] * len(table.headings)
    faults = []
    for row in islice(table.rows(), _LOOKED_AT):
        seen.rows += 1
        if row.fault:
            faults.append(row)
            continue
        for place, (known, text) in enumerate(zip(values, row.cells, strict=True)):
            filled[place] += bool(text.strip())
            if text and len(known) < _DISTINCT:
                known.setdefault((type(text), text), text)
    if faults:
        seen.notes.append(
            f"{len(faults)} of {seen.rows} rows cannot be read, row {faults[0].number} for one: {faults[0].fault}"
        )
    whole = seen.rows - len(faults)
    for heading, known, count in zip(table.headings, values, filled, strict=True):
        if heading:
            column = _column(heading, list(known.values()), seen, ask)
            seen.columns.append(replace(column, empty=whole - count))
        elif known:
            seen.notes.append(f"a column without a heading holds {next(iter(known.values()))!r} and is not read")


def _column(heading: str, texts: Sequence[str], seen: SketchedTable, ask: Ask | None) -> SketchedColumn:
    means = meaning(heading)
    if means in seen.means:
        seen.notes.append(f"{heading!r} means {means}, as another column does, and is kept as a note")
        means = ""
    kind = _KINDS.get(means, "text" if means else "")
    found = inspect(texts, kind)
    if (
        kind in ("date", "count", "amount", "address")
        and texts
        and not found.questions
        and "datatype" not in found.members
    ):
        seen.notes.append(f"{heading!r}: no one format reads its values, so they are texts and become notes")
    questions, found.questions = found.questions, []
    for question in questions:
        asked = Ambiguity(f"column {heading!r}: {question.text}", question.answers)
        _settle(found.questions, found.members, asked, ask)
    if means == "rate" and _is_amount(texts, found):
        seen.notes.append(f"{heading!r} means a rate, but has values above 1, and is kept as a note")
        means = ""
    return SketchedColumn(heading, _name(means or heading, seen), means, found, texts)


def _is_amount(texts: Sequence[str], found: Inspected) -> bool:
    """Whether what should be rates are numbers that none can be."""
    try:
        values = [each for text in texts for each in Column.from_csvw({"name": "rate", **found.members}).read(text)]
    except CellError:
        return True
    return any(float(each.value) > 1 for each in values if each.datatype.value.endswith(("decimal", "integer")))


def _find_name(seen: SketchedTable, ask: Ask | None) -> None:
    """See that a column names the things that the rows are about: ask for it if no heading tells."""
    if set(NAMES) & set(seen.means):
        return
    texts = [column for column in seen.columns if column.found.base == "string" and column.means in ("", "acronym")]
    if not texts:
        raise SourceError(
            f"no column of {seen.table.name} names what its rows are about", advice="write a profile by hand"
        )
    texts.sort(key=lambda column: (column.empty, -len(column.sample)))
    names = {column.heading: column for column in texts}
    question = Ambiguity("which column names the organisations that the rows are about?", {each: {} for each in names})
    column = names[ask(question)] if ask else texts[0]
    column.means, column.name = "name", _name("name", seen)
    if not ask:
        what = f"no heading names what the rows are about: are they organisations with the names in {column.heading!r}?"
        column.found.questions.append(Ambiguity(f"{what} (or call another column name)", {"yes": {}}))


def _name(text: str, seen: SketchedTable) -> str:
    """Return a name for a column that a variable can have and no other has."""
    stem = re.sub(r"\W+", "_", slug(text)[:40].replace("-", "_")).strip("_") or "column"
    stem = stem if stem[0].isalpha() else f"column_{stem}"
    taken = {column.name for column in seen.columns} | (variables() - {text})
    return next(name for name in (stem, *(f"{stem}_{n}" for n in range(2, 1000))) if name not in taken)


def _add_constants(table: SketchedTable, given: Mapping[str, str], ask: Ask | None) -> None:
    """Add the columns that a table needs and does not have: the country, where things are, the currency of amounts."""
    means = set(table.means)
    if "country" not in means and (country := given.get("country", "")):
        table.columns.append(_constant("country", country))
    elif "country" not in means and means & {"town", "region", "nuts"}:
        table.notes.append("no column tells the country, so towns and regions are notes: give --country")
    amounts = [table.means[name] for name in ("expenditure", "total_cost", "eu_amount") if name in means]
    if amounts and "currency" not in means:
        texts = (text for column in amounts for text in (column.heading, *column.sample))
        named = currency(texts) or headed(each.heading for each in table.columns)
        column = _constant("currency", given.get("currency", "") or named)
        if not column.found.members["default"]:
            answers = {name: {"default": code} for name, code in CURRENCIES.items()}
            what = f"in which currency are the amounts of {amounts[0].heading!r}? (or draft it with --currency)"
            question = Ambiguity(what, answers)
            _settle(column.found.questions, column.found.members, question, ask)
        table.columns.append(column)


def _constant(name: str, value: str) -> SketchedColumn:
    return SketchedColumn(name, name, name, Inspected({"virtual": True, "default": value}))


def metadata(title: str, tables: Sequence[SketchedTable]) -> str:
    """Return the metadata of tables in CSVW."""
    described = {
        "@context": "http://www.w3.org/ns/csvw",
        "dc:title": title,
        "tables": [table.member() for table in tables],
    }
    return json.dumps(described, ensure_ascii=False, indent=2) + "\n"
