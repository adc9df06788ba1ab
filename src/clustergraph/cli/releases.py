"""Commands for releases: build, list them, go back, and say what has changed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.errors import Exit

if TYPE_CHECKING:
    from clustergraph.release.manifest import Release

_FRAME = 2
"""The pieces of a patch that changes nothing."""


@click.command()
@click.option("--force", is_flag=True, help="Build even if nothing has changed, or writes would be lost.")
@pass_context
def build(context: Context, force: bool) -> None:
    """Build the graph and make it the current release.

    Reads ontology/, shapes/, queries/ and data/, adds what follows, checks and validates. A syntax error or a violation
    stops the build, and the last release stays current.
    """
    context.project.check()
    if not force and (found := context.releases.of(context.project.fingerprint())):
        click.echo(f"release {found.digest} is up to date: {_size(found)}", err=True)
        return
    from clustergraph.pipeline.publish import publish  # slow to import, and not needed above

    start = time.monotonic()
    with publishing() as tell:
        found, findings = publish(context.project, context.releases, tell, drop_writes=force)
    if findings:
        click.echo(f"{len(findings)} warnings; `clustergraph validate` shows them", err=True)
    click.echo(f"release {found.digest}: {_size(found)}, in {time.monotonic() - start:.1f} s", err=True)


@contextmanager
def publishing() -> Iterator[Callable[[str], None]]:
    """Show what is going on; if the graph is rejected, show why, and exit."""
    from clustergraph.cli.validate import show
    from clustergraph.pipeline.publish import RejectedError
    from clustergraph.shacl.findings import Severity

    try:
        with progress() as tell:
            yield tell
    except RejectedError as error:
        show([finding for finding in error.findings if finding.severity is Severity.VIOLATION], "text")
        click.echo("error: the graph is not published; the last release stays current", err=True)
        sys.exit(Exit.FINDINGS)


@click.command()
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--prune", type=click.IntRange(min=1), metavar="N", help="First remove all but the newest N.")
@pass_context
def releases(context: Context, format_: str, prune: int | None) -> None:
    """List the releases, the newest first; a star marks the current one.

    \b
    clustergraph releases --prune 5     keep five, and the current one in any case
    """
    if prune is not None:
        with context.releases.lock():
            removed = context.releases.prune(prune)
        click.echo(f"{len(removed)} {'release' if len(removed) == 1 else 'releases'} removed", err=True)
    current = context.releases.current()
    name = current.name if current else ""
    found = context.releases.all()
    if format_ == "json":
        listed = [{**m.facts, **asdict(context.releases.record(m.digest)), "current": m.digest == name} for m in found]
        click.echo(json.dumps(listed, indent=1))
    else:
        for each in found:
            click.echo(f"{'*' if each.digest == name else ' '} {each.digest}  {each.created}  {_size(each)}")
    if current:
        context.releases.release()  # says so if another version has made it
    elif not found and format_ == "text":
        click.echo("no releases yet; run `clustergraph build`", err=True)


@click.command()
@click.argument("digest", required=False)
@pass_context
def rollback(context: Context, digest: str | None) -> None:
    """Make an older release current: the one before, or the one whose digest is given."""
    with context.releases.lock():
        target = context.releases.find(digest) if digest else context.releases.previous()
        context.releases.activate(target.path)
    click.echo(f"release {target.digest} is current", err=True)


def _size(manifest: Release) -> str:
    return f"{manifest.quads:,} statements in {len(manifest.graphs)} graphs, {manifest.inferred:,} of them inferred"


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
    from clustergraph.export.dump import lines_of
    from clustergraph.release import changes as differences
    from clustergraph.terms import RELEASE

    compared = context.source(old), context.source(new)
    names = [f"release {path.name}" if path.is_dir() else path.name for path in compared]
    with progress() as tell:
        lines = [lines_of(path, tell) for path in compared]
        if format_ == "patch":
            iris = [RELEASE + path.name if path.is_dir() else path.resolve().as_uri() for path in compared]
            pieces = differences.patch(differences.changes(*lines), *iris)
            written = sum(sys.stdout.buffer.write(piece) > 0 for piece in pieces)
            sys.exit(Exit.FINDINGS if written > _FRAME else Exit.FINE)
        difference = differences.Difference.between(*lines, by_thing=by == "thing")
        tell("looking up names")
        old_words, new_words = (differences.labels(lines_of(path), difference.terms) for path in compared)
    if format_ == "json":
        for line in differences.document(difference, old_words | new_words, *names):
            click.echo(line)
    else:
        click.echo(differences.summary(difference, *names))
        for line in differences.report(difference, old_words | new_words):
            click.echo(line)
    sys.exit(Exit.FINDINGS if difference else Exit.FINE)


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
    from clustergraph.rdf import turtle

    found = context.releases.written()
    context.releases.release()  # what another version has made, nobody can say
    if format_ == "trig":
        click.echo(turtle.write(found.added), nl=False)
        return
    click.echo(found.text(), nl=False)
    click.echo(f"{len(found.added)} statements added, {len(found.removed)} removed since the last build", err=True)
