"""Commands that import: a dump as a release, and what others have filled in."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from pyoxigraph import Quad

from clustergraph.build.sources import Project
from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.errors import Exit


class OrDump(click.Group):
    """A group whose command `dump` need not be named where a file is."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in front where a file is given, and no command."""
        if not any(word in self.commands for word in args) and any(Path(word).suffix for word in args):
            args = ["dump", *args]
        return super().parse_args(ctx, args)


@click.group(name="import", cls=OrDump)
def import_() -> None:
    """Read what was exported.

    \b
    clustergraph import clustergraph-c98ce04dc9190f2c.nq.gz    a dump
    clustergraph import eccp profiles.csv                      cluster profiles, filled in
    """


@import_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--no-validate", is_flag=True, help="Take it as it is; for a large dump of a graph that was valid.")
@click.option("--no-exports", is_flag=True, help="Leave the files for download to `clustergraph export all`.")
@click.option("--force", is_flag=True, help="Publish it even if it has violations, or writes would be lost.")
@pass_context
def dump(context: Context, file: Path, no_validate: bool, no_exports: bool, force: bool) -> None:
    """Make the dump FILE (N-Quads, TriG or JSON-LD, also .gz) the current release.

    The same statements give the release that they were exported from, with the same digest. The last release stays, and
    `clustergraph rollback` goes back to it. The files of the project are not changed: the next build replaces what was
    imported.
    """
    from clustergraph.build.pipeline import RejectedError
    from clustergraph.build.restore import restore
    from clustergraph.cli.validating import show

    try:
        with progress() as tell:
            made, findings = restore(
                file,
                context.project,
                context.releases,
                tell,
                validate=not no_validate,
                exports=not no_exports,
                force=force,
            )
    except RejectedError as error:
        show(error.findings, "text")
        click.echo("error: the graph is not published; the last release stays current", err=True)
        sys.exit(Exit.FINDINGS)
    if findings:
        click.echo(f"{len(findings)} warnings", err=True)
    click.echo(f"release {made.digest}: {made.quads:,} statements in {len(made.graphs)} graphs", err=True)


@import_.command()
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="[default: data/eccp/profiles.trig in the project]"
)
@click.option("--issued", default="", help="When the table was filled in: a year, month or day.")
@click.option("--no-validate", is_flag=True, help="Leave the validation to the build.")
@pass_context
def eccp(context: Context, table: Path, out: Path | None, issued: str, no_validate: bool) -> None:
    """Turn cluster profiles into data: TABLE is the profiles.csv or profiles.xlsx of a package, filled in.

    \b
    clustergraph import eccp profiles.xlsx --issued 2026-11
    clustergraph build

    Each row becomes a section of its own, which says what the cluster says of itself. Labels, codes and names are those
    of the current release; a cell that names something else is refused, with the nearest names. Columns with sources
    are not read. Then the graph of the project is validated with the new data, and what is wrong with that is shown
    with row and column of the table; a file beside the data says which cell each statement comes from.
    """
    from clustergraph import turtle
    from clustergraph.build import cells
    from clustergraph.errors import Where
    from clustergraph.export import intake
    from clustergraph.export.eccp import Recipe
    from clustergraph.export.files import whole

    project = context.project
    recipe = Recipe.load(project.queries / "exports" / "eccp", project.shapes / "profiles" / "eccp.ttl")
    read = intake.Table.read(table, recipe.columns)
    sources: dict[Quad, Where] = {}
    quads = intake.read(read, context.graph(), recipe, issued, sources)
    target = out or project.data / "eccp" / "profiles.trig"
    with whole(target) as file:
        file.write(turtle.write(quads).encode())
    with whole(cells.beside(target)) as file:
        file.write(cells.text(target, sources).encode())
    click.echo(f"{len(read.rows)} profiles, {len(quads)} statements, in {target}", err=True)
    if no_validate or project.data.resolve() not in target.resolve().parents:
        return
    if _examined(project, table):
        sys.exit(Exit.FINDINGS)
    click.echo("run `clustergraph build` to publish them", err=True)


def _examined(project: Project, table: Path) -> bool:
    """Validate a project, show what is wrong with what came from a table, and return whether that blocks a build."""
    from clustergraph.build.pipeline import draft
    from clustergraph.cli.validating import show
    from clustergraph.shacl.findings import Severity

    with progress() as tell:
        found = draft(project, tell).findings
    ours = [each for each in found if each.where and each.where.cell and each.where.path.samefile(table)]
    if ours:
        show(ours, "text")
    if others := len(found) - len(ours):
        click.echo(f"{others} findings about other data; `clustergraph validate` shows them", err=True)
    return any(each.severity is Severity.VIOLATION for each in ours)


COMMANDS = (import_,)
