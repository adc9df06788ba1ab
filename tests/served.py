"""A small project that is really served, by the command and in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from clustergraph.release.releases import Releases
from tests.live_server import PATIENCE, until
from tests.small_project import make

SECRET = "correct-horse-battery-staple"


@dataclass
class Served:
    """A service at an address, with its releases."""

    project: Path
    releases: Releases
    port: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls, root: Path) -> Self:
        """Build a small project and serve it."""
        project = make(root / "project")
        served = cls(project, Releases(root / "releases"), _free_port())
        subprocess.run(served.command("build"), check=True, capture_output=True)
        served.serve()
        return served

    def command(self, *words: str) -> list[str]:
        """Return a command of the project."""
        folders = ["--project", str(self.project), "--releases", str(self.releases.root)]
        return [sys.executable, "-m", "clustergraph", *folders, *words]

    def serve(self) -> None:
        """Start the service and wait until it answers."""
        self.process = subprocess.Popen(
            self.command("serve", "--port", str(self.port)),
            env={**os.environ, "CLUSTERGRAPH_TOKEN": SECRET, "CLUSTERGRAPH_KEPT_WRITES": "3"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert until(self._answers), "the service does not answer"

    def _answers(self) -> bool:
        try:
            self.ask("ASK {}")
        except OSError:
            assert self.process is not None
            assert self.process.poll() is None, "the service has ended"
            return False
        return True

    def kill(self) -> None:
        """End the service and every process of it at once, as a power failure would."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def url(self) -> str:
        """The address of the service."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str) -> Any:
        """Return the JSON answer of a query."""
        address = f"{self.url}/sparql?{urllib.parse.urlencode({'query': query, 'format': 'json'})}"
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return json.load(answer)

    def update(self, text: str) -> Any:
        """Send an update and return what it came to.

        Raises:
            OSError: it was not acknowledged.
        """
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/sparql-update"}
        request = urllib.request.Request(f"{self.url}/update", text.encode(), headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
