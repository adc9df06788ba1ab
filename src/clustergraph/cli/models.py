"""The command that serves language models."""

from __future__ import annotations

import click

from clustergraph.cli.context import Context, pass_context
from clustergraph.config import Settings
from clustergraph.errors import ReleaseError


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
    current = context.releases.current()
    if current is None:
        raise ReleaseError(f"there is no release in {context.releases.root}", advice="run `clustergraph build` first")
    from clustergraph.mcp import create_server  # slow to import

    server = create_server(current, Settings.from_environment())
    if http:
        click.echo(f"serving on http://{host}:{port}/mcp (stop with Ctrl-C)", err=True)
        server.run("streamable-http", host=host, port=port)
    else:
        server.run("stdio")


COMMANDS = (mcp,)
