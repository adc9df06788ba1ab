"""What a worker can do no more, as the operating system sees to it."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from clustergraph.engine import sandbox
from clustergraph.engine.store import Request
from clustergraph.errors import FaultError
from clustergraph.graph import Graph
from tests.engine import jobs
from tests.engine.jobs import pool_of
from tests.small_release import write_release

COUNT = Request("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "csv")
TRIES = """
import socket, sys
from pathlib import Path
from clustergraph.engine.sandbox import no_connections
if not no_connections():
    sys.exit(77)
print(Path(sys.argv[1]).read_text())
for attempt in (socket.socket, lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])))):
    try:
        attempt()
    except PermissionError:
        print("refused")
"""


def test_a_process_that_opens_no_connection_reads_files(tmp_path):
    (tmp_path / "there").write_text("content")
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", TRIES, str(tmp_path / "there"), str(server.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("this system has no filter of system calls")
    assert done.stdout.split() == ["content", "refused", "refused"], done.stderr


def test_a_worker_opens_no_file_of_a_release_in_memory_and_no_connection_in_any_case(tmp_path):
    release = write_release(tmp_path)
    (tmp_path / "there").write_text("content")

    async def tries():
        async with pool_of() as pool:
            with pytest.raises(FaultError):
                await pool.run(release, jobs.connects)
            with anyio.fail_after(120):
                while pool._loaded is None:
                    await anyio.sleep(0.02)
            assert await pool.run(release, jobs.imports) == "colorsys"
            with pytest.raises(FaultError):
                await pool.run(release, jobs.opens, tmp_path / "there")
            with pytest.raises(FaultError):
                await pool.run(release, jobs.connects)

    anyio.run(tries)


def test_what_a_system_cannot_see_to_is_told(monkeypatch):
    assert sandbox.missing() == []
    monkeypatch.setattr(sandbox, "resource", None)
    monkeypatch.setattr(sandbox, "_STATUS", Path("/nowhere"))
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert len(sandbox.missing()) == 3
    sandbox.limit_memory(1)
    with sandbox.opening_files(allowed=False):
        assert sandbox.memory_written() == 0
    assert not sandbox.no_connections()


BOUNDED = """
import sys
from clustergraph.engine.sandbox import bounded
with bounded(None, 60):
    sys.exit(len(bytearray(int(sys.argv[1]))) // 1000)
"""


@pytest.mark.parametrize(("size", "code", "said"), [(7000, 7, ""), (200_000_000, 1, "it needs more memory than 60 MB")])
def test_a_command_in_bounds_exits_as_what_is_inside_does(size, code, said):
    done = subprocess.run([sys.executable, "-c", BOUNDED, str(size)], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stderr


def write_large(root, digest, parts):
    """Write a release whose store has many files; return its directory and how many statements there are."""
    path = write_release(root, digest)
    store = Store(path / "store")
    for part in range(parts):
        graph, predicate = NamedNode(f"http://x.example/g{part}"), NamedNode("http://x.example/p")
        nodes = [(NamedNode(f"http://x.example/{part}/{n}"), Literal(f"{part} {n}")) for n in range(200)]
        store.bulk_extend(Quad(node, predicate, value, g) for node, value in nodes for g in (graph, DefaultGraph()))
        store.flush()
    quads = sum(1 for graph in store.named_graphs() for _ in store.quads_for_pattern(None, None, None, graph))
    del store
    if len(list((path / "store").glob("*.sst"))) <= 16:
        pytest.skip("the engine has put everything into fewer files")
    return path, quads


@pytest.mark.slow
def test_a_release_in_many_files_is_read_from_disk_and_so_is_the_next(tmp_path):
    releases = [write_large(tmp_path, digest, parts) for digest, parts in (("d1", 40), ("d2", 50))]

    async def ask():
        async with pool_of(memory_quads=0, query_seconds=60, columns=0) as pool:
            found = []
            for path, _ in releases:
                await pool.warm(path)
                found += [await pool.run(path, Graph.answer, COUNT) for _ in range(4)]
            return found, pool.ended

    found, ended = anyio.run(ask)
    assert found == [f"n\r\n{quads}\r\n".encode() for _, quads in releases for _ in range(4)]
    assert not ended
