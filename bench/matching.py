"""How well organisations are matched: python -m bench.matching.

The pairs are in tests/matching/pairs.csv: rows of real lists, drawn before any blocking, with the verdicts of readers
who saw no score, and what follows from them. Identifiers are held back, so that names and places have to do; where the
table of CORDIS is there (CLUSTERGRAPH_TEST_DATA), all of its named organisations stand beside the pairs.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import resource
import time
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import sqrt
from pathlib import Path

from clustergraph.matching.candidates import Candidates
from clustergraph.matching.compare import Body
from clustergraph.matching.matches import Match, find

ROOT = Path(__file__).parent.parent
PAIRS = ROOT / "tests" / "matching" / "pairs.csv"
SETS = ("first", "second", "held out")
"""The pairs that the matcher was made with, those that it was mended with, and those that it had never met."""
TABLE = "cordis-h2020/cordis-h2020projects-csv.zip"
REGISTER = "CORDIS H2020"
_KINDS = {
    "HES": "higher or secondary education", "REC": "research organisation", "PRC": "private for-profit",
    "PUB": "public body", "OTH": "other",
}  # fmt: skip
_LONG = 14


def wilson(hits: int, total: int) -> tuple[float, float, float]:
    """Return a share and the two ends of its 95 % interval after Wilson."""
    if not total:
        return 0.0, 0.0, 1.0
    z, share = 1.959964, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return share, middle - half, middle + half


def body(iri: str, said: Mapping[str, str], source: str) -> Body:
    """Return the body of a row, without its identifier."""
    short = said["acronym"]
    names = [
        *filter(None, said["names"].split(" | ")),
        *([short] if len(short) > _LONG or short.count(" ") > 1 else []),
    ]
    places = filter(None, said["place"].replace("/", " | ").split(" | "))
    kinds = frozenset([said["kind"]]) & frozenset(_KINDS.values())
    websites = tuple(filter(None, [said["website"]]))
    return Body(
        iri, tuple(dict.fromkeys(names)), tuple(filter(None, [short])), said["country"], tuple(places), kinds, websites,
        sources=(source,),
    )  # fmt: skip


def side(row: Mapping[str, str], letter: str) -> Body:
    """Return one side of a pair; the same row of a list is the same body in all its pairs."""
    said = {name.removeprefix(f"{letter} "): value for name, value in row.items() if name.startswith(f"{letter} ")}
    key = (
        f"pic-{said['pic']}" if said["source"] == REGISTER else "|".join((said["source"], said["names"], said["place"]))
    )
    return body(key, said, said["source"])


def register() -> Iterator[Body]:
    """Yield the named organisations of the table of CORDIS, if it is there."""
    path = Path(os.environ.get("CLUSTERGRAPH_TEST_DATA", ROOT.parent / "shared" / "data")) / TABLE
    if not path.is_file():
        return
    with zipfile.ZipFile(path) as archive, archive.open("organization.csv") as file:
        seen: set[str] = set()
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8-sig"), delimiter=";"):
            if row["organisationID"] not in seen and (row["name"] or row["shortName"]):
                seen.add(row["organisationID"])
                said = {"names": row["name"], "acronym": row["shortName"], "place": row["city"], "website": ""}
                said |= {"country": row["country"], "kind": _KINDS.get(row["activityType"], "")}
                found = body(f"pic-{row['organisationID']}", said, REGISTER)
                if found.names:
                    yield found


def population(rows: Iterable[Mapping[str, str]], others: Iterable[Body] = ()) -> list[Body]:
    """Return the bodies of pairs, and others beside them, each once."""
    known = {each.iri: each for each in others}
    for row in rows:
        for each in (side(row, "a"), side(row, "b")):
            known.setdefault(each.iri, each)
    return list(known.values())


def found(bodies: list[Body]) -> list[Match]:
    """Return the matches of bodies of different lists, and of those of the table of CORDIS among each other."""
    return find(bodies, lambda one, other: one.sources == other.sources != (REGISTER,))


def told(name: str, hits: int, total: int, aim: float) -> str:
    """Return a share with its interval."""
    share, low, high = wilson(hits, total)
    return f"{name:<44} {share:.3f}  [{low:.3f}, {high:.3f}]  {hits} of {total}, aim {aim}"


def pairs() -> list[dict[str, str]]:
    """Return the judged pairs."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcome(rows: Iterable[Mapping[str, str]], matches: Iterable[Match]) -> Counter[tuple[str, str]]:
    """Return how many pairs of each verdict have which state."""
    states = {frozenset(match.pair): match.state for match in matches}
    return Counter(
        (row["verdict"], states.get(frozenset((side(row, "a").iri, side(row, "b").iri)), "none")) for row in rows
    )


def main() -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.parse_args()
    rows = pairs()
    bodies = population(rows, register())
    begun = time.perf_counter(), time.process_time()
    matches = found(bodies)
    took = time.perf_counter() - begun[0], time.process_time() - begun[1]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{len(bodies):,} bodies in {took[0]:.0f} s ({took[1]:.0f} s of one core), {memory} MB")
    candidates, places = Candidates(bodies), {each.iri: place for place, each in enumerate(bodies)}
    for name in SETS:
        print(f"\nset: {name}")
        report([row for row in rows if row["set"] == name], matches, candidates, places)


def report(
    judged: list[dict[str, str]], matches: list[Match], candidates: Candidates, places: Mapping[str, int]
) -> None:
    """Print what became of some pairs."""
    states = outcome(judged, matches)
    same = [row for row in judged if row["verdict"] == "same"]
    blocked = sum(_near(candidates, places, side(row, "a"), side(row, "b")) for row in same)
    for (verdict, state), count in sorted(states.items()):
        print(f"  {verdict:<10} {state:<10} {count}")
    linked = sum(count for (_, state), count in states.items() if state == "same")
    print(told("precision of what is linked without asking", states["same", "same"], linked, 0.98))
    print(told("recall of links and candidates", states["same", "same"] + states["same", "candidate"], len(same), 0.9))
    print(told("recall of what is compared at all", blocked, len(same), 0.9))


def _near(candidates: Candidates, places: Mapping[str, int], one: Body, other: Body) -> bool:
    return any(
        places[second.iri] in [place for _, place in candidates.like(first)]
        for first, second in ((one, other), (other, one))
    )


if __name__ == "__main__":
    main()
