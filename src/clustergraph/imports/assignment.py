"""Which table of the files is which one of a profile, told by its name, or else by its headings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from clustergraph.errors import SourceError, Where
from clustergraph.imports.gathering import Given
from clustergraph.imports.headings import forms, plain
from clustergraph.imports.metadata import DescribedTable
from clustergraph.imports.profile import ImportProfile
from clustergraph.imports.refused import ENDING, MendedTable, is_refused
from clustergraph.imports.rows import Dialect, Table
from clustergraph.imports.statements import Heads
from clustergraph.imports.tables import open_tables


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
        for table in open_tables(path):
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
            found[described.name] = _given(described, table, note)
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
    counts = [(_known(each, table.headings), each) for each in profile.tables]
    return max((pair for pair in counts if pair[0]), key=lambda pair: pair[0], default=(0, None))[1]


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


def _given(described: DescribedTable, table: Table, note: Callable[[str], None]) -> Given:
    label, read = _label(table), table
    if is_refused(table.file.path):
        read = MendedTable(table.file, table.name, refused=table)
    elif described.dialect:
        read = table.read_as(Dialect.from_csvw(described.dialect))
    try:
        heads = Heads.of(described, read.headings)
    except SourceError as error:
        raise SourceError(error.message, where=table.where(), advice=error.advice) from error
    here = {column.name for column in heads.columns if column}
    if missing := [column.name for column in described.columns if column.name not in here and not column.virtual]:
        note(f"{label}: columns that are not there: {', '.join(missing)}")
    if heads.further:
        note(f"{label}: columns that the profile does not know: {', '.join(heads.further)}")
    return Given(read, described, heads, label)
