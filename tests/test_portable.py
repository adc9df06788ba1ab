"""Where a system has no fcntl, no resource, no fork and few signals, as Windows, it builds and serves even so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.small_project import make

ELSEWHERE = """
# What only POSIX has is taken away from our own code; the standard library here is one for POSIX, and keeps some of it.
import builtins, os, signal, socket, sys, types

MISSING = {"fcntl", "resource", "pwd", "grp", "termios", "syslog", "posix"}
SIGNALS = set("SIGHUP SIGKILL SIGALRM SIGXCPU SIGUSR1 SIGUSR2 ITIMER_REAL setitimer alarm pthread_sigmask".split())
usual, few = builtins.__import__, types.ModuleType("signal")
vars(few).update({name: value for name, value in vars(signal).items() if name not in SIGNALS})

def of_elsewhere(name, globals=None, *rest, **more):
    if ((globals or {}).get("__name__") or "").partition(".")[0] == "clustergraph":
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name == "signal":
            return few
    return usual(name, globals, *rest, **more)

builtins.__import__ = of_elsewhere
for module, names in (
    (os, "fork forkpty mkfifo killpg setsid getpgid getuid geteuid nice"),
    (socket, "send_fds recv_fds"),
):
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
"""
IMPORTS = """
import pkgutil, importlib, clustergraph
for found in pkgutil.walk_packages(clustergraph.__path__, "clustergraph."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
        print(found.name)
"""
SERVICE = """
from pathlib import Path
from starlette.testclient import TestClient
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
with TestClient(create_app(Path(sys.argv[1]), Settings())) as client:
    for query in ("SELECT (COUNT(?c) AS ?n) { ?c a cg:Cluster }", "ASK {}"):
        print(client.get("/sparql", params={"query": query, "format": "csv"}).text.split()[-1])
    print(client.get("/questions/clusters.json").json()["rows"][0]["cluster"]["label"])
"""
COMMAND = "from clustergraph.cli import main; main()"


def run(program: str, *words: str) -> str:
    done = subprocess.run([sys.executable, "-c", ELSEWHERE + program, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_can_be_imported() -> None:
    modules = run(IMPORTS).split()
    files = {path.relative_to(ROOT / "src").with_suffix("") for path in (ROOT / "src").rglob("*.py")}
    expected = {".".join(path.parts) for path in files if path.name not in ("__init__", "__main__")}
    assert expected <= set(modules)


@pytest.mark.slow
def test_a_graph_is_built_asked_served_validated_and_gone_back_to(tmp_path: Path) -> None:
    root = make(tmp_path)
    command = ["--project", str(root), "--releases", str(tmp_path / "releases")]
    run(COMMAND, *command, "build")
    assert "AFIL" in run(COMMAND, *command, "ask", "clusters")
    assert run(SERVICE, str(tmp_path / "releases")).split() == ["2", "true", "AFIL"]
    (root / "data/more.trig").write_text('<urn:g> { <urn:s> <urn:p> "one more" }')
    run(COMMAND, *command, "validate")
    run(COMMAND, *command, "build")
    count = "SELECT (COUNT(*) AS ?n) { GRAPH <urn:g> { ?s ?p ?o } }"
    assert run(COMMAND, *command, "query", count, "--format", "csv").splitlines() == ["n", "1"]
    run(COMMAND, *command, "rollback")
    assert run(COMMAND, *command, "query", count, "--format", "csv").splitlines() == ["n", "0"]
