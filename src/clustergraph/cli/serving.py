"""The command that serves."""

from __future__ import annotations

import subprocess
import sys

import click

from clustergraph.cli.context import Context, pass_context
from clustergraph.errors import ReleaseError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8123, show_default=True, type=click.IntRange(0, 65535), help="The port to listen on.")
@click.option("--build", "build_first", is_flag=True, help="Build first, if anything has changed.")
@pass_context
def serve(context: Context, host: str, port: int, build_first: bool) -> None:
    """Serve the current release: SPARQL at /sparql, every thing at its own address, pages for people.

    \b
    clustergraph serve --build --port 8123
    curl http://127.0.0.1:8123/sparql -H 'Accept: text/csv' --data-urlencode 'query=SELECT * { ?c a cg:Cluster }'
    """
    if build_first:
        _build(context)
    if context.releases.current() is None:
        raise ReleaseError(f"there is no release in {context.releases.root}", advice="run `clustergraph build` first")
    from clustergraph.config import Settings
    from clustergraph.web import server
    from clustergraph.web.updates import Writing

    settings = Settings.from_environment()
    writing = Writing.from_environment(context.project.root, context.releases.root, settings)
    taking = ", taking changes" if writing else ""
    click.echo(f"serving on http://{host}:{port}/{taking} (stop with Ctrl-C)", err=True)
    project = context.project.root if context.project.shapes.is_dir() else None
    server.run(context.releases.root, settings, host, port, writing, project)


def _build(context: Context) -> None:
    """Build in a process of its own, so that the service does not keep the memory that a build needs."""
    found = context.releases.of(context.project.fingerprint())
    if found:
        click.echo(f"release {found.digest} is up to date", err=True)
        return
    if lost := context.releases.written():
        number = len(lost.removed) + len(lost.added)
        click.echo(f"the current release holds {number} written changes; a build could lose them", err=True)
        click.echo("it is served as it is; `clustergraph changes` shows them, `clustergraph build` builds", err=True)
        return
    folders = ["--project", str(context.project.root), "--releases", str(context.releases.root)]
    done = subprocess.run([sys.executable, "-m", "clustergraph", *folders, "build"], check=False)  # noqa: S603 - our own command
    if done.returncode:
        sys.exit(done.returncode)


COMMANDS = (serve,)
