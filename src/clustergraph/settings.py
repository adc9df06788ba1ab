"""Settings of the service, each with its default; options, environment and the file of a project can change any."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from pyoxigraph import NamedNode

from clustergraph.errors import ClustergraphError

VARIABLE_PREFIX = "CLUSTERGRAPH_"
_MAY_BE_ZERO = ("port", "memory_quads", "columns", "cache_bytes", "log_requests", "log_queries", "short_links")


class SettingError(ClustergraphError):
    """A setting has a value that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """How much the service gives to one query, and to all of them.

    >>> Settings.from_environment({"CLUSTERGRAPH_QUERY_SECONDS": "2.5"}).query_seconds
    2.5
    """

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = 8123
    """The port to listen on; 0 for any that is free."""
    query_seconds: float = 10.0
    """How long one query may run, and how long it may wait for its turn, in seconds."""
    quick_seconds: float = 0.1
    """A query that runs longer than this moves out of the way of quick ones, in seconds."""
    page_seconds: float = 0.8
    """How long a page waits for an answer about all of a release that is read from disk, in seconds."""
    worker_memory_mb: int = 512
    """How much memory one query may take beside the store itself, in megabytes (on Linux)."""
    workers: int = 2
    """How many processes are kept ready for quick queries."""
    slow_workers: int = 2
    """How many slow queries may run at a time."""
    waiting: int = 64
    """How many queries may be running or waiting before the service says that it is busy."""
    memory_quads: int = 300_000
    """Releases of up to so many statements are held in memory (about 1 KB for each), larger ones read from disk."""
    columns: int = 1
    """Whether columns answer the queries that they know to answer (1), or the store answers all (0)."""
    query_bytes: int = 100_000
    """How long a query may be, in bytes of UTF-8."""
    nesting: int = 200
    """How many brackets of a query may be open at a time."""
    result_bytes: int = 50_000_000
    """How large an answer may be, in bytes."""
    page_bytes: int = 2_000_000
    """How large an answer may be that is shown as a page, in bytes."""
    cache_bytes: int = 16_000_000
    """How much memory the caches of results and of whole responses may take together, in bytes."""
    base_url: str = ""
    """The address of the service as clients see it, such as `https://clusters.example.org`; else where it listens."""
    report: str = ""
    """Where readers report a fault: an address of mail, or that of a tracker's form. Nothing is offered, if empty."""
    header_bytes: int = 65_536
    """How long address and headers of a request may be together, in bytes."""
    send_seconds: float = 20.0
    """How long a client may take to send a request, or to take the next piece of an answer, in seconds."""
    connections: int = 1000
    """How many connections may be open; the one that has been idle longest is closed for a new one."""
    slow_query_seconds: float = 1.0
    """A query that takes longer than this is written to the log as slow, in seconds."""
    log_requests: int = 1
    """Whether every request is written to the log (1) or only what is slow or goes wrong (0)."""
    log_queries: int = 0
    """Whether the log shows the text of queries (1) or only a short digest (0)."""

    allowed_hosts: str = ""
    """Other hosts that SERVICE and LOAD may ask, with commas between: `host` or `host:port`. None, if empty."""
    fetch_seconds: float = 10.0
    """How long other hosts may take for one query or update, and how long it may wait for its turn, in seconds."""
    fetch_bytes: int = 1_000_000
    """How much one other host may send, in bytes."""
    fetches: int = 2
    """How many queries and updates may ask other hosts at a time."""

    write_seconds: float = 120.0
    """How long one change of the graph may take, in seconds."""
    write_bytes: int = 10_000_000
    """How long an update, or a graph that is sent, may be, in bytes."""
    write_memory_mb: int = 4096
    """How much memory the process may take that makes a change, in megabytes (on Linux)."""
    kept_writes: int = 20
    """How many of the older releases that were made by changes are kept; those made by builds all are."""

    validation_seconds: float = 20.0
    """How long one validation of what a client sends may run, and how long it may wait for its turn, in seconds."""
    validation_memory_mb: int = 1024
    """How much memory one validation may take, in megabytes (on Linux)."""
    validation_bytes: int = 5_000_000
    """How long data and shapes that are sent for validation may be together, in bytes."""
    validations: int = 2
    """How many validations may run at a time."""

    short_links: int = 10_000
    """How many short links are kept, of up to 8 kB each; 0 for none."""
    short_links_hourly: int = 60
    """How many new short links one client may have kept in an hour."""

    def __post_init__(self) -> None:
        """Refuse values with which nothing would work."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, str) and value <= 0 and field.name not in _MAY_BE_ZERO:
                raise SettingError(f"{field.name} is {value}", advice="give it a number above zero")
        if self.report and not _takes_reports(self.report):
            advice = (
                "give it an address of mail, or one such as https://example.org/issues/new?title={subject}&body={body}"
            )
            raise SettingError(f"{VARIABLE_PREFIX}REPORT is {self.report!r}", advice=advice)
        if self.base_url and not _is_address(self.base_url):
            advice = "give it an address such as https://clusters.example.org: no query, no fragment"
            raise SettingError(f"{VARIABLE_PREFIX}BASE_URL is {self.base_url!r}", advice=advice)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the defaults, changed by variables such as ``CLUSTERGRAPH_WORKERS``.

        Raises:
            SettingError: a variable does not hold a number of the right kind, or an address where one is needed.
        """
        variables = {name: VARIABLE_PREFIX + name.upper() for name in cls.usual()}
        given = {name: environment[variable] for name, variable in variables.items() if variable in environment}
        return cls(**{name: _value(variables[name], text, cls.usual()[name]) for name, text in given.items()})

    @classmethod
    def usual(cls) -> dict[str, Any]:
        """Return the defaults, by name."""
        return {field.name: field.default for field in fields(cls)}


