"""Turns at a few places, and room for a few queries: shared fairly between the clients that ask."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio


class Turns:
    """So many places; where they are taken, the clients that wait have their turns in rotation."""

    def __init__(self, places: int, share: int | None = None, *, newest_too: bool = False) -> None:
        """Start with every place free.

        Args:
            places: how many may have a place at a time.
            share: how many of them one client may have; all, if None.
            newest_too: of those that wait for one client, let the newest and the oldest go by turns, and not only the
                oldest. So a new one never waits for a long queue, and an old one is never overtaken for ever.
        """
        self._free = places
        self._share = places if share is None else share
        self._newest_too = newest_too
        self._held: Counter[str] = Counter()
        self._queues: OrderedDict[str, deque[anyio.Event]] = OrderedDict()
        self._given = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(map(len, self._queues.values()))

    def free(self, client: str) -> bool:
        """Whether there is a place for this client now."""
        return self._free > 0 and self._held[client] < self._share

    def take_at_once(self, client: str) -> bool:
        """Take a place if there is one for this client now."""
        if not self.free(client):
            return False
        self._hold(client)
        return True

    async def take(self, client: str) -> None:
        """Take a place as soon as it is this client's turn."""
        if self.take_at_once(client):
            await anyio.lowlevel.checkpoint_if_cancelled()
            return
        turn = anyio.Event()
        self._queues.setdefault(client, deque()).append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self.give_back(client)
            else:
                self._leave(client, turn)
            raise

    def give_back(self, client: str) -> None:
        """Give a place back, to whoever is next."""
        self._free += 1
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]
        following = next((each for each in self._queues if self._held[each] < self._share), None)
        if following is not None:
            self._pass_to(following)

    def _pass_to(self, client: str) -> None:
        queue = self._queues.pop(client)
        self._given += 1
        turn = queue.pop() if self._newest_too and self._given % 2 else queue.popleft()
        if queue:
            self._queues[client] = queue  # at the end of the rotation
        self._hold(client)
        turn.set()

    def _hold(self, client: str) -> None:
        self._free -= 1
        self._held[client] += 1

    def _leave(self, client: str, turn: anyio.Event) -> None:
        self._queues[client].remove(turn)
        if not self._queues[client]:
            del self._queues[client]


class FullError(Exception):
    """There is no room, or it was needed for another client."""


@dataclass(eq=False)
class Visit:
    """One query that has been let in."""

    client: str
    waiting: bool = True
    """Whether no process works on it."""
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class Room:
    """Holds so many queries; where it is full, the client that has most of them gives one up to one that has fewer."""

    def __init__(self, size: int) -> None:
        """Start empty."""
        self._size = size
        self._visits: list[Visit] = []

    def __len__(self) -> int:
        """Return how many are inside."""
        return len(self._visits)

    @contextmanager
    def enter(self, client: str) -> Iterator[Visit]:
        """Be inside.

        Raises:
            FullError: there is no room, or it was given to another client before there was an answer.
        """
        if len(self._visits) >= self._size:
            self._make_room(client)
        visit = Visit(client)
        self._visits.append(visit)
        try:
            with visit.scope:
                yield visit
        finally:
            if visit in self._visits:
                self._visits.remove(visit)
        if visit.scope.cancelled_caught:
            raise FullError

    def _make_room(self, client: str) -> None:
        counts = Counter(visit.client for visit in self._visits)
        greediest, most = counts.most_common(1)[0]
        last = next((v for v in reversed(self._visits) if v.client == greediest and v.waiting), None)
        if most <= counts[client] + 1 or last is None:
            raise FullError
        self._visits.remove(last)
        last.scope.cancel()
