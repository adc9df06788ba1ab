"""How fast validation is, and whether every engine finds the same: one command, one table.

    python bench/validation.py                                 100,000 triples, this engine and pySHACL
    python bench/validation.py --triples 1000000 --engines sparql
    python bench/validation.py --rudof-python .rudof/bin/python   pyrudof too, from an environment of its own

Every engine runs in a process of its own that reads the files, validates and reports; times and memory are of all that.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import validation_data
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from clustergraph.shacl.data import Data
from clustergraph.shacl.evaluation import Engine
from clustergraph.shacl.scope import affected
from clustergraph.shacl.shapes import Shapes

HERE = Path(__file__).parent
E = "http://bench.example/"
CHANGES = 10
"""How often one node is changed; the middle time counts."""
Finding = tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """What one engine did."""

    engine: str
    seconds: float
    megabytes: float
    found: frozenset[Finding]

    def row(self, first: Run) -> str:
        """Return a line of the table, compared with the first engine."""
        same = "the same" if self.found == first.found else f"{len(self.found ^ first.found)} differ"
        line = f"{self.engine:10}{self.seconds:10.2f} s{self.megabytes:10.0f} MB{len(self.found):10,}   {same}"
        if self is first:
            return line
        times, memory = self.seconds / first.seconds, self.megabytes / first.megabytes
        return f"{line}; {times:.1f} times the time, {memory:.1f} times the memory"


def main() -> None:
    """Run the engines and print what they took and found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, default=100_000)
    parser.add_argument("--engines", default="sparql,pyshacl,pyrudof")
    parser.add_argument("--rudof-python", default=sys.executable, help="a Python that has pyrudof")
    parser.add_argument("--folder", type=Path, help="where to keep the data between runs")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        data, shapes = validation_data.write(folder, asked.triples)
        print(f"{_count(data):,} triples, {_count(shapes):,} triples of shapes, {_kinds(shapes)} kinds of constraint")
        print("engine       time         memory      findings  compared")
        runs: list[Run] = []
        for engine in asked.engines.split(","):
            python = asked.rudof_python if engine == "pyrudof" else sys.executable
            run = measure(engine, python, data, shapes)
            if run:
                runs.append(run)
                print(run.row(runs[0]), flush=True)
        for run in runs[1:]:
            differences(runs[0], run)
        for name in ("home", "knows", "age", "status", "email", "worksFor"):
            one_change(data, shapes, name)


def measure(engine: str, python: str, data: Path, shapes: Path) -> Run | None:
    """Run an engine in a process of its own; None if there is no such engine here."""
    command = [python, str(HERE / "validation_run.py"), engine, str(data), str(shapes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}"
        print(f"{engine:10}does not run: {reason}")
        return None
    said = json.loads(done.stdout)
    found = frozenset(tuple(map(_plain, finding)) for finding in said["found"])
    return Run(engine, said["seconds"], said["megabytes"], found)


def _plain(term: str) -> str:
    """Return a term as every engine writes it: an IRI without brackets, a literal without its datatype."""
    literal = re.match(r'"(.*)"(?:@[\w-]+|\^\^\S+)?$', term, re.DOTALL)
    plain = literal[1] if literal else term.strip("<>")
    return "" if plain == "None" else plain


def differences(first: Run, second: Run) -> None:
    """Print what only one of two engines finds, by kind of constraint, with an example."""
    for here, there in ((first, second), (second, first)):
        only = here.found - there.found
        for kind, number in Counter(finding[2].rpartition("#")[2] for finding in only).most_common():
            example = min(finding for finding in only if finding[2].endswith(kind))
            print(
                f"only {here.engine}: {number} of {kind}, such as {' '.join(part.replace(E, 'e:') for part in example)}"
            )


def one_change(data: Path, shapes: Path, name: str) -> None:
    """Change a property of one node in a loaded store, validate what that affects, and print how long it takes."""
    store = Store()
    store.bulk_load(path=str(data), format=RdfFormat.TURTLE)
    read = Shapes(parse(shapes.read_bytes(), format=RdfFormat.TURTLE))
    engine = Engine(Data(store), read)
    person, predicate = NamedNode(f"{E}p7"), NamedNode(E + name)
    (old, *_) = store.quads_for_pattern(person, predicate, None)
    took = []
    for number in range(CHANGES):
        new = Quad(person, predicate, Literal(number))
        store.remove(old)
        store.add(new)
        start = time.perf_counter()
        focus = affected(store, read, [new], [old])
        found = list(engine.run(focus))
        took.append(time.perf_counter() - start)
        old = new
    took.sort()
    nodes = "all nodes" if focus is None else f"{len(focus)} nodes"
    print(
        f"one node changed ({name}): {1000 * took[len(took) // 2]:.1f} ms, at most {1000 * took[-1]:.1f} ms; "
        f"affects {nodes}, {len(found)} findings"
    )


def _count(path: Path) -> int:
    return sum(1 for _ in parse(path=str(path), format=RdfFormat.TURTLE))


def _kinds(shapes: Path) -> int:
    read = Shapes(parse(shapes.read_bytes(), format=RdfFormat.TURTLE))
    kinds: set[str] = set()
    todo, seen = list(read.targeted), set()
    while todo:
        shape = todo.pop()
        if shape.node in seen:
            continue
        seen.add(shape.node)
        for constraint in shape.constraints:
            kinds.add(constraint.kind)
            todo.extend(read.shape(node) for node in constraint.shapes)
    return len(kinds)


if __name__ == "__main__":
    main()
