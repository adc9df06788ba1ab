"""Which table of the files is which one of a profile, told by its name, or else by its headings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from clustergraph.errors import SourceError, Where
from clustergraph.imports.currency import headed
from clustergraph.imports.delimited import ONE_ENCODING, DelimitedTable
from clustergraph.imports.encodings import encoding_advice
from clustergraph.imports.gathering import Given
from clustergraph.imports.headings import forms, plain
from clustergraph.imports.metadata import DescribedTable
from clustergraph.imports.profile import ImportProfile
from clustergraph.imports.refused import ENDING, MendedTable, delimiter_of, is_refused
from clustergraph.imports.rows import Dialect, Table
from clustergraph.imports.statements import Heads
from clustergraph.imports.tables import open_tables

_HEAD: Final = 20
"""How many rows are looked at to find the headings."""


def assign(profile: ImportProfile, paths: Sequence[Path], note: Callable[[str], None]) -> list[Given]:
    """Return the tables of some files with what a profile says of them, in the order of the profile.

    What is in the files and not in the profile, or the other way round, is noted. `SourceError` says that a file cannot
    be read, that no table of it is one of the profile, or that two are the same.
    """
    if profile.program:
        advice = f"run: clustergraph import {profile.program} {paths[0]}"
        raise SourceError(f"the tables of {profile.name} are read by a command of their own", advice=advice)
    found: dict[str, Given] = {}
    for path in paths:
        taken = 0
        for opened in open_tables(path):
            table = _readable(profile, opened)
            if table.hidden:
                note(f"{_label(table)}: a hidden sheet, which is not read")
                continue
            described = _described(profile, table, alone=len(paths) == 1 and len(profile.tables) == 1)
            if described is None:
                note(f"{_label(table)}: not a table of the profile {profile.name}, and not read")
                continue
            if described.name in found:
                both = f"{found[described.name].label} and {_label(table)}"
                advice = "import them one after the other, each with its --name"
                raise SourceError(f"{both} are both the table {described.name}", where=table.where(), advice=advice)
            found[described.name] = _given(described, table, profile.encoding, note)
            taken += 1
        if not taken:
            known = ", ".join(each.names[0] for each in profile.tables)
            advice = f"the profile {profile.name} has {known}; see `clustergraph import --sketch {path.name}`"
            raise SourceError("no table of it is one of the profile", where=Where(path), advice=advice)
    for each in profile.tables:
        if each.name not in found:
            note(f"the table {each.names[0]} is not there")
    return [found[each.name] for each in profile.tables if each.name in found]


def _label(table: Table) -> str:
    """Return what a table is called: the name of its file, with that of its sheet if it is one."""
    return f"{table.file.place.name}#{table.sheet}" if table.sheet else table.file.place.name


def _described(profile: ImportProfile, table: Table, *, alone: bool) -> DescribedTable | None:
    """Return what a profile says of a table, if it is one of the profile."""
    names = {plain(name) for name in (table.name, table.file.name, *_parts(table))}
    for each in profile.tables:
        if names & {plain(Path(name).stem) for name in each.names}:
            return each
    if alone and not table.sheet:
        return profile.tables[0]
    counts = [(max(_known(each, cells) for _, cells in _first(table)), each) for each in profile.tables]
    return max((pair for pair in counts if pair[0]), key=lambda pair: pair[0], default=(0, None))[1]


def _first(table: Table) -> list[tuple[int, Sequence[str]]]:
    """Return the first rows of a table that may be its headings, each with its number."""
    if table.dialect.skip_rows or table.dialect.header_rows != 1:
        return [(0, table.headings)]
    rows = list(islice((row for row in table.records() if any(row.cells)), _HEAD))
    fault = rows[0].fault if rows else None
    if fault and fault.expected == ONE_ENCODING and isinstance(table, DelimitedTable):
        what = f"the headings cannot be read: {fault.message}"
        raise SourceError(what, where=table.where(rows[0]), advice=encoding_advice(table))
    return [(0, table.headings)] if fault or not rows else [(row.number, row.cells) for row in rows if not row.fault]


def _above(described: DescribedTable, table: Table) -> int:
    """Return how many rows stand above the headings: a title, if the first row has none and a later one all needed."""
    first, *others = _first(table)
    if _known(described, first[1]):
        return 0
    return next((number - 1 for number, cells in others if _known(described, cells) > 1), 0)


def _with_currency(described: DescribedTable, heads: Heads, label: str, note: Callable[[str], None]) -> DescribedTable:
    """Return a table with the currency that stands in brackets in its headings, if nothing else tells it."""
    column = next((each for each in described.columns if each.name == "currency"), None)
    pairs = [(each, heading) for each, heading in zip(heads.columns, heads.headings, strict=True) if each]
    found = headed(heading for each, heading in pairs if "datatype" in each.members)
    if column is None or not found or column.members.get("default") or "currency" in [each.name for each, _ in pairs]:
        return described
    note(f"{label}: amounts are in {found}, as the headings say")
    return described.told({"currency": found})


def _parts(table: Table) -> list[str]:
    """Return the name of the table whose refused rows a file holds, which stands behind that of the import."""
    name = table.file.path.name
    return [name.removesuffix(ENDING).rpartition(".")[2]] if is_refused(table.file.path) else []


def _known(described: DescribedTable, headings: Sequence[str]) -> int:
    """Return how many headings are those of a table; none if one that it must have is missing, or most are unknown."""
    known = described.headings
    titles = [forms(heading) for heading in headings if heading]
    found = [next((known[form].name for form in each if form in known), "") for each in titles]
    needed = {column.name for column in described.columns if column.required} | {*described.key}
    count = sum(map(bool, found))
    return count if needed <= {*found} and 2 * count >= len(found) else 0


def _readable(profile: ImportProfile, table: Table) -> Table:
    """Return a table in the encoding that is said, and rows that were refused as they were written."""
    if profile.encoding:
        table = table.read_as(replace(table.dialect, encoding=profile.encoding))
    if is_refused(table.file.path) and isinstance(table, DelimitedTable):
        return table.read_as(replace(table.dialect, delimiter=delimiter_of(table.head)))
    return table


def _given(described: DescribedTable, table: Table, encoding: str, note: Callable[[str], None]) -> Given:
    label, read = _label(table), table
    if is_refused(table.file.path):
        read = MendedTable(table.file, table.name, refused=table)
    elif described.dialect:
        said = Dialect.from_csvw(described.dialect)
        read = table.read_as(replace(said, encoding=encoding or said.encoding))
    if skipped := _above(described, read):
        read = read.read_as(replace(read.dialect, skip_rows=skipped))
        note(f"{label}: the headings stand in row {skipped + 1}; what is above them is not read")
    try:
        heads = Heads.of(described, read.headings)
    except SourceError as error:
        raise SourceError(error.message, where=table.where(), advice=error.advice) from error
    described = _with_currency(described, heads, label, note)
    here = {column.name for column in heads.columns if column}
    if missing := [column.name for column in described.columns if column.name not in here and not column.virtual]:
        note(f"{label}: columns that are not there: {', '.join(missing)}")
    if heads.further:
        note(f"{label}: columns that the profile does not know: {', '.join(heads.further)}")
    return Given(read, described, heads, label)
