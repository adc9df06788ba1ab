"""The command line as its users meet it, without the start of Python each time.

A command has a process of its own, with its own folder, environment and streams: a fork of one that has imported what
commands import, and has done nothing else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from clustergraph.cli.main import COMMANDS, main
from tests.live_server import PATIENCE

for _name in (
    "graph",
    "imports.draft",
    "imports.run",
    "pipeline.publish",
    "shacl.validate",
    *(f"cli.{module}" for module, _ in COMMANDS.values()),
):
    import_module(f"clustergraph.{_name}")

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])
_STREAMS = ("stdin", "stdout", "stderr")


def run(
    folder: Path, *words: str, stdin: str = "", environment: Mapping[str, str] = os.environ
) -> CompletedProcess[str]:
    """Run a command in a folder; it may fail, but not with a traceback."""
    with TemporaryDirectory() as streams:
        paths = [Path(streams, name) for name in _STREAMS]
        paths[0].write_text(stdin, "utf-8")
        process = _FORKS.Process(target=_run, args=(words, folder, dict(environment), paths))
        process.start()
        process.join(10 * PATIENCE)
        process.kill()
        process.join()
        done = CompletedProcess(words, process.exitcode or 0, *(path.read_text("utf-8") for path in paths[1:]))
        process.close()
    assert "Traceback" not in done.stderr, done.stderr
    return done


def _run(words: tuple[str, ...], folder: Path, environment: dict[str, str], streams: list[Path]) -> None:
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - the one of before has been closed
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["clustergraph", *words]
    main()
