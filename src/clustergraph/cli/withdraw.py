"""The command that takes a source or a thing out of all that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clustergraph.cli.context import Context, pass_context, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clustergraph.pipeline.withdrawal import Extent


@click.command()
@click.argument("name", required=False, metavar="[IRI|SOURCE]")
@click.option("--reason", default="", help="Why, for the list of what was withdrawn.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@pass_context
def withdraw(context: Context, name: str | None, reason: str, dry_run: bool) -> None:
    """Take a source or a thing out of all releases, exports, links and data of imports, for good.

    \b
    clustergraph withdraw cordis --reason 'asked for by the publisher'
    clustergraph withdraw organisation:pic-999999999 --dry-run
    clustergraph withdraw                         go on after an interruption

    A thing goes with all that is stated of it. Its address answers 410, and no build or import brings it back:
    data/withdrawn.csv has its IRI, the date and the reason. Files that you have written are not changed, and a build
    leaves it out; the history of a version control system still has it.
    """
    from clustergraph.pipeline import withdrawal

    context.project.check()
    with progress() as tell:
        more = withdrawal.withdrawals(context.project, context.releases, name, reason) if name else []
        if dry_run:
            found = withdrawal.extent(context.project, context.releases, more)
        else:
            found = withdrawal.withdraw(context.project, context.releases, more, tell)
    for line in _told(context, found, "would go" if dry_run else "gone"):
        click.echo(line)


def _told(context: Context, found: Extent, gone: str) -> Iterator[str]:
    for each in found.withdrawn.listed:
        yield f"{each.iri} ({each.date}{f', {each.reason}' if each.reason else ''})"
    for digest, number in found.releases.items():
        yield f"  release {digest}: {number:,} statements {gone}"
    for digest in found.unread:
        yield f"  release {digest}, which this version does not read: {gone} whole"
    for path in found.files:
        yield f"  {context.project.name(path)}: its part {gone}"
    for path in found.sources:
        yield f"  {context.project.name(path)} names it: take it out there, too; until then a build leaves it out"
