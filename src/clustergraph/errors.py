"""Errors that a person can act on: what was wrong, where, and what to do."""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any


class Exit(IntEnum):
    """Exit codes of the command line."""

    FINE = 0
    FINDINGS = 1
    CANNOT_RUN = 2


@dataclass(frozen=True)
class SheetCell:
    """A cell of a table.

    >>> str(SheetCell(12, "Members", "Profiles"))
    'sheet Profiles, row 12, column Members'
    """

    row: int
    """Counted from 1, with the headings."""
    column: str = ""
    """Its heading; nothing where the whole row is meant."""
    sheet: str = ""

    def __str__(self) -> str:
        parts = {"sheet": self.sheet, "row": self.row, "column": self.column}
        return ", ".join(f"{name} {part}" for name, part in parts.items() if part)


@dataclass(frozen=True)
class Where:
    """A place in a file; line and column count from 1."""

    path: Path
    line: int | None = None
    column: int | None = None
    cell: SheetCell | None = None
    """In a table, instead of the column."""

    @property
    def start(self) -> int:
        """The line, or the row of a table that has no lines, or 1."""
        return self.line or (self.cell.row if self.cell else 1)

    def __str__(self) -> str:
        # As editors understand it, or as people do, if it is in a table.
        if self.cell:
            return f"{self.path}, {self.cell}"
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


class ClustergraphError(Exception):
    """Something is wrong that the user can mend.

    >>> str(ClustergraphError("no such question: 'pilot'", advice="did you mean 'pilots'?"))
    "no such question: 'pilot'; did you mean 'pilots'?"
    """

    def __init__(self, message: str, *, where: Where | None = None, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.advice = advice

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}" + (f"; {self.advice}" if self.advice else "")

    def __reduce__(self) -> tuple[Any, ...]:
        # So the same error is made in another process, whatever its constructor asks for.
        return _same, (type(self), self.args, self.__dict__)


def _same(kind: type[ClustergraphError], given: tuple[Any, ...], members: dict[str, Any]) -> ClustergraphError:
    error = kind.__new__(kind, *given)
    error.__dict__.update(members)
    return error


class SourceError(ClustergraphError):
    """A file of the graph cannot be read."""


class ReleaseError(ClustergraphError):
    """A release cannot be written, opened or made current."""


class QueryError(ClustergraphError):
    """A query is malformed."""


class XmlError(ClustergraphError):
    """An answer or a file holds what XML cannot hold."""


class UnsuitedFormatError(ClustergraphError):
    """An answer cannot be given in a format: it has nothing of what that holds, or what writes it is not there."""


class RefusedQueryError(ClustergraphError):
    """A query asks for something that this service does not do."""


class LimitError(ClustergraphError):
    """A query went over a limit; nothing of its answer is given."""


class QuestionError(ClustergraphError):
    """A question is not known, or one of its parameters does not fit."""


class OverLimitError(LimitError):
    """A query went over one limit: the name of the setting, and its value."""

    def __init__(self, message: str, *, limit: str, value: float, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.limit = limit
        self.value = value


class ResultTooLargeError(OverLimitError):
    """The answer is larger than allowed."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(
            f"the answer is larger than {max_bytes:,} bytes, and nothing of it is given",
            limit="result_bytes",
            value=max_bytes,
            advice="ask for fewer variables or rows (LIMIT, a narrower pattern, an aggregate)",
        )


class BusyError(OverLimitError):
    """There is too much to do at this moment."""


class WorkerError(ClustergraphError):
    """A process could not do a job for a reason that is not the job's."""


class LostError(WorkerError):
    """A worker was ended from outside: with its release, by hand, or by a system that has no more memory."""

    def __init__(self) -> None:
        super().__init__("the process that worked on this was ended by the system", advice="try again")


class FaultError(WorkerError):
    """A job ended in an error that nobody foresaw; what it said is in the log, with the number of the request."""

    def __init__(self, number: str = "") -> None:
        super().__init__("something went wrong here", advice="please report it")
        self.number = number
