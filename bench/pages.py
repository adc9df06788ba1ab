"""How much of a processor each kind of page takes: when it is asked for first, and again.

    python -m bench.pages                       # this project
    python -m bench.pages --releases FOLDER     # another data root
    python -m bench.pages --projects 7500       # a million statements: this project with so many projects of CORDIS

The service is started, and each page is fetched once, and then some times more with the request not to answer from what
is kept. What counts is the time of a processor that all processes of the service have had until they are quiet again.
"""

from __future__ import annotations

import argparse
import http.client
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlencode

from bench.cordis import write
from bench.imports import project, step
from bench.servers import Running, descendants, ours, running

_ROOT: Final = Path(__file__).parents[1]
_PORT: Final = 8178
_PAGES: Final = (
    "/", "/questions", "/questions/clusters", "/questions/clusters?sort=-cluster", "/questions/clusters?country=France",
    "/questions/regions", "/questions/projects", "/questions/projects?limit=20", "/questions/organisations",
    "/questions/who-works-on?field=plastics", "/questions/partners-sharing-pilots", "/questions/rival-figures",
    "/conflicts", "/audit", "/matches", "/search?q=university", "/compare", "/ontology", "/ontology/Cluster", "/scheme",
    "/sparql", "/validate", "/download", "/dataset", "/releases", "/changes", "/docs",
)  # fmt: skip
_CLASSES: Final = ("Cluster", "Region", "Project", "Company", "Document", "Priority")
_BUSIEST: Final = "SELECT ?x {{ ?x a cg:{} . ?x ?p ?o }} GROUP BY ?x ORDER BY DESC(COUNT(*)) ?x LIMIT 2"
_ANEW: Final = {"Accept": "text/html", "Cache-Control": "no-cache"}
_QUIET: Final = 0.15
"""Seconds for which nothing is done until a service is taken to be quiet."""
_TICK: Final = os.sysconf("SC_CLK_TCK")
_OF_PROCESS: Final = 2
"""The last bits of the number that the clock of a process has on Linux: that of its time on a processor."""


@dataclass(frozen=True)
class Cost:
    """What a page took each time that it was fetched."""

    path: str
    status: int
    size: int
    milliseconds: list[float]
    """Of a processor; the first is that of the first view."""
    waited: list[float]
    """On the clock, in milliseconds."""

    def __str__(self) -> str:
        """Return it as a row of the table."""
        first, *again = self.milliseconds
        clock, *later = self.waited
        failed = "" if self.status == 200 else f" {self.status}"
        return (
            f"{first:9,.0f}{median(again):9,.0f}{clock:9,.0f}{median(later):9,.0f}{self.size:11,}  {self.path}{failed}"
        )


def spent(pid: int) -> float:
    """Return the milliseconds of a processor that a process and all that it has started have had."""
    return sum(map(_own, descendants(pid)))


def _own(pid: int) -> float:
    """Return what a process has had, and those that it has started and that have ended."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return time.clock_gettime((~pid << 3) | _OF_PROCESS) * 1000 + sum(map(int, fields[13:15])) * 1000 / _TICK
    return 0.0


def _runs(pid: int) -> bool:
    """Return whether a process works or waits for a processor."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("R", "D")
    return False


def quiet(pid: int) -> float:
    """Wait until a service does nothing; return what it has had of a processor then."""
    before, now = -1.0, spent(pid)
    while now - before > 2 or any(map(_runs, descendants(pid))):
        time.sleep(_QUIET)
        before, now = now, spent(pid)
    return now


def fetch(path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """Return status and content of a page."""
    connection = http.client.HTTPConnection("127.0.0.1", _PORT, timeout=120)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def cost(service: Running, path: str, times: int) -> Cost:
    """Return what a page costs."""
    milliseconds, waited = [], []
    for _ in range(times + 1):
        before, begun = quiet(service.process.pid), time.perf_counter()
        status, content = fetch(path, _ANEW)
        waited.append((time.perf_counter() - begun) * 1000)
        milliseconds.append(quiet(service.process.pid) - before)
    return Cost(path, status, len(content), milliseconds, waited)


def addresses() -> Iterator[str]:
    """Yield the addresses of all kinds of pages: also those of the things of which most is said."""
    yield from _PAGES
    for name in _CLASSES:
        query = urlencode({"format": "csv", "query": _BUSIEST.format(name)})
        found = fetch(f"/sparql?{query}", {})[1].decode().split()[1:]
        yield from (f"/describe?{urlencode({'iri': iri})}" for iri in found[:1])
        if name in ("Cluster", "Region"):
            yield f"/compare?{urlencode([('thing', iri) for iri in found])}"


def measure(root: Path, times: int) -> None:
    """Start the service of a data root, and print what its pages cost."""
    with running(ours(root, _PORT, log_requests=0), frozenset()) as service:
        started = quiet(service.process.pid)
        print(f"start: {started:,.0f} ms of a processor until it is quiet", flush=True)
        print(f"{'first':>9}{'again':>9}{'waited':>9}{'again':>9}{'bytes':>11}  page", flush=True)
        found = []
        for path in list(addresses()):
            found.append(cost(service, path, times))
            print(found[-1], flush=True)
    first, again = ([each.milliseconds[0] for each in found], [median(each.milliseconds[1:]) for each in found])
    print(f"median: {median(first):,.0f} ms first, {median(again):,.0f} ms again; {max(again):,.0f} ms at most again")


def large(folder: Path, projects: int) -> Path:
    """Return the data root of a project in a folder that has the documents of this one, and projects of CORDIS."""
    home = folder / "project"
    home.mkdir()
    project(home)
    os.environ["CI"] = "true"
    step("import", home, "import", "cordis", *map(str, write(folder, projects)))
    step("build", home, "build")
    return home / ".clustergraph"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="Measure how much of a processor pages take.")
    parser.add_argument("--releases", type=Path, default=_ROOT / ".clustergraph", help="the data root that is served")
    parser.add_argument("--projects", type=int, default=0, help="build a project with so many projects of CORDIS")
    parser.add_argument("--times", type=int, default=3, help="how often each page is fetched again")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="clustergraph-bench-") as scratch:
        measure(large(Path(scratch), given.projects) if given.projects else given.releases, given.times)


if __name__ == "__main__":
    main()
