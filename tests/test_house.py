"""The house itself: names with one meaning, modules of one subject, imports that are declared, a map that is true."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

import clustergraph
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "clustergraph"
PACKAGES = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.stem not in ("__init__", "__main__"))


MOST_LINES = 450
"""A module that is longer has two subjects."""
DOORS = ("clustergraph.web.", "clustergraph.cli.")
"""A module of a door may be named as the subject that it opens on: web.search asks questions.search."""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def named(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)


def test_a_class_name_means_one_thing() -> None:
    homes = defaultdict(list)
    for path in MODULES:
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(named(path))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_a_module_name_means_one_thing() -> None:
    homes = defaultdict(list)
    for path in MODULES:
        homes[path.stem].append(named(path))
    twice = {name: found for name, found in homes.items() if len(found) > 1 or name in PACKAGES}
    below = {name: [each for each in found if not each.startswith(DOORS)] for name, found in twice.items()}
    assert {name: found for name, found in below.items() if len(found) + (name in PACKAGES) > 1} == {}


def test_the_program_knows_no_document() -> None:
    texts = {path: path.read_text("utf-8").casefold() for path in SOURCE.rglob("*") if path.suffix not in (".pyc", "")}
    assert [str(path) for path, text in texts.items() if re.search("4m4iof|wiintech|4 motors", text)] == []


def test_a_module_has_one_subject() -> None:
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_tests_mirror_the_modules() -> None:
    """``tests/<package>/test_<module>[_<aspect>].py``; what is of all lies in ``tests/`` or ``tests/browser/``."""
    astray = []
    for path in set((ROOT / "tests").glob("*/test_*.py")) - set((ROOT / "tests" / "browser").iterdir()):
        modules = [each.stem for each in (SOURCE / path.parent.name).glob("*") if each.stem != "__init__"]
        tested = path.stem.removeprefix("test_") + "_"
        if not any(tested.startswith(f"{module}_") for module in modules):
            astray.append(str(path.relative_to(ROOT)))
    assert astray == []


def test_what_is_imported_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    known = {re.split(r"[^\w.-]", each)[0].lower().replace("_", "-") for each in declared}
    homes = packages_distributions()
    imported = set()
    for path in MODULES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition(".")[0])
    others = imported - sys.stdlib_module_names - {"clustergraph"}
    assert {
        name for name in others if not {each.lower().replace("_", "-") for each in homes.get(name, [])} & known
    } == set()


def test_no_dependency_hides_in_a_string() -> None:
    hidden = [
        (named(path), node.value)
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (found := re.search(r"^\s*(?:from|import)\s+(clustergraph[\w.]*)", node.value))
        and not named(path).startswith(found[1].rpartition(".")[0] + ".")
    ]
    assert hidden == []


def possessive(pattern: Any) -> bool:
    """Return whether a parsed pattern holds what `re` of Python 3.11.2 gets wrong."""
    if isinstance(pattern, re._constants._NamedIntConstant):  # type: ignore[attr-defined]  # there is no public tree
        return str(pattern) in ("POSSESSIVE_REPEAT", "ATOMIC_GROUP")
    if isinstance(pattern, tuple | list | re._parser.SubPattern):  # type: ignore[attr-defined]
        return any(possessive(pattern[place]) for place in range(len(pattern)))
    return False


@pytest.mark.filterwarnings("ignore")
def test_patterns_mean_the_same_in_every_python() -> None:
    found = []
    for each in pkgutil.walk_packages(clustergraph.__path__, "clustergraph."):
        if not each.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(each.name)).items():
                values = value.values() if isinstance(value, dict) else [value]
                patterns = [value for value in values if isinstance(value, re.Pattern)]
                if any(possessive(re._parser.parse(one.pattern, one.flags)) for one in patterns):  # type: ignore[attr-defined]
                    found.append(f"{each.name}.{name}")
    assert found == []


def page() -> str:
    return (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def code_spans() -> set[str]:
    return {span for line in page().splitlines() for span in re.findall(r"`([^`\n]+)`", line)}


def resolved(name: str) -> bool:
    """Return whether a dotted name, below the package, is that of a module or of something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(["clustergraph", *parts[:length]]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_every_name_on_the_map_is_there() -> None:
    first = {*PACKAGES, *(path.stem for path in SOURCE.glob("*.py"))}
    dotted = {span.removesuffix("()") for span in code_spans() if re.fullmatch(r"[a-z_]+(\.\w+)+(\(\))?", span)}
    inside = {name for name in dotted if name.partition(".")[0] in first and not name.endswith((".md", ".py", ".toml"))}
    assert len(inside) > 30
    assert {name for name in inside if not resolved(name)} == set()


def test_every_file_and_folder_on_the_map_is_there() -> None:
    top = {path.name for path in ROOT.iterdir()}
    paths = {span for span in code_spans() if "/" in span and span.partition("/")[0] in top and "<" not in span}
    assert paths
    assert {path for path in paths if not list(ROOT.glob(path.removesuffix("/")))} == set()


def test_every_package_is_on_the_map_with_a_sentence() -> None:
    rows = dict(re.findall(r"^\| `([\w]+)/?` \| (.+?) \|", page(), re.MULTILINE))
    roots = {path.stem for path in SOURCE.glob("*.py")} - {"__init__", "__main__"}
    assert set(rows) == {*PACKAGES, *roots}
    assert {name for name, about in rows.items() if len(about.split()) < 4} == set()


def test_the_drawing_is_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    drawn = re.search(r"```text\n(.*?)```", page(), re.DOTALL)
    assert drawn
    floors = [line.split("  ")[0].strip() for line in drawn[1].splitlines() if not re.fullmatch(r"[\s│▼|v]*", line)]
    assert floors == contract
