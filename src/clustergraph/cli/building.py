"""Commands that build: build, releases, rollback."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict

import click

from clustergraph.build.manifest import Manifest
from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.cli.validating import show
from clustergraph.errors import Exit
from clustergraph.shacl.findings import Severity


@click.command()
@click.option("--force", is_flag=True, help="Build even if nothing has changed, or writes would be lost.")
@pass_context
def build(context: Context, force: bool) -> None:
    """Build the graph and make it the current release.

    Reads ontology/, shapes/, queries/ and data/, adds what follows, checks and validates. A syntax error or a violation
    stops the build, and the last release stays current.
    """
    build_if_changed(context, force)


def build_if_changed(context: Context, force: bool = False) -> Manifest:
    """Build unless the current release is of the files as they are; exit if the graph is not valid."""
    context.project.check()
    found = None if force else context.releases.of(context.project.fingerprint())
    if found:
        click.echo(f"release {found.digest} is up to date: {_size(found)}", err=True)
        return found
    from clustergraph.build import pipeline  # slow to import, and not needed above

    start = time.monotonic()
    try:
        with progress() as tell:
            found, findings = pipeline.publish(context.project, context.releases, tell, drop_writes=force)
    except pipeline.RejectedError as error:
        show([finding for finding in error.findings if finding.severity is Severity.VIOLATION], "text")
        click.echo("error: the graph is not published; the last release stays current", err=True)
        sys.exit(Exit.FINDINGS)
    if findings:
        click.echo(f"{len(findings)} warnings; `clustergraph validate` shows them", err=True)
    click.echo(f"release {found.digest}: {_size(found)}, in {time.monotonic() - start:.1f} s", err=True)
    return found


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
        listed = [{**asdict(m), "current": m.digest == name} for m in found]
        click.echo(json.dumps(listed, indent=1))
        return
    for manifest in found:
        click.echo(
            f"{'*' if manifest.digest == name else ' '} {manifest.digest}  {manifest.created}  {_size(manifest)}"
        )
    if not found:
        click.echo("no releases yet; run `clustergraph build`", err=True)


@click.command()
@click.argument("digest", required=False)
@pass_context
def rollback(context: Context, digest: str | None) -> None:
    """Make an older release current: the one before, or the one whose digest is given."""
    with context.releases.lock():
        target = context.releases.find(digest or context.releases.previous().digest)
        context.releases.activate(target)
    click.echo(f"release {target.name} is current", err=True)


def _size(manifest: Manifest) -> str:
    return f"{manifest.quads:,} statements in {len(manifest.graphs)} graphs, {manifest.inferred:,} of them inferred"


COMMANDS = (build, releases, rollback)
