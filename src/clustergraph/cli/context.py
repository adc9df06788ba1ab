"""What every command needs: which project, which releases, and how to show progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import click
from rich.console import Console

from clustergraph.build.release import Releases
from clustergraph.build.sources import Project
from clustergraph.errors import ReleaseError
from clustergraph.graph import Graph


@dataclass(frozen=True)
class Context:
    """The project and the releases that a command works on."""

    project: Project
    releases: Releases

    @classmethod
    def of(cls, project: Path | None, releases: Path | None) -> Self:
        """Return the context for the folders that are given, or those that are usual."""
        root = project_root(project)
        return cls(Project(root), Releases(releases or root / ".clustergraph"))

    def graph(self) -> Graph:
        """Open the current release.

        Raises:
            ReleaseError: there is none.
        """
        current = self.releases.current()
        if current is None:
            raise ReleaseError(f"there is no release in {self.releases.root}", advice="run `clustergraph build` first")
        return Graph.open(current, self.project.queries)


pass_context = click.make_pass_decorator(Context)


def project_root(given: Path | None) -> Path:
    """Return the project folder: the given one, or the nearest one upwards, or that of the checkout."""
    if given:
        return given
    here = Path.cwd()
    checkout = Path(__file__).parents[3]
    for folder in [here, *here.parents, checkout]:
        if (folder / "ontology").is_dir() and (folder / "data").is_dir():
            return folder
    return here


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show what is going on: a moving line on a terminal, a line for each stage elsewhere; both on stderr."""
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status("starting") as status:
            yield lambda text: status.update(text)
        return
    stages: set[str] = set()

    def tell(text: str) -> None:
        stage = text.split(" ")[0].rstrip(":")
        if stage not in stages:
            stages.add(stage)
            click.echo(f"{stage} …", err=True)

    yield tell
