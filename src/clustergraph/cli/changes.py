"""The command that shows what was written to the current release."""

from __future__ import annotations

import click

from clustergraph import turtle
from clustergraph.cli.context import Context, pass_context


@click.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "trig"]),
    default="text",
    show_default=True,
    help="Changes as text, or the added statements as TriG.",
)
@pass_context
def changes(context: Context, format_: str) -> None:
    """Show what was written to the current release since it was built, for taking it into the files.

    \b
    clustergraph changes                  graph by graph: - is removed, + is added
    clustergraph changes --format trig    what is added, to be pasted into a file
    """
    found = context.releases.written()
    if format_ == "trig":
        click.echo(turtle.write(found.added), nl=False)
        return
    click.echo(found.text(), nl=False)
    click.echo(f"{len(found.added)} statements added, {len(found.removed)} removed since the last build", err=True)


COMMANDS = (changes,)
