"""A change of the graph that is asked for, and the process of its own that makes it; one at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import anyio

from clustergraph.config import Settings
from clustergraph.errors import ClustergraphError
from clustergraph.store import OverLimitError
from clustergraph.store.embedded import CURRENT

COMMAND: Final = (sys.executable, "-P", "-c", "from clustergraph.build.writer import serve; serve()")
"""The process that makes a change: a task from standard input, its outcome to standard output."""
_GRACE: Final = 5.0
"""Seconds that the process has to end by itself after its deadline."""

UPDATE: Final = "update"
PUT: Final = "put"
POST: Final = "post"
DELETE: Final = "delete"
PATCH: Final = "patch"


class WriterError(ClustergraphError):
    """A change could not be made for a reason that is not its own."""


@dataclass(frozen=True)
class Write:
    """A change that is asked for."""

    kind: str
    """`UPDATE`, or what the Graph Store Protocol does with one graph: `PUT`, `POST`, `DELETE` or `PATCH`."""
    content: bytes = field(default=b"", repr=False)
    """The update in SPARQL, or the statements for the graph."""
    format: str = ""
    """The name of the RDF format of the statements."""
    graph: str = ""
    """The IRI of the one graph."""
    default_graphs: tuple[str, ...] = ()
    """IRIs of the graphs in which patterns of an update are matched; none for what the update says."""
    named_graphs: tuple[str, ...] = ()
    """IRIs of the graphs that ``GRAPH`` may name in patterns of an update; none for what the update says."""
    onto: str | None = None
    """The digest of the release that must be current, if it matters."""


@dataclass(frozen=True)
class Task:
    """A change as it is sent to the process: a line of JSON, and the content."""

    write: Write
    project: str
    """The folder of the project, whose shapes, checks and rules hold."""
    releases: str
    """The folder of the releases."""
    settings: Mapping[str, int | float | str]

    def send(self) -> bytes:
        """Return the task as it is sent."""
        head = asdict(self)
        del head["write"]["content"]
        return json.dumps(head).encode() + b"\n" + self.write.content

    @classmethod
    def read(cls, sent: bytes) -> Task:
        r"""Return the task that was sent.

        >>> task = Task(Write(UPDATE, b"CLEAR\nALL", named_graphs=("g:a",)), "project", "releases", {})
        >>> Task.read(task.send()) == task
        True
        """
        line, _, content = sent.partition(b"\n")
        head = json.loads(line)
        write = head.pop("write")
        for name in ("default_graphs", "named_graphs"):
            write[name] = tuple(write[name])
        return cls(write=Write(content=content, **write), **head)


@dataclass(frozen=True)
class Outcome:
    """What a change came to."""

    kind: str
    """``written``, ``unchanged``, or why it was not made."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else there is to say, such as the digest of the new release, or a message and advice."""

    def send(self) -> bytes:
        """Return the outcome as it is sent, one line of JSON."""
        return json.dumps({"kind": self.kind, "facts": self.facts}).encode() + b"\n"

    @classmethod
    def read(cls, sent: bytes) -> Outcome:
        """Return the outcome that was sent."""
        return cls(**json.loads(sent))


class Writer:
    """Makes changes, one after the other in the order in which they come."""

    def __init__(self, project: Path, releases: Path, settings: Settings) -> None:
        """Keep where the project and its releases are."""
        self._project = project
        self._releases = releases
        self._settings = settings
        self._turn = anyio.Lock()
        self._waiting = 0

    @property
    def folders(self) -> tuple[Path, Path]:
        """The folder of the project, and that of its releases."""
        return self._project, self._releases

    async def make(self, write: Write) -> Outcome:
        """Make a change and return what it came to; a caller that is cancelled ends it.

        Raises:
            OverLimitError: too many are waiting, or it took too long.
            WriterError: the process ended for a reason that is not known.
        """
        settings = self._settings
        if self._waiting >= settings.waiting:
            raise OverLimitError(
                f"{self._waiting} changes are waiting to be made",
                limit="waiting",
                value=settings.waiting,
                advice="try again later",
            )
        self._waiting += 1
        try:
            async with self._turn:
                return await self._run(write)
        finally:
            self._waiting -= 1

    async def _run(self, write: Write) -> Outcome:
        settings = self._settings
        task = Task(write, str(self._project), str(self._releases), asdict(settings))
        before = self._current()
        try:
            with anyio.fail_after(settings.write_seconds + _GRACE):
                done = await anyio.run_process(COMMAND, input=task.send(), stderr=subprocess.DEVNULL, check=False)
            return Outcome.read(done.stdout)
        except TimeoutError as error:
            raise late(settings) from error
        except (ValueError, ExceptionGroup) as error:
            known = before == self._current()
            raise WriterError(
                "the process that makes changes ended before it answered"
                + ("; nothing is changed" if known else ", and the graph has changed meanwhile"),
                advice="send a smaller change"
                if known
                else "look whether your change is made before you send it again",
            ) from error

    def _current(self) -> Path:
        return (self._releases / CURRENT).readlink()


def late(settings: Settings) -> OverLimitError:
    """Return the error of a change that takes too long."""
    return OverLimitError(
        f"the change took longer than {settings.write_seconds:g} seconds and is not made",
        limit="write_seconds",
        value=settings.write_seconds,
        advice="send it in several parts",
    )
