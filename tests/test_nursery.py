"""Processes that are forked: they share what one has in memory, end with the service, and keep to their release."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from clustergraph.config import Settings
from clustergraph.errors import ReleaseError
from clustergraph.store import Request, process
from clustergraph.store.embedded import SMALL, Embedded
from clustergraph.store.process import Nursery, Spool, WorkerError
from clustergraph.store.work import Task
from clustergraph.store.workers import Pool
from tests.live_server import until
from tests.small_release import write_release

COUNT = Request("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "csv")
EVERYTHING = Request("SELECT * { GRAPH ?g { ?s ?p ?o } }", "json")
SLOW = Request("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?c . ?f ?g ?c . ?h ?i ?j FILTER(?a != ?h) }", "csv")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return write_release(tmp_path_factory.mktemp("root"), repeat=3000)


def run(act, *arguments):
    return anyio.run(act, *arguments)


async def reply(worker, release, request):
    await worker.send(Task(str(release), request, 60, 1 << 30))
    return await worker.reply(60)


def test_a_release_in_memory_answers_like_the_one_on_disk(release):
    disk, memory = Embedded(release), Embedded.in_memory(release)
    for query in ("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o"):
        request = Request(query, "tsv")
        assert disk.answer(request) == memory.answer(request)


def test_a_dump_that_is_not_the_release_is_not_loaded(tmp_path):
    release = write_release(tmp_path)
    dump = release / "dump.nq"
    dump.write_bytes(b"".join(dump.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(ReleaseError, match="not what its manifest says"):
        Embedded.in_memory(release)
    dump.write_bytes(b"<a:b> <a:c>")
    with pytest.raises(ReleaseError, match="cannot be read"):
        Embedded.in_memory(release)
    dump.unlink()
    assert ask_once(release) == Embedded(release).answer(COUNT)


def ask_once(release):
    async def ask():
        async with Pool(Settings()) as pool:
            await pool.warm(release)
            return await pool.answer(release, COUNT)

    return run(ask)


def test_workers_share_a_release_and_draw_their_own_random_numbers(release):
    async def draw():
        plain = await Nursery.start()
        loaded = await plain.load(release)
        workers = [await loaded.worker() for _ in range(3)]
        drawn = [(await reply(w, release, Request("SELECT (STRUUID() AS ?x) {}", "csv"))).content for w in workers]
        counts = {(await reply(w, release, COUNT)).content for w in workers}
        for worker in workers:
            await worker.stop()
        await loaded.stop()
        await plain.stop()
        return drawn, counts

    drawn, counts = run(draw)
    assert len(set(drawn)) == 3
    assert counts == {Embedded(release).answer(COUNT)}


def test_a_large_answer_comes_in_a_file_and_is_the_same(release):
    async def both():
        nursery = await Nursery.start()
        worker = await nursery.worker()
        large = await reply(worker, release, EVERYTHING)
        small = await reply(worker, release, COUNT)
        assert not worker.used_up
        await worker.stop()
        await nursery.stop()
        return large.content, small.content

    content, small = run(both)
    assert small == Embedded(release).answer(COUNT)
    assert isinstance(content, Spool)
    assert len(content) > SMALL
    assert content.read() == Embedded(release).answer(EVERYTHING)
    assert content.read(10, 20) == content.read()[10:30]


def test_a_very_large_answer_is_given_away_with_its_file(release):
    very_large = Request("SELECT * { ?a ?b ?c . ?d ?b ?c . ?d ?e ?f }", "tsv", max_bytes=100_000_000)

    async def ask():
        nursery = await Nursery.start()
        worker = await nursery.worker()
        answer = await reply(worker, release, very_large)
        assert worker.used_up
        await worker.stop()
        await nursery.stop()
        return answer.content

    content = run(ask)
    assert len(content) > 8_000_000
    assert sorted(content.read().splitlines()) == sorted(Embedded(release).answer(very_large).splitlines())


def test_the_pool_takes_large_answers_one_after_another(release):
    async def ask():
        async with Pool(Settings()) as pool:
            return [await pool.answer(release, EVERYTHING) for _ in range(8)]

    expected = rows(Embedded(release).answer(EVERYTHING))
    assert all(rows(answer) == expected for answer in run(ask))


def rows(answer):
    return sorted(json.dumps(row, sort_keys=True) for row in json.loads(answer)["results"]["bindings"])


def test_a_worker_that_is_told_to_end_says_how(release):
    async def end():
        nursery = await Nursery.start()
        worker = await nursery.worker()
        code = await worker.stop()
        alive = worker.alive
        with pytest.raises(anyio.BrokenResourceError):
            await worker.send(Task(str(release), COUNT, 60, 1 << 30))
        await nursery.stop()
        with pytest.raises(WorkerError):
            await nursery.worker()
        return code, alive

    assert run(end) == (-signal.SIGKILL, False)


def test_a_nursery_that_dies_is_replaced_and_no_answer_is_lost_for_good(release):
    async def ask():
        async with Pool(Settings()) as pool:
            await pool.warm(release)
            first = await pool.answer(release, COUNT)
            for child in children(os.getpid()):
                os.kill(child, signal.SIGKILL)
            await anyio.sleep(0.2)
            return first, await pool.answer(release, COUNT)

    first, second = run(ask)
    assert first == second


def test_a_query_finishes_on_the_release_that_it_began_on(tmp_path):
    old = write_release(tmp_path, "d1", repeat=40)
    new = write_release(tmp_path, "d2", repeat=60)
    outcomes = {}

    async def ask(pool, name, release, request):
        outcomes[name] = await pool.answer(release, request)

    async def switch():
        async with Pool(Settings(query_seconds=60.0, quick_seconds=0.01)) as pool:
            await pool.warm(old)
            async with anyio.create_task_group() as group:
                group.start_soon(ask, pool, "slow", old, SLOW)
                await anyio.sleep(0.2)
                group.start_soon(ask, pool, "quick", new, COUNT)
            await anyio.sleep(0.3)
            outcomes["after"] = await pool.answer(new, COUNT)

    run(switch)
    assert outcomes["quick"] == outcomes["after"] == Embedded(new).answer(COUNT)
    assert outcomes["slow"] == Embedded(old).answer(SLOW)


PROGRAM = """
import sys, anyio
from pathlib import Path
from clustergraph.config import Settings
from clustergraph.store.workers import Pool
async def main():
    async with Pool(Settings()) as pool:
        await pool.warm(Path(sys.argv[1]))
        await anyio.sleep(0.5)
        print("ready", flush=True)
        await anyio.sleep(60)
