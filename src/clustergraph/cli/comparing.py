"""The command that says what has changed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.cli.paths import source
from clustergraph.errors import Exit
from clustergraph.terms import RELEASE


@click.command()
@click.argument("old", default="previous")
@click.argument("new", default="current")
@click.option("--format", "format_", type=click.Choice(["text", "patch", "json"]), default="text", show_default=True)
@click.option("--by", type=click.Choice(["section", "thing"]), default="section", show_default=True)
@pass_context
def diff(context: Context, old: str, new: str, format_: str, by: str) -> None:
    """Say what has changed from OLD to NEW: releases by the start of their digest, or RDF files.

    \b
    clustergraph diff                           from the release before to the current one
    clustergraph diff c98c 3519 --by thing
    clustergraph diff old.nq.gz new.trig --format patch > change.rdfp

    A patch (RDF Patch) turns the old graph into the new one. Exits with 0 if both say the same, 1 if not.
    """
    from clustergraph.export import diff as differences
    from clustergraph.export.dump import lines_of

    left, right = source(context, old), source(context, new)
    if format_ == "patch":
        with progress() as tell:
            found = differences.changes(lines_of(left, tell), lines_of(right, tell))
            written = 0
            for piece in differences.patch(found, _iri(left), _iri(right)):
                sys.stdout.buffer.write(piece)
                written += 1
        sys.exit(Exit.FINDINGS if written > _FRAME else Exit.FINE)
    with progress() as tell:
        difference = differences.Difference.between(lines_of(left, tell), lines_of(right, tell), by_thing=by == "thing")
        tell("looking up names")
        words = differences.labels(lines_of(left), difference.terms) | differences.labels(
            lines_of(right), difference.terms
        )
    names = _name(left), _name(right)
    if format_ == "json":
        for line in differences.document(difference, words, *names):
            click.echo(line)
    else:
        click.echo(differences.summary(difference, *names))
        for line in differences.report(difference, words, by_thing=by == "thing"):
            click.echo(line)
    sys.exit(Exit.FINDINGS if difference else Exit.FINE)


_FRAME = 2
"""The pieces of a patch that changes nothing."""


def _name(path: Path) -> str:
    return f"release {path.name}" if path.is_dir() else path.name


def _iri(path: Path) -> str:
    return RELEASE + path.name if path.is_dir() else path.resolve().as_uri()


COMMANDS = (diff,)
