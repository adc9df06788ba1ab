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
class Where:
    """A place in a file; line and column count from 1."""

    path: Path
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return the place as editors understand it, ``path:line:column``."""
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
