"""Commands that import: a dump as a release, and what others have filled in."""

import sys
from pathlib import Path

import click

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
    from clustergraph.cli.releases import publishing
    from clustergraph.pipeline.publish import restore

    with publishing() as tell:
        made, findings = restore(
            file, context.project, context.releases, tell, validate=not no_validate, files=not no_exports, force=force
        )
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

    What has been changed in a row since it was exported goes into a section of its own, which says what the cluster
    says of itself; an untouched table changes nothing. Labels, codes and names are those of the current release; a
    cell that names something else is refused, with the nearest names. Then the graph of the project is validated with
    the new data, and what is wrong with that is shown with row and column of the table; a file beside the data says
    which cell each statement comes from.
    """
    from clustergraph.eccp import intake
    from clustergraph.eccp.recipe import Recipe
    from clustergraph.rdf import turtle
    from clustergraph.rdf.files import write_pieces
    from clustergraph.rdf.places import cells_file, cells_text

    project = context.project
    recipe = Recipe(project.eccp, project.shapes.find("profiles/eccp.ttl"))
    read = intake.read(table, context.graph(), recipe, issued)
    quads = read.merged(target := out or project.data / "eccp" / "profiles.trig")
    if kept := {at.cell for quad, at in read.gone.items() if at and quad not in quads}:
        click.echo(f"{len(kept)} cells no longer say what other sources say; that stays in the graph", err=True)
    if not read.said and not read.gone:
        click.echo("nothing has changed, and nothing is written", err=True)
        return
    write_pieces(target, [turtle.write(quads).encode()])
    write_pieces(cells_file(target), [cells_text(target, quads).encode()])
    click.echo(f"{read.profiles} profiles, {len(read.said)} new statements, {len(quads)} in {target}", err=True)
    if no_validate or project.data.resolve() not in target.resolve().parents:
        return
    from clustergraph.cli.validate import show
    from clustergraph.pipeline.publish import draft
    from clustergraph.shacl.findings import Severity

    with progress() as tell:
        _, found = draft(project, tell)
    ours = [each for each in found if each.where and each.where.cell and each.where.path.samefile(table)]
    if ours:
        show(ours, "text")
    if others := len(found) - len(ours):
        click.echo(f"{others} findings about other data; `clustergraph validate` shows them", err=True)
    if any(each.severity is Severity.VIOLATION for each in ours):
        sys.exit(Exit.FINDINGS)
    click.echo("run `clustergraph build` to publish them", err=True)
