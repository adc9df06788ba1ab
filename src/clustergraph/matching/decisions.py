"""Matches as a table that people fill in: written as XLSX or CSV, and read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, cast

from clustergraph.errors import SheetCell, SourceError, Where
from clustergraph.matching.compare import Body
from clustergraph.matching.links import STATES
from clustergraph.matching.matches import Match, State
from clustergraph.spreadsheet import separated, unguarded

COLUMNS: Final = (
    "match", "decision", "state", "score", "one", "its place", "its sources", "other", "place of the other",
    "sources of the other", "speaks for", "speaks against", "decided by", "decided", "IRI of one", "IRI of the other",
)  # fmt: skip
"""The columns of the table; ``decision`` is to be filled in with same or different, or left empty."""


def rows(
    matches: Iterable[Match], known: Callable[[str], Body | None], section: Callable[[str], str]
) -> Iterator[tuple[str, ...]]:
    """Yield the head of the table, and a row for each match; ``section`` gives the name of a source."""
    yield COLUMNS
    for match in matches:
        sides = [cell for iri in match.pair for cell in _side(iri, known(iri), section)]
        told = (" · ".join(match.speaks_for), " · ".join(match.speaks_against))
        decision = match.state if match.decided_by != "rule" else ""
        yield (
            match.iri,
            decision,
            match.state,
            f"{match.score:.3f}",
            *sides,
            *told,
            match.decided_by,
            match.decided,
            *match.pair,
        )


def _side(iri: str, body: Body | None, section: Callable[[str], str]) -> tuple[str, str, str]:
    if body is None:
        return iri, "", ""
    place = ", ".join([*body.places[:2], *filter(None, [body.country])])
    return " | ".join(body.names[:4]), place, " · ".join(dict.fromkeys(section(source) for source in body.sources[:6]))


def save(path: Path, table: Sequence[Sequence[str]]) -> None:
    """Write a table as XLSX, or as CSV if the name of the file ends so."""
    if path.suffix.lower() == ".csv":
        path.write_text(separated(table), "utf-8-sig")
        return
    from clustergraph.eccp.workbook import Sheet, write

    write(path, "Matches", {"Matches": Sheet(table)})


def load(path: Path) -> dict[str, State]:
    """Return the decisions in a table, by the IRI of the match.

    Raises:
        SourceError: it is no such table, or has a decision that is none.
    """
    lines = _lines(path)
    head = next(lines, [])
    if missing := [name for name in ("match", "decision") if name not in head]:
        advice = "fill in a table that `clustergraph match --out` wrote"
        raise SourceError(f"there is no column {' and no column '.join(missing)}", where=Where(path), advice=advice)
    match, decision = head.index("match"), head.index("decision")
    found: dict[str, State] = {}
    for number, row in enumerate(lines, 2):
        cells = [*row, *[""] * len(head)]
        said = cells[decision].strip().lower()
        if said and said not in STATES:
            place = Where(path, cell=SheetCell(number, "decision"))
            advice = "write same or different, or leave the cell empty"
            raise SourceError(f"“{cells[decision]}” is no decision", where=place, advice=advice)
        if said and said != "candidate":
            found[cells[match].strip()] = cast("State", said)
    return found


def _lines(path: Path) -> Iterator[list[str]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError("it cannot be read", where=Where(path), advice="name a file that is there") from error
    if path.suffix.lower() == ".csv":
        text = content.decode("utf-8-sig", "replace")
        delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
        yield from ([unguarded(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter))
        return
    from clustergraph.eccp.workbook import read

    try:
        sheets = read(content)
    except ValueError as error:
        raise SourceError("it is no workbook", where=Where(path), advice="give a file in XLSX, or in CSV") from error
    yield from next(iter(sheets.values()), [])
