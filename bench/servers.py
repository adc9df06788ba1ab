"""The servers that are compared, each in a virtual environment of its own, all with the same data."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, Store

from bench.load import Endpoint, ProtocolError
from clustergraph.release.artefacts import dump_of

STARTED_WITHIN: Final = 900.0
"""How long a server may take to load its data, in seconds."""


@dataclass(frozen=True)
class Server:
    """A server and how it is started."""

    endpoint: Endpoint
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    data: Path | None = None
    """A file that is sent to it once it runs."""


@dataclass
class Running:
    """A server that answers."""

    server: Server
    process: subprocess.Popen[bytes]
    seconds: float
    """How long it took from its start to its first answer."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it is asked."""
        return self.server.endpoint

    def memory(self) -> float:
        """Return the memory of its processes in megabytes; what they share counts once."""
        return sum(map(_proportional, descendants(self.process.pid))) / 1024


def descendants(pid: int) -> Iterator[int]:
    """Yield a process and all that it has started, and these in turn."""
    yield pid
    with suppress(OSError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from descendants(int(child))


def _proportional(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def install(folder: Path, name: str, *packages: str) -> Path:
    """Return the folder of programs of a virtual environment that has some packages, made if it is not there."""
    place = folder / name
    done = place / ".done"
    if not done.exists():
        print(f"installing {', '.join(packages)} …", file=sys.stderr)
        venv.create(place, with_pip=True, clear=True)
        pip = (str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        subprocess.run([*pip, *packages], check=True)
        done.touch()
    return place / "bin"


def merged(release: Path) -> Path:
    """Return a file with the data of a release and, as its default graph, the merge of all graphs."""
    path = release.parent.parent / f"{release.name}.merged.nq"
    if not path.exists():
        store = Store.read_only(str(release / "store"))
        store.dump(path, format=RdfFormat.N_QUADS)
    return path


def ours(root: Path, port: int, **settings: object) -> Server:
    """Return this service."""
    command = (sys.executable, "-m", "clustergraph", "--releases", str(root), "serve", "--port", str(port))
    environment = {f"CLUSTERGRAPH_{name.upper()}": str(value) for name, value in settings.items()}
    return Server(Endpoint("clustergraph", port, "/sparql"), command, environment)


def oxigraph(folder: Path, release: Path, port: int) -> Server:
    """Return Oxigraph's own server with the data in memory."""
    programs = install(folder, "oxigraph", "oxigraph")
    command = (str(programs / "oxigraph"), "serve", "--bind", f"127.0.0.1:{port}")
    return Server(Endpoint("oxigraph serve", port, "/query"), command, data=merged(release))


def rdflib_endpoint(folder: Path, release: Path, port: int) -> Server:
    """Return rdflib-endpoint; it merges the named graphs itself."""
    programs = install(folder, "rdflib-endpoint", "rdflib-endpoint", "uvicorn")
    command = (str(programs / "rdflib-endpoint"), "serve", str(dump_of(release)), "--port", str(port))
    return Server(Endpoint("rdflib-endpoint", port, "/"), command)


@contextmanager
def running(server: Server, cores: frozenset[int]) -> Iterator[Running]:
    """Run a server on some cores until the end of the block."""
    mine = os.sched_getaffinity(0)
    begun = time.perf_counter()
    os.sched_setaffinity(0, cores or mine)
    try:
        process = subprocess.Popen(
            server.command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **server.environment},
        )
    finally:
        os.sched_setaffinity(0, mine)
    try:
        _await(server, process)
        if server.data is not None:
            _send(server, server.data)
        yield Running(server, process, time.perf_counter() - begun)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.perf_counter() + STARTED_WITHIN
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"{server.endpoint.name} ended: {' '.join(server.command)}")
        with suppress(OSError, ProtocolError):
            connection = server.endpoint.connect()
            status, _, _ = connection.ask(server.endpoint.request("ASK {}"))
            connection.close()
            if status == 200:
                return
        time.sleep(0.02)
    raise SystemExit(f"{server.endpoint.name} did not answer within {STARTED_WITHIN:g} seconds")


def _send(server: Server, data: Path) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.endpoint.port}/store",
        data=data.open("rb"),
        headers={"Content-Type": "application/n-quads", "Content-Length": str(data.stat().st_size)},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=STARTED_WITHIN):
        pass
