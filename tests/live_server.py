"""A service in a process of its own, for tests that need real connections and signals.

Whatever is waited for is waited for until it is so; the limits are there for what never comes, not for slow machines.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
from clustergraph.settings import Settings
from clustergraph.web.server import run
project = Path(sys.argv[3]) if sys.argv[3] else None
run(Path(sys.argv[1]), Settings.from_environment(), "127.0.0.1", int(sys.argv[2]), project=project)
"""


PATIENCE = 120.0
"""Seconds after which something that is waited for is taken never to come."""


@dataclass
class Live:
    """A running service."""

    port: int
    process: subprocess.Popen
    log: Path

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def connect(self, seconds=PATIENCE):
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def talk(self, data, seconds=PATIENCE):
        """Send bytes, and return everything that comes back until the connection ends."""
        with self.connect(seconds) as connection:
            connection.sendall(data)
            pieces = []
            while piece := connection.recv(1 << 16):
                pieces.append(piece)
        return b"".join(pieces)

    def metric(self, name):
        with urllib.request.urlopen(f"{self.url}/metrics") as response:
            lines = response.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith(f"clustergraph_{name}")).rsplit(" ", 1)[1])

    def holds(self, connection):
        """Return whether the service has not closed its end of a connection."""
        own, theirs = (f"{name[1]:04X}" for name in (connection.getpeername(), connection.getsockname()))
        ends = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        return any(end[1].endswith(f":{own}") and end[2].endswith(f":{theirs}") and end[3] == "01" for end in ends)

    def events(self):
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def workers(self):
        """Return the ids of the processes below the service that have no children: those that answer."""
        children = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                state, parent = status.read_text().rsplit(")", 1)[1].split()[:2]
                if state != "Z":
                    children.setdefault(int(parent), []).append(int(status.parent.name))
        found = [self.process.pid]
        for each in found:
            found += children.get(each, [])
        return [each for each in found[1:] if each not in children]


def until(condition, seconds=PATIENCE):
    """Wait until something is so; return whether it is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


@contextmanager
def serve(root, project=None, **settings):
    """Run the service for a data root, and a project, with settings by name."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = Path(root) / f"log-{port}"
    environment = {**os.environ, **{f"CLUSTERGRAPH_{name.upper()}": str(value) for name, value in settings.items()}}
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(root), str(port), str(project or "")], stderr=stderr, env=environment
        )
    live = Live(port, process, log)
    try:
        assert until(lambda: _is_ready(live)), log.read_text()
        yield live
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_ready(live):
    assert live.process.poll() is None, live.log.read_text()
    try:
        with urllib.request.urlopen(f"{live.url}/ready") as response:
            return response.status == 200
    except OSError:
        return False
