"""A closed loop of clients: each sends its next request as soon as it has the whole answer to the last one."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

_PROCESSES: Final = 4
"""The clients are threads of so many processes, since one Python process alone would be the slowest part."""


@dataclass(frozen=True)
class Endpoint:
    """A SPARQL endpoint on this machine."""

    name: str
    port: int
    path: str

    def request(self, query: str, accept: str = "application/sparql-results+json", encoding: str = "") -> bytes:
        """Return a GET request as it goes over the wire."""
        lines = [
            f"GET {self.path}?{urlencode({'query': query})} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Accept: {accept}",
            *([f"Accept-Encoding: {encoding}"] if encoding else []),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def connect(self) -> Connection:
        """Return a new connection."""
        return Connection(self.port)


class ProtocolError(Exception):
    """What came back is not a whole HTTP answer."""


class Connection:
    """One connection that is kept open; it reads answers with a length and answers in chunks."""

    def __init__(self, port: int, client: str = "127.0.0.1", timeout: float = 120) -> None:
        """Connect from an address of this machine; a server that is fair to clients knows them by it."""
        self._port, self._client, self._timeout = port, client, timeout
        self._bin = memoryview(bytearray(1 << 18))
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), self._timeout, (self._client, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def ask(self, request: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
        """Send a request and return status, headers and body.

        Raises:
            ProtocolError: the connection ended before the answer did.
        """
        parts: list[bytes] = []
        status, headers, _ = self._exchange(request, lambda size: parts.append(self._exactly(size)))
        return status, headers, b"".join(parts)

    def take(self, request: bytes) -> tuple[int, int]:
        """Send a request and return status and length of the answer, which is thrown away.

        Raises:
            ProtocolError: the connection ended before the answer did.
        """
        status, _, length = self._exchange(request, self._skip)
        return status, length

    def _exchange(self, request: bytes, read: Callable[[int], None]) -> tuple[int, dict[bytes, bytes], int]:
        self._socket.sendall(request)
        while b"\r\n\r\n" not in self._rest:
            self._receive()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            length = self._chunks(read)
        else:
            length = int(headers.get(b"content-length", b"0"))
            read(length)
        if headers.get(b"connection", b"").lower() == b"close":
            self.close()
            self._open()
        return int(first.split(b" ")[1]), headers, length

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _receive(self) -> None:
        chunk = self._socket.recv(1 << 18)
        if not chunk:
            raise ProtocolError("the connection ended")
        self._rest += chunk

    def _exactly(self, size: int) -> bytes:
        if len(self._rest) >= size:
            body, self._rest = self._rest[:size], self._rest[size:]
            return body
        whole = bytearray(size)
        view, filled = memoryview(whole), len(self._rest)
        view[:filled] = self._rest
        self._rest = b""
        while filled < size:
            got = self._socket.recv_into(view[filled:])
            if not got:
                raise ProtocolError("the connection ended")
            filled += got
        return bytes(whole)

    def _skip(self, size: int) -> None:
        left = size - len(self._rest)
        self._rest = self._rest[size:]
        while left > 0:
            got = self._socket.recv_into(self._bin, min(left, len(self._bin)))
            if not got:
                raise ProtocolError("the connection ended")
            left -= got

    def _chunks(self, read: Callable[[int], None]) -> int:
        length = 0
        while True:
            while b"\r\n" not in self._rest:
                self._receive()
            line, _, self._rest = self._rest.partition(b"\r\n")
            size = int(line.partition(b";")[0], 16)
            read(size)
            self._exactly(2)
            length += size
            if not size:
                return length


@dataclass
class Outcome:
    """What a closed loop measured."""

    seconds: float = 0.0
    done: int = 0
    failed: int = 0
    octets: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.done / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Return the latency that so large a share of the answers stayed below, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def closed_loop(
    port: int, requests: Sequence[bytes], seconds: float, clients: int = 16, cores: frozenset[int] = frozenset()
) -> Outcome:
    """Return what so many clients measured in so many seconds; each starts at another place of the requests."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    count = min(_PROCESSES, clients)
    share = [clients // count + (n < clients % count) for n in range(count)]
    starts = [sum(share[:n]) for n in range(count)]
    arguments = [(port, requests, seconds, share[n], starts[n] / clients, cores, results) for n in range(count)]
    processes = [context.Process(target=_clients, args=each) for each in arguments]
    for process in processes:
        process.start()
    total = Outcome()
    for _ in processes:
        one = results.get()
        total.seconds = max(total.seconds, one.seconds)
        total.done += one.done
        total.failed += one.failed
        total.octets += one.octets
        total.latencies += one.latencies
    for process in processes:
        process.join()
    return total


def _clients(
    port: int,
    requests: Sequence[bytes],
    seconds: float,
    clients: int,
    start: float,
    cores: frozenset[int],
    results: multiprocessing.Queue[Outcome],
) -> None:
    if cores:
        os.sched_setaffinity(0, cores)
    total = Outcome()
    lock = threading.Lock()
    begun = time.perf_counter()

    def run(number: int) -> None:
        mine = Outcome()
        place = int(start * len(requests)) + number * 7919
        # Clients have addresses of their own where the system has more than one for itself.
        client = f"127.0.0.{number + int(start * 200) + 10}" if sys.platform == "linux" else "127.0.0.1"
        connection = Connection(port, client)
        while time.perf_counter() < begun + seconds:
            sent = time.perf_counter()
            status, length = connection.take(requests[place % len(requests)])
            mine.latencies.append(time.perf_counter() - sent)
            place += 1
            mine.octets += length
            if status == 200:
                mine.done += 1
            else:
                mine.failed += 1
        connection.close()
        with lock:
            total.done += mine.done
            total.failed += mine.failed
            total.octets += mine.octets
            total.latencies += mine.latencies

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total.seconds = time.perf_counter() - begun
    results.put(total)
