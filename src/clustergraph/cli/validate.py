"""Commands for files: validate, and write in canonical form."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from pyoxigraph import Store

from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.engine.sandbox import bounded
from clustergraph.errors import Exit, SourceError, Where
from clustergraph.formats import of_file
from clustergraph.pipeline.git import Revision
from clustergraph.pipeline.project import Project
from clustergraph.rdf import scan, turtle
from clustergraph.rdf.files import text_of
from clustergraph.rdf.reading import rdf_files, syntax_error
from clustergraph.shacl import reports
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.triples import InvalidShapesError

if TYPE_CHECKING:
    from clustergraph.pipeline.material import Material
    from clustergraph.release.changes import Changes

T = TypeVar("T")
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
@click.option("--lenient", is_flag=True, help="Use shapes in PATHS or --shapes even if they are not well formed.")
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
    lenient: bool,
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
    if lenient and not paths:
        raise click.UsageError("--lenient goes with PATHS; the shapes of a project are always checked")
    from clustergraph.pipeline.material import read_shapes  # slow to import
    from clustergraph.pipeline.publish import draft

    with bounded(seconds, memory):
        if explain is not None:
            words = read_shapes(shapes or paths or context.project.shapes.folders)
            click.echo(words.explain(words.find(explain)), nl=False)
            return
        try:
            with progress() as tell:
                if paths:
                    material, difference = _material(context.project, paths, shapes, changed)
                    findings = material.findings(tell, engine=engine, difference=difference, lenient=lenient)
                else:
                    before = _before(context.project, shapes, tell, changed)
                    _, findings = draft(context.project, tell, list(shapes), engine=engine, before=before)
        except (SourceError, InvalidShapesError) as error:
            if format_ == "github" and error.where:
                click.echo(reports.annotation("error", error.message, error.where))
            raise
        blocking = Severity(severity) if severity else Severity.VIOLATION
        if severity:
            findings = [finding for finding in findings if finding.severity.reaches(blocking)]
        show(findings, format_, blocking=blocking)
        sys.exit(Exit.FINDINGS if any(finding.severity.reaches(blocking) for finding in findings) else Exit.FINE)


def show(findings: Sequence[Finding], format_: str, *, blocking: Severity = Severity.VIOLATION) -> None:
    """Print findings; as text they have colour on a terminal only."""
    colour = format_ == "text" and reports.wants_colour(sys.stdout)
    click.echo(reports.write(findings, format_, colour=colour, blocking=blocking), nl=False, color=colour)


def _material(
    project: Project, paths: Sequence[Path], shapes: Sequence[Path], changed: str | None
) -> tuple[Material, Changes | None]:
    """Return files with their shapes, and what has changed in them."""
    from clustergraph.pipeline.material import Material  # slow to import

    here = _inside(project) and project.shapes.is_dir() and project.ontology.is_dir()
    material = Material.read(paths, shapes, project if here else None)
    if not changed:
        return material, None
    revision = Revision.find(changed, paths[0] if paths[0].is_dir() else paths[0].parent)
    fixed = [*material.shape_files, *material.background]
    return material, _since(revision, fixed, lambda: revision.difference(paths, material.files))


def _before(project: Project, shapes: Sequence[Path], tell: Progress, changed: str | None) -> Store | None:
    """Return the graph of the project as it was at a revision, if one is given and that can be compared."""
    if not (_inside(project) or click.get_current_context().find_root().params["project"]):
        if changed and Path(changed).exists():
            raise SourceError(
                f"--changed takes {changed!r} for a revision, and no files are named",
                advice=f"write them before it: clustergraph validate {changed} … --changed",
            )
        raise SourceError(
            f"{Path.cwd()} is not in a clustergraph project",
            advice="name the files to check and, with --shapes, what they are checked by",
        )
    if not changed:
        return None
    revision = Revision.find(changed, project.root)
    return _since(revision, shapes or [project.shapes.own], lambda: _assembled(revision, project, tell))


def _assembled(revision: Revision, project: Project, tell: Progress) -> Store:
    from clustergraph.pipeline.publish import assemble

    with revision.files(project.root) as folder:
        tell("reading the revision")
        return assemble(Project(folder))


def _inside(project: Project) -> bool:
    """Whether the current folder is in a project."""
    return project.root.resolve() in (here := Path.cwd(), *here.parents)


def _since(revision: Revision, shapes: Sequence[Path], compare: Callable[[], T]) -> T | None:
    """Return what has changed; where that cannot be told, say that everything is checked, and why."""
    try:
        if not revision.changed(shapes):
            return compare()
        reason = "the shapes have changed"
    except SourceError as error:
        reason = error.message
    click.echo(f"everything is checked, because {reason}", err=True)
    return None


@click.command(name="format")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if a file would change.")
@pass_context
def format_(context: Context, paths: tuple[Path, ...], check: bool) -> None:
    """Rewrite Turtle and TriG files in canonical form, so that diffs show only what has changed.

    Without PATHS, all files of the project. A file with comments is refused, since they would be lost.
    """
    project = context.project
    files = rdf_files(*(paths or project.own))
    changed = [path for path in files if path.suffix in (".ttl", ".trig") and _rewrite(path, check)]
    for path in changed:
        click.echo(f"{'would rewrite' if check else 'rewrote'} {path}", err=True)
    sys.exit(Exit.FINDINGS if check and changed else Exit.FINE)


def _rewrite(path: Path, check: bool) -> bool:
    format_ = of_file(path)
    assert format_ is not None
    text = text_of(path)
    scan.check(text.encode(), format_.engine, path)
    try:
        new = turtle.canonical(text, format_)
    except SyntaxError as error:
        raise syntax_error(path, error) from error
    if comment := scan.first_comment(text):
        raise SourceError("comments are not kept", where=Where(path, comment), advice="say it in an rdfs:comment")
    if new == text:
        return False
    if not check:
        path.write_text(new, "utf-8")
    return True
