"""Where the workers of a pool come from: from disk at first, then from memory, after a switch from the new release."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import anyio

from clustergraph.errors import ClustergraphError
from clustergraph.store.embedded import Release
from clustergraph.store.process import Nursery, Worker, WorkerError


class Nurseries:
    """The nursery that holds nothing, the one that holds the current release, and those of releases before it."""

    def __init__(self, memory_quads: int) -> None:
        """Keep how large a release may be that is held in memory."""
        self._memory_quads = memory_quads
        self._plain: Nursery | None = None
        self._loaded: Nursery | None = None
        self._retired: set[Nursery] = set()
        self._release: Path | None = None
        self._one_at_a_time = anyio.Lock()

    async def worker(self) -> Worker:
        """Return a new worker.

        Raises:
            WorkerError: there can be none.
        """
        try:
            return await (await self._best()).worker()
        except WorkerError:
            return await (await self._best()).worker()  # The nursery has just died, and there is another one.

    def welcome(self, worker: Worker) -> bool:
        """Whether a new worker would come from the same nursery."""
        return worker.nursery is (self._loaded or self._plain)

    async def load(self, release: Path) -> bool:
        """Have a release loaded; return whether new workers hold it in memory.

        If it is too large, or cannot be loaded, or another one has become current meanwhile, workers read from disk.
        """
        self._release = release
        if self._loaded is not None:
            self._retired.add(self._loaded)
            self._loaded = None
        try:
            if Release.read(release).quads > self._memory_quads:
                return False
            loaded = await (await self._best()).load(release)
        except ClustergraphError:
            return False
        if release != self._release:
            await loaded.stop()
            return False
        self._loaded = loaded
        return True

    async def tidy(self, living: Iterable[Worker]) -> None:
        """End the nurseries of earlier releases that have no workers any more."""
        for nursery in self._retired - {worker.nursery for worker in living}:
            self._retired.discard(nursery)
            await nursery.stop()

    async def stop(self) -> None:
        """End all of them."""
        for nursery in (*self._retired, self._loaded, self._plain):
            if nursery is not None:
                await nursery.stop()

    async def _best(self) -> Nursery:
        if self._loaded is not None and self._loaded.alive:
            return self._loaded
        self._loaded = None
        async with self._one_at_a_time:
            if self._plain is None or not self._plain.alive:
                self._plain = await Nursery.start()
        return self._plain