anyio.run(main)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_nothing_remains_of_a_service_that_is_killed(release):
    service = subprocess.Popen([sys.executable, "-c", PROGRAM, str(release)], stdout=subprocess.PIPE)
    assert service.stdout.readline() == b"ready\n"
    below = set(descendants(service.pid))
    assert len(below) >= 4
    service.kill()
    service.wait()
    service.stdout.close()
    assert until(lambda: not any(is_running(pid) for pid in below)), below


def descendants(pid):
    for child in children(pid):
        yield child
        yield from descendants(child)


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, task.read_text().split())
    return found


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_can_open_no_file_and_no_connection(release):
    async def limits():
        nursery = await Nursery.start()
        loaded = await nursery.load(release)
        found = []
        for one in (nursery, loaded):
            worker = await one.worker()
            await reply(worker, release, COUNT)
            found.append(Path(f"/proc/{worker.child}/limits").read_text())
            await worker.stop()
        await loaded.stop()
        await nursery.stop()
        return found

    for text in run(limits):
        line = next(line for line in text.splitlines() if line.startswith("Max open files"))
        assert line.split()[3] == "0"


def test_idle_workers_do_not_come_and_go(release):
    async def look():
        async with Pool(Settings()) as pool:
            await pool.warm(release)
            until_loaded = time.monotonic() + 5
            while time.monotonic() < until_loaded and len(children(os.getpid())) < 1:
                await anyio.sleep(0.05)
            await anyio.sleep(1)
            first = set(descendants(os.getpid()))
            await anyio.sleep(0.5)
            return first, set(descendants(os.getpid()))

    first, second = run(look)
    assert first == second


def test_a_worker_that_no_longer_shares_its_memory_is_replaced(release, monkeypatch):
    monkeypatch.setattr(process, "_UNSHARED", 0)

    async def ask():
        async with Pool(Settings()) as pool:
            await pool.warm(release)
            seen, answers = set(), set()
            for _ in range(6):
                answers.add(await pool.answer(release, COUNT))
                await anyio.sleep(0.1)
                seen |= set(descendants(os.getpid()))
            return seen, answers

    seen, answers = run(ask)
    assert answers == {Embedded(release).answer(COUNT)}
    assert len(seen) > 2 + 4
