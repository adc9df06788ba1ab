"""How little a command imports before its own work: start-up is measured in modules, which no machine makes fewer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from clustergraph.cli.main import COMMANDS, cli
from tests.small_project import make

HEAVY = {"fastapi", "jinja2", "mcp", "openpyxl", "pydantic", "pyshacl", "rdflib", "starlette", "uvicorn"}
"""What takes a tenth of a second and more to import, or drags such things in."""
MOST_OF_HELP = 200
"""`--help` imports 130 modules, most of them click's and the standard library's."""

PROGRAM = """
import sys
from clustergraph.cli.main import run
code = run()
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


def imported(*words: str) -> set[str]:
    """Run a command and return the names of all modules that it has imported."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


def test_help_imports_nothing_that_is_slow() -> None:
    modules = imported("--help")
    assert not modules & {*HEAVY, "pyoxigraph", "rich", "yaml"}
    assert len(modules) < MOST_OF_HELP or "coverage" in modules


@pytest.mark.parametrize("command", {module: command for command, (module, _) in COMMANDS.items()}.values())
def test_a_command_imports_nothing_that_is_slow_before_its_own_work(command: str) -> None:
    assert not imported(command, "--help") & HEAVY


@pytest.mark.slow
def test_what_answers_imports_nothing_that_is_slow_either(tmp_path: Path) -> None:
    folders = ["--project", str(make(tmp_path)), "--releases", str(tmp_path / "releases")]
    assert not imported(*folders, "releases") & {*HEAVY, "rich"}
    imported(*folders, "build")
    for words in (["query", "ASK {}"], ["ask", "clusters"], ["questions"], ["export", "dump", "--out", "-"]):
        assert not imported(*folders, *words) & HEAVY, words


def test_the_list_names_every_command_with_what_it_does() -> None:
    context = click.Context(cli)
    for name, (_, about) in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert f"  {name}" in cli.get_help(context)
        assert about in cli.get_help(context)
    assert cli.get_command(context, "no-such-command") is None
