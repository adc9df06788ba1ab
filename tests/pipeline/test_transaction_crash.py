"""Kills at random moments: nothing that was acknowledged is lost, and nothing half done is seen."""

from __future__ import annotations

import hashlib
import http.client
import os
import pickle
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Quad, Store

from clustergraph.pipeline import publish
from clustergraph.pipeline.project import Project
from clustergraph.pipeline.transaction import UPDATE, Write
from clustergraph.rdf.lines import canonical
from clustergraph.release.artefacts import lines_of
from clustergraph.release.releases import Releases
from clustergraph.release.write import named
from clustergraph.settings import Settings
from clustergraph.terms import PREFIXES
from tests.served import Served
from tests.small_project import make

PROGRAM = """
import pickle, sys
from clustergraph.pipeline.transaction import change
print(change(*pickle.load(sys.stdin.buffer)).kind, flush=True)
"""
KILLS_OF_WRITERS = 50
KILLS_OF_SERVICES = int(os.environ.get("CLUSTERGRAPH_TEST_KILLS", "3"))
"""How many times a whole service is killed; more take longer."""


def insert(number: int) -> str:
    about = f'organisation:n{number} a cg:Cluster ; skos:prefLabel "Number {number}"@en'
    return f"INSERT DATA {{ GRAPH m:summary {{ {about} }} }}"


def numbers(releases: Releases) -> set[int]:
    """Return the numbers in the current release, after looking whether it is whole."""
    current = releases.current()
    assert current is not None
    lines = list(lines_of(current))
    assert hashlib.sha256(b"".join(lines)).hexdigest().startswith(current.name)
    store = Store.read_only(str(current / "store"))
    assert list(canonical(named(store))) == lines
    stated = {quad for quad in store if quad.graph_name != DefaultGraph()}
    merged = {quad for quad in store if quad.graph_name == DefaultGraph()}
    assert merged == {Quad(quad.subject, quad.predicate, quad.object) for quad in stated}
    found: dict[int, int] = {}
    for quad in stated:
        name = quad.subject.value.removeprefix(PREFIXES["organisation"] + "n")
        if name.isdigit():
            found[int(name)] = found.get(int(name), 0) + 1
    # Each has its class, its label, and the class that follows.
    assert set(found.values()) <= {3}, "a change is half done"
    return set(found)


@pytest.mark.slow
def test_a_writer_can_be_killed_at_any_moment(tmp_path: Path) -> None:
    chance = random.Random(7)
    project, releases = Project(make(tmp_path / "project")), Releases(tmp_path / "releases")
    publish.publish(project, releases)
    settings = Settings(write_seconds=60, kept_writes=2)

    def start(number: int) -> subprocess.Popen[bytes]:
        given = (Write(UPDATE, insert(number).encode()), project.root, releases.root, settings)
        command = [sys.executable, "-c", PROGRAM]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdin is not None
        process.stdin.write(pickle.dumps(given))
        process.stdin.close()
        return process

    def answer(process: subprocess.Popen[bytes]) -> bool:
        assert process.stdout is not None
        sent = process.stdout.read()
        process.stdout.close()
        process.wait()
        return sent == b"written\n"

    begun = time.monotonic()
    acknowledged = {0} if answer(start(0)) else set()
    usual = time.monotonic() - begun
    assert acknowledged
    unfinished = 0
    for number in range(1, KILLS_OF_WRITERS + 1):
        process = start(number)
        # Most of the time goes into starting; what matters comes late. How long that takes changes with the load of the
        # machine, and is followed.
        time.sleep(usual * chance.uniform(0.3, 1.3))
        process.kill()
        if answer(process):
            acknowledged.add(number)
            usual *= 0.9
        else:
            unfinished += 1
            usual *= 1.1
        found = numbers(releases)
        assert acknowledged <= found
        # What was not acknowledged may be there, but then it is from now on.
        acknowledged = found
    assert unfinished > KILLS_OF_WRITERS / 10
    assert answer(start(KILLS_OF_WRITERS + 1))
    assert not list((releases.root / "releases").glob(".draft-*"))


class Client(threading.Thread):
    """Sends one change after the other, until one is not acknowledged."""

    def __init__(self, served: Served, number: int) -> None:
        super().__init__()
        self.served = served
        self.number = number
        self.acknowledged: set[int] = set()

    def run(self) -> None:
        while True:
            self.number += 1
            try:
                self.served.update(insert(self.number))
            except (OSError, http.client.HTTPException):
                return
            self.acknowledged.add(self.number)


@pytest.mark.slow
def test_a_service_can_be_killed_at_any_moment(tmp_path: Path) -> None:
    chance = random.Random(11)
    acknowledged: set[int] = set()
    last = 0
    with Served.start(tmp_path) as served:
        for _ in range(KILLS_OF_SERVICES):
            client = Client(served, last)
            client.start()
            time.sleep(chance.uniform(0.1, 3.0))
            served.kill()
            client.join()
            acknowledged |= client.acknowledged
            last = client.number
            found = numbers(served.releases)
            assert acknowledged <= found
            assert found - acknowledged <= {last}
            acknowledged = found
            served.serve()
            query = 'SELECT ?l { ?s skos:prefLabel ?l FILTER(STRSTARTS(?l, "Number ")) }'
            assert len(served.ask(query)["results"]["bindings"]) == len(acknowledged)
        assert served.update(insert(last + 1))["outcome"] == "written"
