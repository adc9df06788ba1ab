"""Commands that export: the graph in the forms that others take."""

from __future__ import annotations

import re
import sys
from calendar import monthrange
from datetime import date
from pathlib import Path

import click

from clustergraph.build.manifest import Manifest
from clustergraph.cli import dumping
from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.cli.profiles import WithProfiles
from clustergraph.errors import Exit, ReleaseError


@click.group(cls=WithProfiles)
def export() -> None:
    """Write the current release in a form that others take."""


@export.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write.")
@click.option("--cluster", "clusters", multiple=True, help="Only this cluster; can be given again.")
@click.option("--region", "regions", multiple=True, help="Only clusters in this region or country; can be given again.")
@click.option("--as-of", default="", help="Leave out what is known to be later than this year, month or day.")
@click.option("--force", is_flag=True, help="Write the package even if it breaks its profile.")
@pass_context
def eccp(
    context: Context, out: Path, clusters: tuple[str, ...], regions: tuple[str, ...], as_of: str, force: bool
) -> None:
    """Write a package of cluster profiles for the European Cluster Collaboration Platform.

    \b
    clustergraph export eccp --out eccp
    clustergraph export eccp --out eccp --cluster Plastipolis --cluster bwcon
    clustergraph export eccp --out eccp --region FRK --as-of 2017

    RDF in four forms, the table of the form as CSV and Excel, a report of the gaps and the admission rules, the SHACL
    report, and a manifest. Exits with 1, and writes nothing, if the package breaks its profile.
    """
    from clustergraph.export import package, packing, shacl_reports  # slow to import
    from clustergraph.export.eccp import Recipe

    current = context.releases.current()
    if current is None:
        raise ReleaseError(f"there is no release in {context.releases.root}", advice="run `clustergraph build` first")
    packing.check_folder(out)
    made = Manifest.read(current)
    day = last_day(as_of) if as_of else date.fromisoformat(made.created[:10])
    origin = package.Origin(made.digest, day.isoformat(), clusters, regions, as_of)
    project = context.project
    recipe = Recipe.load(project.queries / "exports" / "eccp", project.shapes / "profiles" / "eccp.ttl")
    with progress() as tell:
        built = package.make(context.graph(), recipe, origin, tell)
        tell("writing the package")
        written = packing.write(built, out, force=force) if force or built.conforms else None
    for finding in built.violations:
        click.echo(shacl_reports.block(finding), err=True)
    if written is None:
        found = shacl_reports.tally(built.severities)
        click.echo(f"error: {packing.BrokenPackageError(found)}", err=True)
        sys.exit(Exit.FINDINGS)
    count = written["counts"]
    click.echo(f"{count['profiles']} profiles, {sum(count['gaps'].values())} gaps, in {out}", err=True)


def last_day(text: str) -> date:
    """Return the last day of a year, month or day.

    >>> last_day("2016"), last_day("2016-02")
    (datetime.date(2016, 12, 31), datetime.date(2016, 2, 29))

    Raises:
        click.BadParameter: it is none of these.
    """
    year, month, day, *_ = [*text.split("-"), "", ""]
    try:
        if not re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
            raise click.BadParameter(f"{text!r} is not a date; write 2016, 2016-05 or 2016-05-01")
        number = int(month or 12)
        return date(int(year), number, int(day or monthrange(int(year), number)[1]))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a date; write 2016, 2016-05 or 2016-05-01") from error


for command in dumping.COMMANDS:
    export.add_command(command)

COMMANDS = (export,)
