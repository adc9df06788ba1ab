"""Workers that share what a fork server has in memory, end with the service, and keep to their release."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from clustergraph.engine import workers
from clustergraph.engine.store import Embedded, Request
from clustergraph.engine.worker import RETIRE
from clustergraph.errors import LostError, ReleaseError
from clustergraph.graph import Graph
from clustergraph.release.artefacts import dump_of
from tests.engine import jobs
from tests.engine.jobs import pool_of
from tests.live_server import until
from tests.small_release import write_release

COUNT = Request("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "csv")
EVERYTHING = Request("SELECT * { GRAPH ?g { ?s ?p ?o } }", "json")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return write_release(tmp_path_factory.mktemp("root"), repeat=3000)


async def settled(condition):
    """Wait until something is so."""
    with anyio.move_on_after(120):
        while not await condition():
            await anyio.sleep(0.02)
        return True
    return False


async def in_memory(pool, release):
    """Wait until workers hold a release in memory."""

    async def held():
        return await pool.run(release, jobs.pid) in shared(pool)

    assert await settled(held)


def shared(pool):
    return {worker.pid for worker in pool.every if worker.server is pool._loaded}


def test_a_release_in_memory_answers_like_the_one_on_disk(release):
    disk, memory = Embedded(release), Embedded.in_memory(release)
    for query in ("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o"):
        request = Request(query, "tsv")
        assert disk.answer(request) == memory.answer(request)


def test_a_dump_that_is_not_the_release_is_not_loaded(tmp_path, caplog):
    release = write_release(tmp_path)
    dump = dump_of(release)
    assert dump is not None
    Embedded.in_memory(release, dump)
    dump.write_bytes(b"".join(dump.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(ReleaseError, match="not what its store holds"):
        Embedded.in_memory(release, dump)
    dump.write_bytes(b"<a:b> <a:c>")
    with pytest.raises(ReleaseError, match="cannot be loaded"):
        Embedded.in_memory(release, dump)

    async def ask():
        async with pool_of() as pool:
            answer = await pool.run(release, Graph.answer, COUNT)
            assert await settled(lambda: logged_somewhere(caplog))
            return answer

    assert anyio.run(ask) == Embedded(release).answer(COUNT)


async def logged_somewhere(caplog):
    return any("cannot be loaded" in getattr(record, "fields", {}).get("text", "") for record in caplog.records)


def test_workers_share_a_release_and_draw_their_own_random_numbers(release):
    draw = Request("SELECT (STRUUID() AS ?x) {}", "csv")

    async def every():
        async with pool_of(workers=3, quick_seconds=5.0, query_seconds=60.0) as pool:
            await in_memory(pool, release)
            drawn, pids = set(), set()

            async def one():
                drawn.add(await pool.run(release, Graph.answer, draw))
                pids.add(await pool.run(release, jobs.pid))

            async with anyio.create_task_group() as group:
                for _ in range(12):
                    group.start_soon(one)
            assert await pool.run(release, Graph.answer, COUNT) == Embedded(release).answer(COUNT)
            return drawn, pids

    drawn, pids = anyio.run(every)
    assert len(drawn) == 12
    assert len(pids) > 1


def test_workers_read_and_write_nothing_of_what_the_service_does(release):
    async def ask():
        async with pool_of() as pool:
            return await pool.run(release, jobs.standard_files)

    # A language model speaks with the graph over standard input and output.
    assert anyio.run(ask) == ["/dev/null", "/dev/null"]


def test_large_answers_one_after_another(release):
    async def ask():
        async with pool_of() as pool:
            return [await pool.run(release, Graph.answer, EVERYTHING) for _ in range(8)]

    expected = rows(Embedded(release).answer(EVERYTHING))
    assert all(rows(answer) == expected for answer in anyio.run(ask))


def rows(answer):
    return sorted(json.dumps(row, sort_keys=True) for row in json.loads(answer)["results"]["bindings"])


def test_a_server_that_dies_is_replaced_and_no_answer_is_lost_for_good(release):
    others = set(children(os.getpid()))

    async def ask():
        async with pool_of() as pool:
            await in_memory(pool, release)
            first = await pool.run(release, Graph.answer, COUNT)
            servers = [pool._plain, pool._loaded]
            for child in set(children(os.getpid())) - others:
                os.kill(child, signal.SIGKILL)

            async def noticed():
                return not any(server.alive for server in servers)

            assert await settled(noticed)
            return first, await pool.run(release, Graph.answer, COUNT)

    first, second = anyio.run(ask)
    assert first == second


async def with_server(given, use):
    """Do something with a server of its own."""
    server = workers._Server()
    async with anyio.create_task_group() as group:
        await group.start(server.run, pickle.dumps(given))
        await use(server)
        group.cancel_scope.cancel()


def test_a_server_that_has_ended_gives_no_workers_and_says_so():
    async def use(server):
        assert server.alive
        worker = await server.fork()
        assert await worker.stop() == -signal.SIGKILL
        assert not worker.alive
        server.order(RETIRE)

        async def ended():
            return not server.alive

        assert await settled(ended)
        with pytest.raises(LostError):
            await server.fork()

    anyio.run(with_server, (None, None, ()), use)


def test_a_server_that_retires_waits_for_its_workers(release):
    async def use(server):
        worker = await server.fork()
        server.order(RETIRE)
        await anyio.sleep(0.2)
        assert server.alive
        assert worker.alive
        await worker.stop()

        async def ended():
            return not server.alive

        assert await settled(ended)

    anyio.run(with_server, (None, None, ()), use)


def test_the_end_of_a_worker_is_told_even_if_its_signal_is_lost():
    async def use(server):
        worker = await server.fork()
        stopping = asyncio.ensure_future(worker.stop())

        async def told():
            return stopping.done()

        assert await settled(told)
        assert stopping.result() == -signal.SIGKILL

    anyio.run(with_server, (None, None, (jobs.hear_no_ends,)), use)


def test_a_server_that_cannot_start_says_why_in_the_log(tmp_path, caplog):
    async def use(server):
        assert not server.alive

    anyio.run(with_server, (jobs.pool_of, tmp_path, ()), use)  # it takes no releases
    assert any("TypeError" in getattr(record, "fields", {}).get("text", "") for record in caplog.records)


def test_a_query_finishes_on_the_release_that_it_began_on(tmp_path):
    old = write_release(tmp_path, "d1", repeat=40)
    new = write_release(tmp_path, "d2", repeat=60)
    outcomes = {}

    async def ask(pool, name, release, job, *arguments):
        outcomes[name] = await pool.run(release, job, *arguments, client=name)

    async def switch():
        # Two places for slow jobs: on a busy machine the quick one may be found slow, too.
        async with pool_of(query_seconds=600.0, quick_seconds=0.01, slow_workers=2) as pool:
            await in_memory(pool, old)
            async with anyio.create_task_group() as group:
                group.start_soon(ask, pool, "slow", old, jobs.digest_when, tmp_path / "marker")

                async def begun():
                    return len(pool.admission) == 1

                assert await settled(begun)
                await ask(pool, "quick", new, Graph.answer, COUNT)
                await in_memory(pool, new)
                (tmp_path / "marker").touch()
            outcomes["after"] = await pool.run(new, Graph.answer, COUNT)

    anyio.run(switch)
    assert outcomes["quick"] == outcomes["after"] == Embedded(new).answer(COUNT)
    assert outcomes["slow"] == "d1"


PROGRAM = """
import sys, anyio
from pathlib import Path
from tests.engine import jobs
async def main():
    async with jobs.pool_of() as pool:
        await pool.warm(Path(sys.argv[1]))
        async with anyio.create_task_group() as group:
            group.start_soon(pool.run, Path(sys.argv[1]), jobs.endless)
            while not len(pool.admission) or pool._loaded is None:
                await anyio.sleep(0.05)
            print("ready", flush=True)
