"""Settings of the service, each with its default; the environment can change any of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from clustergraph.errors import ClustergraphError

VARIABLE_PREFIX = "CLUSTERGRAPH_"


class SettingError(ClustergraphError):
    """A setting has a value that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """How much the service gives to one query, and to all of them.

    >>> Settings.from_environment({"CLUSTERGRAPH_QUERY_SECONDS": "2.5"}).query_seconds
    2.5
    """

    query_seconds: float = 10.0
    """How long one query may run, and how long it may wait for its turn, in seconds."""
    quick_seconds: float = 0.1
    """A query that runs longer than this moves out of the way of quick ones, in seconds."""
    worker_memory_mb: int = 512
    """How much memory one query may take beside the store itself, in megabytes (on Linux)."""
    workers: int = 2
    """How many processes are kept ready for quick queries."""
    slow_workers: int = 2
    """How many slow queries may run at a time."""
    waiting: int = 64
    """How many queries may be running or waiting before the service says that it is busy."""
    query_bytes: int = 100_000
    """How long a query may be, in bytes of UTF-8."""
    nesting: int = 200
    """How many brackets of a query may be open at a time."""
    result_bytes: int = 50_000_000
    """How large an answer may be, in bytes."""
    page_bytes: int = 2_000_000
    """How large an answer may be that is shown as a page, in bytes."""
    cache_bytes: int = 16_000_000
    """How much memory the cache of answers may take, in bytes."""

    def __post_init__(self) -> None:
        """Refuse values with which nothing would work."""
        for field in fields(self):
            if getattr(self, field.name) <= 0 and field.name != "cache_bytes":
                raise SettingError(f"{field.name} is {getattr(self, field.name)}", advice="give it a number above zero")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the defaults, changed by variables such as ``CLUSTERGRAPH_WORKERS``.

        Raises:
            SettingError: a variable does not hold a number of the right kind.
        """
        changed: dict[str, int | float] = {}
        for field in fields(cls):
            variable = VARIABLE_PREFIX + field.name.upper()
            if variable in environment:
                number = float if isinstance(field.default, float) else int
                try:
                    changed[field.name] = number(environment[variable])
                except ValueError as error:
                    kind = "a number" if number is float else "a whole number"
                    raise SettingError(
                        f"{variable} is {environment[variable]!r}",
                        advice=f"give it {kind} (default {field.default})",
                    ) from error
        # Every field is an int or a float, which the type checker cannot see through a dictionary.
        return cls(**changed)  # type: ignore[arg-type]
