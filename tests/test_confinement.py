"""What a worker can do no more, as the operating system sees to it."""

from __future__ import annotations

import socket
import subprocess
import sys

import anyio
import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from clustergraph.config import Settings
from clustergraph.store import Request
from clustergraph.store.embedded import OPENED
from clustergraph.store.workers import Pool
from tests.small_release import write_release

COUNT = Request("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "csv")
TRIES = """
import os, socket, sys
from pathlib import Path
from clustergraph.store.seccomp import reading_only
if not reading_only():
    sys.exit(77)
folder = Path(sys.argv[1])
print((folder / "there").read_text())
for attempt in (
    socket.socket,
    lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2]))),
    lambda: (folder / "new").open("w"),
    lambda: (folder / "there").open("a"),
    lambda: (folder / "there").unlink(),
    lambda: (folder / "there").rename(folder / "other"),
    lambda: os.truncate(folder / "there", 0),
    lambda: (folder / "folder").mkdir(),
    lambda: (folder / "link").symlink_to(folder / "there"),
    lambda: os.execv("/bin/true", ["true"]),
):
    try:
        attempt()
    except PermissionError:
        print("refused")
    else:
        print("done")
"""


def test_a_process_that_only_reads(tmp_path):
    (tmp_path / "there").write_text("content")
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", TRIES, str(tmp_path), str(server.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("this system has no filter of system calls")
    assert done.stdout.split() == ["content", *["refused"] * 10], done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there").read_text() == "content"


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
    if len(list((path / "store").glob("*.sst"))) <= OPENED:
        pytest.skip("the engine has put everything into fewer files")
    return path, quads


def test_a_release_in_many_files_is_read_from_disk_and_so_is_the_next(tmp_path):
    releases = [write_large(tmp_path, digest, parts) for digest, parts in (("d1", 40), ("d2", 50))]

    async def ask():
        async with Pool(Settings(memory_quads=0, query_seconds=60)) as pool:
            found = []
            for path, _ in releases:
                await pool.warm(path)
                found += [await pool.answer(path, COUNT) for _ in range(4)]
            return found, pool.ended

    found, ended = anyio.run(ask)
    assert found == [f"n\r\n{quads}\r\n".encode() for _, quads in releases for _ in range(4)]
    assert not ended
