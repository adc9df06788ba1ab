"""The command that serves."""

import subprocess
import sys

import click

from clustergraph.cli.context import Context, pass_context


@click.command()
@click.option("--host", help="The address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on.  [default: 8123]")
@click.option("--build", "build_first", is_flag=True, help="Build first, if anything has changed.")
@pass_context
def serve(context: Context, host: str | None, port: int | None, build_first: bool) -> None:
    """Serve the current release: SPARQL at /sparql, every thing at its own address, pages for people.

    \b
    clustergraph serve --build --port 8123
    curl http://127.0.0.1:8123/sparql -H 'Accept: text/csv' --data-urlencode 'query=SELECT * { ?c a cg:Cluster }'
    """
    if build_first:
        _build(context)
    current = context.current()
    from clustergraph.engine.store import Embedded
    from clustergraph.pipeline.writes import Writer
    from clustergraph.web import server
    from clustergraph.web.authorisation import Access, Token, Writing

    Embedded(current)  # whose store is missing or damaged is no release to serve
    settings = context.project.configuration.settings
    host, port = host or settings.host, settings.port if port is None else port
    token, writer = Token.from_environment(), Writer(context.project.root, context.releases.root, settings)
    writing = Writing(token, writer)
    taking = ", taking changes" if Access(context.releases.root, writing).taking_changes else ""
    click.echo(f"serving on http://{host}:{port}/{taking} (stop with Ctrl-C)", err=True)
    project = context.project.root if context.project.shapes.is_dir() else None
    server.run(context.releases.root, settings, host, port, writing, project)


def _build(context: Context) -> None:
    """Build in a process of its own, so that the service does not keep the memory that a build needs."""
    if found := context.releases.of(context.project.fingerprint()):
        click.echo(f"release {found.digest} is up to date", err=True)
        return
    if lost := context.releases.written():
        click.echo(f"the current release holds {len(lost)} written changes; a build could lose them", err=True)
        click.echo("it is served as it is; `clustergraph changes` shows them, `clustergraph build` builds", err=True)
        return
    folders = ["--project", str(context.project.root), "--releases", str(context.releases.root)]
    done = subprocess.run([sys.executable, "-m", "clustergraph", *folders, "build"], check=False)  # noqa: S603 - our own command
    if done.returncode:
        sys.exit(done.returncode)


@click.command()
@click.option("--http", is_flag=True, help="Serve streamable HTTP at /mcp instead of standard input and output.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on, with --http.")
@click.option("--port", default=8124, show_default=True, type=click.IntRange(0, 65535), help="The port, with --http.")
@pass_context
def mcp(context: Context, http: bool, host: str, port: int) -> None:
    """Serve the current release to language models, by the Model Context Protocol.

    \b
    clustergraph mcp                      over standard input and output, as clients start it
    clustergraph mcp --http --port 8124   at http://127.0.0.1:8124/mcp
    """
    current = context.current()
    from clustergraph.mcp.server import create_server  # slow to import

    server = create_server(current, context.project.configuration.settings)
    if http:
        click.echo(f"serving on http://{host}:{port}/mcp (stop with Ctrl-C)", err=True)
        server.run("streamable-http", host=host, port=port)
    else:
        server.run("stdio")
