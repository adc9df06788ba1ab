"""Changes of the graph: one at a time, each made by a process of its own, and the exports after them."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Final

import anyio

from clustergraph.engine.pool import Pool
from clustergraph.engine.worker import Limit, Limits
from clustergraph.errors import ClustergraphError, LostError, OverLimitError
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.transaction import Outcome, Write, change
from clustergraph.release.releases import Releases
from clustergraph.settings import Settings

LOGGER: Final = logging.getLogger("clustergraph.pipeline")
_SOON: Final = 2.0
"""Seconds after a change until the exports are made."""
_LONGEST: Final = 3600.0
"""Seconds that the exports of a release may take."""
_GRACE: Final = 5.0
"""Seconds that the process has to end by itself after its deadline."""


class WriterError(ClustergraphError):
    """A change could not be made for a reason that is not its own."""


class Writer:
    """Makes changes, one after the other in the order in which they come."""

    def __init__(self, project: Path, releases: Path, settings: Settings) -> None:
        self._folders = (project, releases)
        self._settings = settings
        self._turn = anyio.Lock()
        self._waiting = 0
        self._pool: Pool | None = None
        self._exporting: asyncio.Task[None] | None = None
        self._outdated = False

    def start(self, pool: Pool) -> None:
        """Take processes from a pool from now on."""
        self._pool = pool

    def stop(self) -> None:
        """End what is made of releases; a build, or ``clustergraph export all``, makes what is missing."""
        self._outdated = False
        if self._exporting is not None:
            self._exporting.cancel()

    async def make(self, write: Write, number: str = "") -> Outcome:
        """Make a change and return what it came to; a caller that is cancelled ends it. The log has the number.

        Raises:
            ClustergraphError: it cannot be made; `OverLimitError` if too many are waiting, or it took too much.
            WriterError: the process was ended from outside.
        """
        limit = self._settings.waiting
        if self._waiting >= limit:
            message = f"{self._waiting} changes are waiting to be made"
            raise OverLimitError(message, limit="waiting", value=limit, advice="try again later")
        self._waiting += 1
        try:
            async with self._turn:
                outcome = await self._made(write, number)
        finally:
            self._waiting -= 1
        if outcome.kind == "written":
            self.export()
        return outcome

    async def _made(self, write: Write, number: str) -> Outcome:
        assert self._pool is not None
        releases, settings = Releases(self._folders[1]), self._settings
        before, limits = releases.current(), _limits(settings, settings.write_seconds)
        try:
            return await self._pool.run(None, change, write, *self._folders, settings, limits=limits, number=number)
        except LostError as error:
            message, advice = "the process that makes changes ended before it answered", "send a smaller change"
            if before == releases.current():
                raise WriterError(f"{message}; nothing is changed", advice=advice) from error
            advice = "look whether your change is made before you send it again"
            raise WriterError(f"{message}, and the graph has changed meanwhile", advice=advice) from error

    def export(self) -> None:
        """Have the exports of the current release made soon; of releases that follow quickly, only the last has any."""
        self._outdated = True
        if self._exporting is None or self._exporting.done():
            self._exporting = asyncio.get_running_loop().create_task(self._export())

    async def _export(self) -> None:
        assert self._pool is not None
        while self._outdated:
            await asyncio.sleep(_SOON)
            self._outdated = False
            try:
                await self._pool.run(None, export, *self._folders, limits=_limits(self._settings, _LONGEST))
            except ClustergraphError:
                LOGGER.exception("exports are not made")


def export(project: Path, releases: Path) -> None:
    """Make the exports of the current release, in the time that nothing else needs; a job."""
    from clustergraph.pipeline.exports import prepare  # only a process of its own needs what this brings

    if hasattr(os, "nice"):
        os.nice(10)
    prepare(Releases(releases).release().path, Project(project))


def _limits(settings: Settings, seconds: float) -> Limits:
    late = "the change took longer than {value:g} seconds and is not made"
    large = "the change needs more memory than it may take, and is not made"
    advice = "send it in several parts"
    return Limits(
        Limit("write_seconds", seconds, late, advice),
        Limit("write_memory_mb", settings.write_memory_mb, large, advice),
        Limit("nesting", settings.nesting, "the change is too complex for the engine, which ended", "nest it less"),
        _GRACE,
    )
