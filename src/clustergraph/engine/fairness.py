"""Lanes, and an admission of so many jobs, that are shared fairly between the clients that ask."""

from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import anyio

from clustergraph.engine.worker import Limit
from clustergraph.errors import BusyError


@dataclass(eq=False)
class Ticket:
    """One query that has been let in."""

    client: str
    waiting: bool = True
    """Whether no process works on it."""
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class Admission:
    """Holds so many queries; where it is full, the client that has most of them gives one up to one that has fewer."""

    def __init__(self, size: int, busy: Limit) -> None:
        """Start empty; the limit says what one is told for which there is no room."""
        self._size = size
        self._busy = busy
        self._tickets: list[Ticket] = []

    def __len__(self) -> int:
        """Return how many are inside."""
        return len(self._tickets)

    @contextmanager
    def enter(self, client: str) -> Iterator[Ticket]:
        """Be inside.

        Raises:
            BusyError: there is no room, or it was given to another client before there was an answer.
        """
        if len(self._tickets) >= self._size:
            self._make_place(client)
        ticket = Ticket(client)
        self._tickets.append(ticket)
        try:
            with ticket.scope:
                yield ticket
        finally:
            if ticket in self._tickets:
                self._tickets.remove(ticket)
        if ticket.scope.cancelled_caught:
            raise self._busy.error(BusyError)

    def _make_place(self, client: str) -> None:
        counts = Counter(ticket.client for ticket in self._tickets)
        greediest, most = counts.most_common(1)[0]
        last = next((v for v in reversed(self._tickets) if v.client == greediest and v.waiting), None)
        if most <= counts[client] + 1 or last is None:
            raise self._busy.error(BusyError)
        self._tickets.remove(last)
        last.scope.cancel()


class Lane:
    """So many places; where they are taken, the clients that wait have their turns in rotation."""

    def __init__(self, places: int, seconds: float, busy: Limit, *, share: int = 0, newest_too: bool = False) -> None:
        """Start with every place free; one client may have its share of them, or all.

        Who has waited for so many seconds is told that it is busy. Of those that wait for one client, the oldest goes
        first, or else the newest and the oldest by turns: so a new one never waits for a long queue, and an old one is
        never overtaken for ever.
        """
        self._free = places
        self._seconds = seconds
        self._busy = busy
        self._share = share or places
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

    @asynccontextmanager
    async def turn(self, ticket: Ticket) -> AsyncIterator[None]:
        """Do what is inside when it is a client's turn; at once if there is a place."""
        client = ticket.client
        if self.free(client):
            self._hold(client)
        else:
            ticket.waiting = True
            with anyio.move_on_after(self._seconds) as patience:
                await self._wait(client)
            if patience.cancelled_caught:
                raise self._busy.error(BusyError)
        ticket.waiting = False
        try:
            yield
        finally:
            self._give_back(client)

    async def _wait(self, client: str) -> None:
        turn = anyio.Event()
        queue = self._queues.setdefault(client, deque())
        queue.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._give_back(client)
            else:
                queue.remove(turn)
                if not queue:
                    del self._queues[client]
            raise

    def _give_back(self, client: str) -> None:
        """Give a place back, to whoever is next."""
        self._free += 1
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]
        following = next((each for each in self._queues if self._held[each] < self._share), None)
        if following is None:
            return
        queue = self._queues.pop(following)
        self._given += 1
        turn = queue.pop() if self._newest_too and self._given % 2 else queue.popleft()
        if queue:
            self._queues[following] = queue  # at the end of the rotation
        self._hold(following)
        turn.set()

    def _hold(self, client: str) -> None:
        self._free -= 1
        self._held[client] += 1
