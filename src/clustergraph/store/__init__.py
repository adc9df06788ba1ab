"""Where queries are answered: one small protocol, and the stores that follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from clustergraph.errors import LimitError


@dataclass(frozen=True)
class Request:
    """A query, and how its answer is wanted."""

    query: str
    format: str
    """The name of one of the `clustergraph.formats` that fits the form of the query."""
    default_graphs: tuple[str, ...] | None = None
    """IRIs of the graphs to merge as the default graph; None for what the query or the release says."""
    named_graphs: tuple[str, ...] | None = None
    """IRIs of the graphs that ``GRAPH`` may name; None for what the query or the release says."""
    max_bytes: int = 50_000_000
    """The largest answer to give, in bytes."""


class Store(Protocol):
    """Anything that answers queries."""

    def answer(self, request: Request) -> bytes:
        """Return the whole answer, serialised.

        Raises:
            QueryError: the query is malformed.
            LimitError: the answer is larger than asked for.
        """
        ...


class OverLimitError(LimitError):
    """A query went over one limit, which has a name and a value."""

    def __init__(self, message: str, *, limit: str, value: float, advice: str = "") -> None:
        """Keep which of the settings it was, and its value."""
        super().__init__(message, advice=advice)
        self.limit = limit
        self.value = value


class ResultTooLargeError(OverLimitError):
    """The answer is larger than allowed."""

    def __init__(self, max_bytes: int) -> None:
        """Name the limit and what to do about it."""
        super().__init__(
            f"the answer is larger than {max_bytes:,} bytes, and nothing of it is given",
            limit="result_bytes",
            value=max_bytes,
            advice="ask for fewer variables or rows (LIMIT, a narrower pattern, an aggregate)",
        )
