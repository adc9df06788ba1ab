"""What every command needs: which project, which releases, and how to show progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clustergraph.graph import Graph
    from clustergraph.pipeline.project import Project
    from clustergraph.questions.question import Question
    from clustergraph.release.releases import Releases


class Context:
    """The project and the releases that a command works on; what stands for them is imported on use."""

    def __init__(self, project: Path | None, releases: Path | None) -> None:
        """Take the folders that are given, or those that are usual."""
        self.root = project or _project_root()
        self._folder = releases or self.root / ".clustergraph"

    @cached_property
    def project(self) -> Project:
        """The project."""
        from clustergraph.imports.commit import recover_all
        from clustergraph.pipeline.project import Project

        found = Project(self.root)
        for name in recover_all(found.data / "imports"):
            click.echo(f"note: the import {name} was killed while its files were named; it is whole now", err=True)
        return found

    @cached_property
    def releases(self) -> Releases:
        """The releases."""
        from clustergraph.release.releases import Releases

        return Releases(self._folder)

    def current(self) -> Path:
        """Return the current release; raises `ReleaseError` if there is none, or none that this version reads."""
        release = self.releases.release()
        if newer := self._newer(release.created):
            some = ", ".join(newer[:3]) + (f" and {len(newer) - 3} more" if len(newer) > 3 else "")
            click.echo(f"note: newer than this release: {some}; `clustergraph build` takes them in", err=True)
        return release.path

    def _newer(self, created: str) -> list[str]:
        """Return the names of the files of data that were changed after a release was made."""
        data, since = self.root / "data", datetime.fromisoformat(created).timestamp()
        files = sorted(path for path in data.rglob("*") if {".trig", ".ttl", ".nq"} & {*path.suffixes})
        return [str(path.relative_to(self.root)) for path in files if path.stat().st_mtime > since]

    def source(self, name: str) -> Path:
        """Return an RDF file, or ``current``, ``previous`` or a release by how its digest starts; see `current`."""
        from clustergraph.errors import ReleaseError

        path = Path(name)
        if path.is_file():
            return path
        if name == "current":
            return self.current()
        if path.suffix or len(path.parts) > 1:
            advice = "name a file, or a release by the start of its digest"
            raise ReleaseError(f"there is no file {name}", advice=advice)
        return (self.releases.previous() if name == "previous" else self.releases.find(name)).path

    def graph(self) -> Graph:
        """Open the current release, with the questions that it carries; see `current`."""
        from clustergraph.graph import Graph

        return Graph.open(self.current())

    def questions(self) -> tuple[Graph | None, Mapping[str, Question]]:
        """Return the current release and the questions that it carries; where there is none, those of the files."""
        if self.releases.current():
            graph = self.graph()
            return graph, graph.questions
        from clustergraph.questions.question import load

        return None, load(self.project.queries)


pass_context = click.make_pass_decorator(Context)


def _project_root() -> Path:
    """Return the nearest project folder upwards, or that of the checkout, or this one."""
    here, checkout = Path.cwd(), Path(__file__).parents[3]
    for folder in [here, *here.parents, checkout]:
        if (folder / "clustergraph.toml").is_file() or ((folder / "ontology").is_dir() and (folder / "data").is_dir()):
            return folder
    return here


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show what is going on: a moving line on a terminal, a line for each stage elsewhere; both on stderr."""
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("starting") as status:
            yield status.update
        return
    stages: set[str] = set()

    def tell(text: str) -> None:
        stage = text.split(" ")[0].rstrip(":")
        if stage not in stages:
            stages.add(stage)
            click.echo(f"{stage} …", err=True)

    yield tell