anyio.run(main)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("who", ["service", "servers"])
@pytest.mark.slow
def test_nothing_remains_of_a_service_that_is_killed(release, who):
    path = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", PROGRAM, str(release)]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path})
    assert service.stdout.readline() == b"ready\n"
    below = set(descendants(service.pid))
    assert len(below) >= 4
    if who == "servers":
        service.send_signal(signal.SIGSTOP)  # so that it starts no others
        for server in children(service.pid):
            os.kill(server, signal.SIGKILL)
        workers = below - set(children(service.pid))
        assert until(lambda: not any(is_running(pid) for pid in workers)), workers
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


def test_idle_workers_do_not_come_and_go(release):
    async def look():
        async with pool_of(workers=2, quick_seconds=5.0) as pool:
            await pool.warm(release)
            await in_memory(pool, release)

            async def all_share():
                return len(shared(pool)) == len(pool._idle) == len(pool.every) == 4 and not pool._starting

            assert await settled(all_share)
            first = shared(pool)
            for _ in range(30):
                await pool.run(release, Graph.answer, COUNT)
            return first, shared(pool)

    first, second = anyio.run(look)
    assert first == second


@pytest.mark.slow
def test_a_worker_that_no_longer_shares_its_memory_is_replaced(release, monkeypatch):
    monkeypatch.setattr(workers, "_UNSHARED", 0)

    async def ask():
        async with pool_of() as pool:
            return {await pool.run(release, jobs.pid) for _ in range(6)}

    assert len(anyio.run(ask)) == 6
