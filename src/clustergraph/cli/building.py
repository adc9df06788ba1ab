"""Commands that build and examine: build, validate, releases, rollback."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

from clustergraph.build.release import Manifest
from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.errors import Exit
from clustergraph.shacl.findings import Finding, Severity, exit_code


@click.command()
@click.option("--force", is_flag=True, help="Build even if nothing has changed.")
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
            found, findings = pipeline.publish(context.project, context.releases, tell)
    except pipeline.RejectedError as error:
        show([finding for finding in error.findings if finding.severity is Severity.VIOLATION], "text")
        click.echo("error: the graph is not published; the last release stays current", err=True)
        sys.exit(Exit.FINDINGS)
    if findings:
        click.echo(f"{len(findings)} warnings; `clustergraph validate` shows them", err=True)
    click.echo(f"release {found.digest}: {_size(found)}, in {time.monotonic() - start:.1f} s", err=True)
    return found


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--shapes", multiple=True, type=click.Path(path_type=Path), help="Shapes to use, instead of shapes/.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "turtle"]), default="text", show_default=True)
@pass_context
def validate(context: Context, paths: tuple[Path, ...], shapes: tuple[Path, ...], format_: str) -> None:
    """Check the graph of the project, or RDF files and folders, against the shapes.

    \b
    clustergraph validate                                the whole project, with inference and check queries
    clustergraph validate data.ttl --shapes my-shapes.ttl  any data against any shapes
    clustergraph validate --format json                  for programs

    Exits with 0 if there are no violations, 1 if there are, 2 if it could not run.
    """
    from clustergraph.build import pipeline  # slow to import

    with progress() as tell:
        if paths:
            findings = pipeline.examine(list(paths), list(shapes) or [context.project.shapes], tell)
        else:
            findings = pipeline.draft(context.project, tell, list(shapes)).findings
    show(findings, format_)
    sys.exit(exit_code(findings))


@click.command()
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@pass_context
def releases(context: Context, format_: str) -> None:
    """List the releases, the newest first; a star marks the current one."""
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


def show(findings: list[Finding], format_: str) -> None:
    """Print findings; as text they go to stdout with colour on a terminal only."""
    from clustergraph.shacl import reports  # slow to import

    click.echo(reports.write(findings, format_, colour=format_ == "text" and sys.stdout.isatty()), nl=False)


def _size(manifest: Manifest) -> str:
    return f"{manifest.quads:,} statements in {len(manifest.graphs)} graphs, {manifest.inferred:,} of them inferred"


COMMANDS = (build, validate, releases, rollback)
