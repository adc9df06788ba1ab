"""Large imports: seconds, statements and the most memory of each step, and how long pages and a restart take.

    python -m bench.imports                          # as many projects as Horizon 2020 has, made by bench.cordis
    python -m bench.imports --projects 314510        # ten times that
    python -m bench.imports cordis-h2020projects-csv.zip

The tables are imported into a project that has the two documents of this one, built, and served on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final
from urllib.parse import quote

from bench.cordis import PROJECTS, write
from bench.servers import descendants

_ROOT: Final = Path(__file__).parents[1]
_PORT: Final = 8179
_PAGES: Final = (
    "/", "/questions", "/conflicts", "/audit", "/download", "/dataset", "/health", "/openapi.json",
    "/search?q=university",
    "/describe?uri=http://publications.europa.eu/resource/authority/country/FRA",
)  # fmt: skip
_SLOW: Final = 1.0
"""Pages that take longer, in seconds, are told."""
_BUSIEST: Final = "SELECT ?x (COUNT(*) AS ?n) { ?p cg:participant ?x } GROUP BY ?x ORDER BY DESC(?n) LIMIT 3"


def project(folder: Path) -> Path:
    """Return a project in a folder that has the model and the documents of this one."""
    for name in ("ontology", "shapes", "queries", "reference", "imports"):
        (folder / name).symlink_to(_ROOT / name)
    shutil.copytree(_ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("imports"))
    return folder


def step(title: str, home: Path, *command: str) -> None:
    """Run a command in a project, show what it tells, and print its seconds and the most memory that it had."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "clustergraph", "--project", str(home), *command])
    with _peak(process.pid) as peak:
        code = process.wait()
    print(f"{title}: {time.perf_counter() - begun:.0f} s, {max(peak) / 1000:,.0f} MB, exit {code}", flush=True)
    if code:
        sys.exit(code)


@contextmanager
def _peak(pid: int) -> Iterator[list[int]]:
    """Give what will hold how much memory, in kilobytes, a process and all that it starts have taken."""
    found, ended = [0], Event()

    def watch() -> None:
        while not ended.wait(0.5):
            found.append(sum(map(_memory, descendants(pid))))

    thread = Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def _memory(pid: int) -> int:
    """Return what a process has in memory of its own."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


def get(path: str, timeout: float = 60.0) -> tuple[float, int, bytes]:
    """Return the seconds that a page takes, its status and what it says."""
    begun = time.perf_counter()
    request = urllib.request.Request(f"http://127.0.0.1:{_PORT}{path}", headers={"Accept": "text/html"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, b""
    except OSError:
        status, body = 0, b""
    return time.perf_counter() - begun, status, body


def serve(home: Path) -> None:
    """Start the service, print how long that takes and how long its pages do, and stop it."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "clustergraph", "--project", str(home), "serve", "--port", str(_PORT)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        while get("/ready")[1] != 200 and process.poll() is None:
            time.sleep(0.05)
        print(f"restart: {time.perf_counter() - begun:.1f} s", flush=True)
        pages()
    finally:
        process.terminate()
        process.wait()


def pages() -> None:
    """Print which pages and questions are slow, and how long the slowest of all takes."""
    questions = json.loads(get("/questions.json")[2])
    names = [each["name"] for each in questions.get("questions", questions)]
    paths = [*_PAGES, *_things(), *(f"/questions/{name}" for name in names)]
    taken = {path: get(path) for path in paths}
    for path, (seconds, status, _) in sorted(taken.items(), key=lambda item: -item[1][0]):
        if seconds > _SLOW or status not in (200, 422):
            print(f"  {seconds:5.2f} s {status} {path}")
    slow = sum(seconds > _SLOW for seconds, _, _ in taken.values())
    print(f"pages: {len(taken)}, of which {slow} take more than a second; the slowest {max(taken.values())[0]:.2f} s")


def _things() -> list[str]:
    """Return the pages of those who take part most often."""
    query = quote(_BUSIEST)
    rows = get(f"/sparql?format=csv&query={query}")[2].decode().splitlines()[1:]
    return [f"/describe?uri={row.split(',')[0]}" for row in rows]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="Measure large imports.")
    parser.add_argument("files", nargs="*", type=Path, help="tables of CORDIS; without, some are made")
    parser.add_argument("--projects", type=int, default=PROJECTS)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="clustergraph-bench-") as scratch:
        files = given.files or write(Path(scratch), given.projects)
        home = Path(scratch) / "project"
        home.mkdir()
        project(home)
        os.environ["CI"] = "true"
        step("import", home, "import", "cordis", *map(str, files))
        step("build", home, "build")
        serve(home)


if __name__ == "__main__":
    main()
