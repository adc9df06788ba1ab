"""The command `clustergraph` and how it ends: 0 fine, 1 findings, 2 cannot run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from clustergraph import __version__
from clustergraph.cli import (
    asking,
    building,
    changes,
    comparing,
    exporting,
    importing,
    models,
    serving,
    validating,
    writing,
)
from clustergraph.cli.context import Context
from clustergraph.errors import ClustergraphError, Exit


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="clustergraph")
@click.option("--project", type=click.Path(file_okay=False, path_type=Path), help="The project folder.")
@click.option(
    "--releases",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CLUSTERGRAPH_RELEASES",
    help="Where releases are kept.  [default: .clustergraph in the project]",
)
@click.pass_context
def cli(context: click.Context, project: Path | None, releases: Path | None) -> None:
    """Build, serve, ask and validate a knowledge graph of European clusters.

    \b
    clustergraph build                        build the graph and make it current
    clustergraph serve                        serve it on http://127.0.0.1:8123
    clustergraph questions                    what can be asked
    clustergraph ask partners-sharing-pilots  ask it
    """
    context.obj = Context.of(project, releases)


for command in (
    *building.COMMANDS,
    *validating.COMMANDS,
    *serving.COMMANDS,
    *models.COMMANDS,
    *asking.COMMANDS,
    *writing.COMMANDS,
    *exporting.COMMANDS,
    *comparing.COMMANDS,
    *changes.COMMANDS,
    *importing.COMMANDS,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.CANNOT_RUN)
    except ClustergraphError as error:
        click.echo(f"error: {error}", err=True)
        if excerpt := getattr(error, "excerpt", ""):
            click.echo(excerpt, err=True)
        sys.exit(Exit.CANNOT_RUN)
    except MemoryError:
        click.echo("error: it needs more memory than it may take; allow it more, or do less at once", err=True)
        sys.exit(Exit.CANNOT_RUN)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.FINE)
    except OSError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(Exit.CANNOT_RUN)
