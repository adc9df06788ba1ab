"""Commands that import: tables with a profile, a dump as a release, and what others have filled in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.cli.sketch import sketch
from clustergraph.errors import Exit, SourceError

if TYPE_CHECKING:
    from clustergraph.imports.comparison import ImportDifference
    from clustergraph.imports.run import Imported, Order


_SHOWN: Final = 20
"""How many numbers of rows, words and things are shown."""
_CELLS: Final = 10
"""How many cells that could not be read are shown."""


class _Meant(click.Context):
    """The context of a command that is meant without its name."""

    @property
    def command_path(self) -> str:
        """What is typed for it."""
        return self.parent.command_path if self.parent else super().command_path


class MeantCommand(click.Command):
    """A command that is meant without its name."""

    context_class = _Meant


class Imports(click.Group):
    """A group in which the name of a profile, or the file of a dump, stands where others have a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in front that is meant."""
        words = [word for word in args if not word.startswith("-")]
        if "--sketch" in args:
            args = ["sketch", *(word for word in args if word != "--sketch")]
        elif words and words[0] not in self.commands:
            args = ["dump" if _is_dump(words) else "tables", *args]
        return super().parse_args(ctx, args)


def _is_dump(words: list[str]) -> bool:
    """Whether a command line names the file of a dump, and no profile."""
    return len(words) == 1 and bool(Path(words[0]).suffix)


@click.group(name="import", cls=Imports, invoke_without_command=True, subcommand_metavar="[PROFILE FILE... | DUMP]")
@click.pass_context
def import_(ctx: click.Context) -> None:
    """Import tables with a profile; without one, list the profiles.

    \b
    clustergraph import                                        the profiles
    clustergraph import cordis --help                          the options for tables
    clustergraph import cordis cordis-h2020projects-csv.zip    tables, as the profile cordis says
    clustergraph import --sketch clusters.xlsx                 the draft of a profile of one's own
    clustergraph import eccp profiles.csv                      cluster profiles, filled in
    clustergraph import clustergraph-c98ce04dc9190f2c.nq.gz    a dump, as a release
    """
    if ctx.invoked_subcommand is None:
        for name, title in _listed(ctx.obj):
            click.echo(f"{name:20} {title}")


import_.add_command(sketch)


def _profile_folders(context: Context) -> list[Path]:
    """Return where profiles are: those of the project first."""
    return context.project.imports.folders[::-1]


def _listed(context: Context) -> Iterator[tuple[str, str]]:
    """Yield the names of the profiles with their titles, or with what is wrong with them."""
    from clustergraph.imports.profile import ImportProfile, profiles

    for folder in profiles(_profile_folders(context)):
        try:
            yield folder.name, ImportProfile.read(folder).title
        except SourceError as error:
            yield folder.name, f"(error: {error})"


@import_.command(name="tables", cls=MeantCommand, hidden=True)
@click.argument("profile")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="", help="What the import is called.  [default: as the profile]")
@click.option("--issued", default="", help="When the tables were issued: a year, month or day.")
@click.option("--retrieved", default="", help="When they were fetched.  [default: when the files were written]")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="What to do at a row that cannot be taken: import nothing, or leave it out and list it in a file.",
)
@click.option(
    "--value", "values", multiple=True, metavar="COLUMN=TEXT", help="What an empty or missing cell of a column says."
)
@click.option("--encoding", default="", help="The encoding of the files.  [default: as the profile, or UTF-8]")
@click.option("--title", default="", help="What the tables are called.  [default: as the profile]")
@click.option("--publisher", default="", help="Who published them.  [default: as the profile]")
@click.option("--licence", default="", help="The address of their licence.  [default: as the profile]")
@click.option("--attribution", default="", help="How their publisher wants to be named.  [default: as the profile]")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--processes", type=click.IntRange(1), help="How many processes read.  [default: one for each core]")
@pass_context
def tables(
    context: Context,
    /,
    profile: str,
    files: tuple[Path, ...],
    name: str,
    issued: str,
    retrieved: str,
    on_error: str,
    values: tuple[str, ...],
    encoding: str,
    dry_run: bool,
    processes: int | None,
    **texts: str,
) -> None:
    """Import the tables in FILES (CSV, TSV, XLSX, Parquet, GeoJSON, also in ZIP) as PROFILE says.

    \b
    clustergraph import cordis cordis-HORIZONprojects-csv.zip --name cordis-horizon
    clustergraph build

    What the rows say is written to data/imports, with a record of source, licence, checksum and numbers of rows; each
    statement knows its table and row. The same files again change nothing; of newer ones it is told what differs.
    """
    from clustergraph.imports.profile import ImportProfile
    from clustergraph.imports.run import Order, run, said_before
    from clustergraph.terms import HOME

    home = context.project.data / "imports"
    before = said_before(home, files)
    texts = before.texts | {key: text for key, text in texts.items() if text}
    found = ImportProfile.find(profile, _profile_folders(context))
    found = found.told(texts, before.values | _values(values), encoding)
    order = Order(
        found,
        files,
        home,
        name,
        issued or before.issued,
        retrieved or before.retrieved,
        skip=on_error == "skip",
        dry=dry_run,
        processes=processes or _cores(),
        base=HOME.base,
    )
    with progress() as tell:
        done = run(order, tell, lambda text: click.echo(f"note: {text}", err=True))
    for line in told_of(done, order):
        click.echo(line, err=True)


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _values(given: tuple[str, ...]) -> dict[str, str]:
    """Return the values that are given for columns."""
    if wrong := [each for each in given if "=" not in each]:
        raise SourceError(f"{wrong[0]!r} gives no value for a column", advice="write --value country=Spain")
    return {name.strip(): text.strip() for name, _, text in (each.partition("=") for each in given)}


def told_of(done: Imported, order: Order) -> Iterator[str]:
    """Yield what an import has done, line by line."""
    from clustergraph.imports.record import parts, silent
    from clustergraph.imports.rows import shown

    for each in done.taken:
        left = f", {each.refused:,} refused" if each.refused else ""
        left += f", {each.left_out:,} left out" if each.left_out else ""
        yield f"{each.given.label}: {each.read:,} rows, {each.taken:,} taken{left}; {each.statements:,} statements"
        yield from (f"  {problem}" for problem in each.problems)
        if each.spoilt:
            one = f"row {each.spoilt.row}, column {each.spoilt.column} for one: {shown(each.spoilt.value)!r}"
            yield f"  {each.damaged:,} cells have {each.spoilt.message} and stay as they are, {one}"
        nothing = "left out, since the profile takes nothing from them"
        yield from (f"  {nothing}: rows {text}" for text in silent(each, _SHOWN))
        yield from (f"  left out of rows that are taken: rows {text}" for text in parts(each, _SHOWN))
        yield from (f"  {text}" for text in each.unread.told(_CELLS, _SHOWN))
    yield from (f"warning: {remark}" for remark in done.remarks[:_SHOWN])
    if len(done.remarks) > _SHOWN:
        yield f"{len(done.remarks) - _SHOWN:,} more warnings"
    if done.comparison is not None:
        yield from told_difference(done.comparison)
    if order.dry:
        yield "nothing is written (--dry-run)"
    elif not done.written:
        yield f"nothing has changed: {done.target} is as it was"
    else:
        yield from (f"rows that were left out, to be mended and imported: {path}" for path in done.refused)
        yield f"{done.statements:,} statements in {done.target}; run `clustergraph build` to publish them"


def told_difference(comparison: ImportDifference) -> Iterator[str]:
    """Yield how an import differs from the one before."""
    if not comparison:
        yield "the statements are those of the import before"
        return
    yield f"against the import before: {comparison.added:,} statements added, {comparison.removed:,} removed"
    for name, found in comparison.classes.items():
        changed = f", {found.changed:,} changed" if found.changed else ""
        yield f"  {name}: {found.new:,} new, {found.gone:,} gone{changed}"
        for how, things in found.named.items():
            if things:
                more = f"; and {len(things) - _SHOWN:,} more" if len(things) > _SHOWN else ""
                yield f"    {how}: {'; '.join(map(str, things[:_SHOWN]))}{more}"


@import_.command(cls=MeantCommand)
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
    ours = [each for each in found if each.where and each.where.cell and each.where.path.resolve() == table.resolve()]
    if ours:
        show(ours, "text")
    if others := len(found) - len(ours):
        click.echo(f"{others} findings about other data; `clustergraph validate` shows them", err=True)
    if any(each.severity is Severity.VIOLATION for each in ours):
        sys.exit(Exit.FINDINGS)
    click.echo("run `clustergraph build` to publish them", err=True)