def _value(variable: str, text: str, usual: Any) -> Any:  # noqa: ANN401 - each setting has the kind of its default
    try:
        return of_text(text, usual)
    except ValueError as error:
        raise SettingError(f"{variable} is {text!r}", advice=str(error)) from error


def of_text(value: Any, usual: Any) -> Any:  # noqa: ANN401 - each setting has the kind of its default
    """Return a value of the kind of a default, from one that a file has, or from a text; `ValueError` if it is none.

    >>> of_text("2", 1), of_text(2, 1.0)
    (2, 2.0)
    """
    kind = type(usual)
    try:
        if isinstance(value, str) or type(value) is kind or (kind, type(value)) == (float, int):
            return kind(value)
    except ValueError:
        pass
    wanted = {float: "a number", int: "a whole number"}.get(kind, "a text in quotes")
    raise ValueError(f"give it {wanted} (default {usual})")


def _takes_reports(text: str) -> bool:
    """Whether faults can be reported to an address: one of mail, or of a page on the web.

    >>> [_takes_reports(text) for text in ("a@b.example", "mailto:a@b.example", "https://b.example/new?title={subject}")]
    [True, True, True]
    >>> [_takes_reports(text) for text in ("javascript:alert(1)", "b.example", "https:///new", "a b@c")]
    [False, False, False, False]
    """
    if re.search(r"[\s<>\"]", text):
        return False
    try:
        return bool(re.fullmatch(r"(mailto:)?[^@:/?]+@[^@:/]+", text) or _is_web(text))
    except ValueError:
        return False


def _is_web(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_address(text: str) -> bool:
    """Whether a service can be at an address: http or https, a host, and neither query nor fragment.

    >>> _is_address("https://a.example/graph/"), _is_address("https://a b"), _is_address("javascript:alert(1)")
    (True, False, False)
    """
    try:
        NamedNode(text)
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not {*text} & {*"?#@"}
    except ValueError:  # it is no IRI, or its port no number
        return False
