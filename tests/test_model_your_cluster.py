"""The page by which a stranger models a cluster: its steps are run as they stand, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "model-your-cluster.md"
BLOCK = re.compile(r"(?:`([\w/.]+\.(?:trig|ttl))`:\n\n)?```(\w+)\n(.*?)```", re.DOTALL)


def run(commands: str, folder: Path) -> str:
    """Run shell commands as a reader would; fail with their output if one fails."""
    program = folder.parent / "bin" / "clustergraph"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m clustergraph "$@"\n')
    program.chmod(0o755)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
    environment["PATH"] = f"{program.parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", commands], cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_its_steps_lead_to_a_graph_that_answers(tmp_path: Path) -> None:
    folder = tmp_path / "register"
    folder.mkdir()
    output, ran, expected = "", 0, 0
    for name, kind, text in BLOCK.findall(PAGE.read_text("utf-8")):
        if kind == "sh":
            output, ran = run(text, folder), ran + 1
        elif kind in ("trig", "turtle"):
            assert name, "a file has its name before it"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        else:
            assert [line for line in text.splitlines() if line not in output] == [], output
            expected += 1
    assert (ran, expected) == (8, 6)
    files = sorted(path.name for path in (folder / "data").iterdir())
    assert files == ["annual-report", "board.trig", "facts.trig", "more.trig", "things.trig"]
