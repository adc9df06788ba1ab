"""Exports of a graph that is the real one many times over: seconds and the most memory of each.

    python -m bench.exports 1 10 30 60

The graph is copied so many times, every thing under a name of its own; countries, regions, documents and code lists
stay as they are. Sixty times 18 clusters are about as many as the platform has.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, Store

from clustergraph.release.artefacts import lines_of
from clustergraph.release.manifest import Record
from clustergraph.release.releases import Releases
from clustergraph.release.write import merge, write
from clustergraph.terms import ID

COMMANDS: Final = ("eccp", "eurio", "org", "schema", "dump")
_SHARED: Final = ("document", "region", "place", "country", "priority", "strategy")
_THING: Final = re.compile(rf"(<{ID}(?!(?:{'|'.join(_SHARED)})/)[a-z-]+/[^>]*)>".encode())


def copies(lines: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Yield the lines, and then again so many times with other names for all things.

    >>> list(copies([b"<https://w3id.org/clustergraph/id/organisation/a> <p> <o> .\\n"], 2))[1]
    b'<https://w3id.org/clustergraph/id/organisation/a-1> <p> <o> .\\n'
    """
    for line in lines:
        yield line
        if _THING.search(line):
            for number in range(1, count):
                yield _THING.sub(b"\\1-%d>" % number, line)


def write_release(release: Path, count: int, root: Path) -> int:
    """Write a release of copies, make it current, and return how many statements it has."""
    root.mkdir(parents=True)
    plain = root / "copies.nq"
    with plain.open("wb") as target:
        target.writelines(copies(lines_of(release), count))
    store = Store()
    store.bulk_load(path=plain, format=RdfFormat.N_QUADS)
    plain.unlink()
    merge(store)
    releases = Releases(root)
    with releases.lock():
        made = write(releases, store, Record(f"copies-{count}"))
        releases.activate(made.path)
    return made.quads


def measure(command: list[str]) -> tuple[float, int, int]:
    """Return the seconds that a command takes, the most memory that it has (in MB), and its exit code."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - begun, usage.ru_maxrss // 1000, os.waitstatus_to_exitcode(status)


def main() -> None:
    """Measure every export at each of the given sizes."""
    project = Path(__file__).parents[1]
    current = (project / ".clustergraph" / "current").resolve()
    for count in [int(word) for word in sys.argv[1:]] or [1, 10]:
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch) / "data"
            if os.fork() == 0:  # so that its memory is not that of who measures
                print(f"{count} times: {write_release(current, count, root):,} statements", flush=True)
                os._exit(0)
            os.wait()
            for name in COMMANDS:
                out = Path(scratch) / name
                out.mkdir()
                own = [sys.executable, "-m", "clustergraph", "--project", str(project), "--releases", str(root)]
                seconds, memory, code = measure([*own, "export", name, "--out", str(out)])
                print(f"  {name:8} {seconds:8.1f} s {memory:8,} MB{'' if code == 0 else f'  exit {code}'}", flush=True)


if __name__ == "__main__":
    main()
