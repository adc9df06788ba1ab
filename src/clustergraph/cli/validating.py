"""The command that validates."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from clustergraph.build.sources import Project
from clustergraph.cli.bounds import bounded
from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.errors import ClustergraphError, SourceError
from clustergraph.shacl import reports
from clustergraph.shacl.findings import Finding, Severity, exit_code
from clustergraph.shacl.reports.text import wants_colour
from clustergraph.shacl.triples import InvalidShapesError
from clustergraph.shacl.words import Words

Progress = Callable[[str], None]


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--shapes", multiple=True, type=click.Path(path_type=Path), help="Files or folders of shapes.")
@click.option("--format", "format_", type=click.Choice(reports.FORMATS), default="text", show_default=True)
@click.option(
    "--severity",
    type=click.Choice([level.value for level in Severity]),
    help="Show findings from this severity on, and fail because of them.  [default: show all, fail for violations]",
)
@click.option(
    "--changed",
    is_flag=False,
    flag_value="HEAD",
    metavar="[REV]",
    help="Check only what has changed since a revision of git, and what that can affect.  [default: HEAD]",
)
@click.option("--engine", type=click.Choice(["sparql", "pyshacl"]), default="sparql", show_default=True)
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Give up after so long.  [default: never]")
@click.option("--memory", type=click.IntRange(min=1), metavar="MB", help="Give up when it needs more.  [default: any]")
@click.option("--explain", metavar="SHAPE", help="Say in words what a shape demands, and check nothing.")
@pass_context
def validate(
    context: Context,
    paths: tuple[Path, ...],
    shapes: tuple[Path, ...],
    format_: str,
    severity: str | None,
    changed: str | None,
    engine: str,
    seconds: float | None,
    memory: int | None,
    explain: str | None,
) -> None:
    """Check RDF files and folders against shapes, or the graph of the project if no PATHS are given.

    \b
    clustergraph validate                             the whole project, with inference and check queries
    clustergraph validate data --shapes my-shapes     any data against any shapes
    clustergraph validate all.ttl                     shapes and data in one file
    clustergraph validate --changed                   only what the last commit did not have
    clustergraph validate --explain Participation     what a shape demands, in words
    clustergraph validate data --shapes s --format sarif > findings.sarif

    Exits with 0 if nothing is wrong, 1 if there are findings that count, 2 if it could not run.
    """
    with bounded(seconds, memory):
        asked = _Asked(context, paths, shapes, engine, changed)
        if explain is not None:
            words = asked.words()
            click.echo(words.explain(words.find(explain)), nl=False)
            return
        try:
            with progress() as tell:
                findings, words = asked.found(tell)
        except (SourceError, InvalidShapesError) as error:
            if format_ == "github" and error.where:
                _annotate(error)
            raise
        blocking = Severity(severity) if severity else Severity.VIOLATION
        if severity:
            findings = [finding for finding in findings if finding.severity.reaches(blocking)]
        show(findings, format_, blocking=blocking, fix=words.fix)
        sys.exit(exit_code(findings, blocking))


def show(
    findings: Sequence[Finding],
    format_: str,
    *,
    blocking: Severity = Severity.VIOLATION,
    fix: Callable[[Finding], str] = lambda _: "",
) -> None:
    """Print findings; as text they have colour on a terminal only."""
    colour = format_ == "text" and wants_colour(sys.stdout)
    click.echo(reports.write(findings, format_, colour=colour, blocking=blocking, fix=fix), nl=False, color=colour)


@dataclass(frozen=True)
class _Asked:
    """What is to be validated, and how."""

    context: Context
    paths: Sequence[Path]
    shapes: Sequence[Path]
    engine: str
    revision: str | None

    def found(self, tell: Progress) -> tuple[list[Finding], Words]:
        """Return what is wrong, and the words for the shapes."""
        return self._in_files(tell) if self.paths else self._in_project(tell)

    def _in_files(self, tell: Progress) -> tuple[list[Finding], Words]:
        from clustergraph.build.examination import Material  # slow to import
        from clustergraph.build.revisions import Revision

        project = self.context.project
        here = self._inside and project.shapes.is_dir() and project.ontology.is_dir()
        material = Material.read(
            self.paths, self.shapes, [project.shapes] if here else [], [project.ontology] if here else []
        )
        difference = None
        if self.revision:
            revision = Revision.find(self.revision, _folder(self.paths[0]))
            with _or_all():
                _same(revision.changed([*material.shape_files, *material.background]))
                difference = revision.difference(self.paths, material.files)
        return material.findings(tell, engine=self.engine, difference=difference), material.words

    def _in_project(self, tell: Progress) -> tuple[list[Finding], Words]:
        from clustergraph.build import pipeline  # slow to import
        from clustergraph.build.revisions import Revision

        project, before = self.context.project, None
        if not (self._inside or click.get_current_context().find_root().params["project"]):
            if self.revision and Path(self.revision).exists():
                raise SourceError(
                    f"--changed takes {self.revision!r} for a revision, and no files are named",
                    advice=f"write them before it: clustergraph validate {self.revision} … --changed",
                )
            raise SourceError(
                f"{Path.cwd()} is not in a clustergraph project",
                advice="name the files to check and, with --shapes, what they are checked by",
            )
        if self.revision:
            revision = Revision.find(self.revision, project.root)
            with _or_all():
                _same(revision.changed(self.shapes or [project.shapes]))
                with revision.files(project.root) as folder:
                    tell("reading the revision")
                    before, _ = pipeline.assemble(Project(folder))
        drafted = pipeline.draft(project, tell, list(self.shapes), engine=self.engine, before=before)
        return drafted.findings, self.words()

    def words(self) -> Words:
        """Return the words for the shapes."""
        from clustergraph.build.examination import read_shapes  # slow to import

        return read_shapes(self.shapes or self.paths or [self.context.project.shapes])

    @property
    def _inside(self) -> bool:
        """Whether the current folder is in the project."""
        return self.context.project.root.resolve() in (here := Path.cwd(), *here.parents)


def _same(changed: Sequence[Path]) -> None:
    """Raise `SourceError` if files of shapes have changed."""
    if changed:
        raise SourceError("the shapes have changed")


@contextmanager
def _or_all() -> Iterator[None]:
    """Say that everything is checked where what has changed cannot be told."""
    try:
        yield
    except SourceError as error:
        click.echo(f"everything is checked, because {error.message}", err=True)


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _annotate(error: ClustergraphError) -> None:
    """Show a file that cannot be read where GitHub shows findings."""
    where = error.where
    if where:
        place = f"file={reports.shown(where.path)},line={where.line or 1},col={where.column or 1}"
        click.echo(f"::error {place}::{error.message}")


COMMANDS = (validate,)
