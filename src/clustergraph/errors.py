"""Errors that a person can act on: what was wrong, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class Exit(IntEnum):
    """Exit codes of the command line."""

    FINE = 0
    FINDINGS = 1
    CANNOT_RUN = 2


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    >>> str(Cell(12, "Members", "Profiles"))
    'sheet Profiles, row 12, column Members'
    """

    row: int
    """Counted from 1, with the headings."""
    column: str = ""
    """Its heading; nothing where the whole row is meant."""
    sheet: str = ""

    def __str__(self) -> str:
        """Return the place in words."""
        parts = {"sheet": self.sheet, "row": self.row, "column": self.column}
        return ", ".join(f"{name} {part}" for name, part in parts.items() if part)


@dataclass(frozen=True)
class Where:
    """A place in a file; line and column count from 1."""

    path: Path
    line: int | None = None
    column: int | None = None
    cell: Cell | None = None
    """In a table, instead of the column."""

    @property
    def start(self) -> int:
        """The line, or the row of a table that has no lines, or 1."""
        return self.line or (self.cell.row if self.cell else 1)

    def __str__(self) -> str:
        """Return the place as editors understand it, ``path:line:column``, or as people do, if it is in a table."""
        if self.cell:
            return f"{self.path}, {self.cell}"
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


class ClustergraphError(Exception):
    """Something is wrong that the user can mend.

    >>> str(ClustergraphError("no such question: 'pilot'", advice="did you mean 'pilots'?"))
    "no such question: 'pilot'; did you mean 'pilots'?"
    """

    def __init__(self, message: str, *, where: Where | None = None, advice: str = "") -> None:
        """Keep what was wrong, where, and what to do about it."""
        super().__init__(message)
        self.message = message
        self.where = where
        self.advice = advice

    def __str__(self) -> str:
        """Return all three parts on one line."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}" + (f"; {self.advice}" if self.advice else "")


class SourceError(ClustergraphError):
    """A file of the graph cannot be read."""


class InvalidGraphError(ClustergraphError):
    """The graph breaks a shape or a check, so it is not published."""


class ReleaseError(ClustergraphError):
    """A release cannot be written, opened or made current."""


class QueryError(ClustergraphError):
    """A query is malformed."""


class RefusedQueryError(ClustergraphError):
    """A query asks for something that this service does not do."""


class LimitError(ClustergraphError):
    """A query went over a limit; nothing of its answer is given."""


class QuestionError(ClustergraphError):
    """A question is not known, or one of its parameters does not fit."""
