"""How long a question takes at each door: python -m bench.doors [QUESTION] [--runs 9].

The same question of the current release is asked on the command line, in Python and over HTTP, in turns. Command line
and Python differ by the start of Python, which is measured too: the interpreter with what the command imports.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from bench.load import Endpoint
from bench.servers import Server, running
from clustergraph import Graph
from clustergraph.cli.context import Context

_PORT = 8971
_START = "import yaml, clustergraph.cli.ask, clustergraph.cli.main, clustergraph.graph, clustergraph.release.releases"
"""What the command imports before it asks."""


def main() -> None:
    """Measure, and print a table of milliseconds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("question", nargs="?", default="project-pairs")
    options.add_argument("--runs", type=int, default=9)
    options.add_argument("--project", type=Path)
    given = options.parse_args()
    context = Context(given.project, None)
    folders = [sys.executable, "-m", "clustergraph", "--project", str(context.root)]
    release, address = context.current(), f"http://127.0.0.1:{_PORT}/questions/{given.question}.json"
    graph = Graph.open(release)
    # Every answer is computed anew.
    environment = {"CLUSTERGRAPH_CACHE_BYTES": "0"}
    command = (*folders, "serve", "--port", str(_PORT))
    doors: dict[str, Callable[[], object]] = {
        "start of Python": lambda: subprocess.run([sys.executable, "-c", _START], check=True),
        "command line": lambda: _quietly([*folders, "ask", given.question, "--format", "json"]),
        "Python": lambda: graph.ask(given.question).rows,
        "HTTP": lambda: urllib.request.urlopen(address, timeout=60).read(),
    }
    taken: dict[str, list[float]] = {door: [] for door in doors}
    with running(Server(Endpoint("clustergraph", _PORT, "/sparql"), command, environment=environment), frozenset()):
        for _ in range(given.runs + 1):
            for door, ask in doors.items():
                begun = time.perf_counter()
                ask()
                taken[door].append(time.perf_counter() - begun)
    # The first of each finds nothing in memory yet.
    medians = {door: statistics.median(seconds[1:]) * 1000 for door, seconds in taken.items()}
    print(f"{given.question}, {os.cpu_count()} cores, median of {given.runs} runs in turns\n")
    for door, milliseconds in medians.items():
        print(f"{door:16} {milliseconds:8.1f} ms")
    print(f"\ncommand line - HTTP: {medians['command line'] - medians['HTTP']:.1f} ms")


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
