"""The command `clustergraph` and how it ends: 0 fine, 1 findings, 2 cannot run."""

import os
import sys
import threading
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem

from clustergraph import __version__
from clustergraph.cli.context import Context
from clustergraph.errors import ClustergraphError, Exit

COMMANDS: Final = {
    "add": ("begin", "Add the skeleton of something: of a document."),
    "ask": ("ask", "Ask a question, with its parameters."),
    "audit": ("audit", "Compare what documents say of projects with imported data."),
    "build": ("releases", "Build the graph and make it the current release."),
    "changes": ("releases", "Show what was written since the last build."),
    "conflicts": ("conflicts", "Show what disagrees: figures, dates, claims, lists, names."),
    "diff": ("releases", "Say what has changed between releases or files."),
    "explain": ("ask", "Say why a statement is in the graph."),
    "export": ("export", "Write the current release in a form that others take."),
    "format": ("validate", "Rewrite Turtle and TriG files in canonical form."),
    "import": ("importing", "Read what was exported: a dump, or cluster profiles filled in."),
    "init": ("begin", "Begin a project."),
    "match": ("match", "Find out which things of different sources are the same."),
    "mcp": ("serve", "Serve the current release to language models."),
    "migrate": ("migrate", "Carry data to a newer version of the ontology."),
    "query": ("ask", "Run a SPARQL query."),
    "questions": ("ask", "List the questions, or show one."),
    "releases": ("releases", "List the releases, the newest first."),
    "rollback": ("releases", "Make an older release current."),
    "search": ("ask", "Find things by any of their names."),
    "serve": ("serve", "Serve the current release: SPARQL, pages, data."),
    "token": ("token", "Make, list and revoke tokens of those who may write."),
    "validate": ("validate", "Check files, or the graph of the project, against shapes."),
    "withdraw": ("withdraw", "Take a source or a thing out of all that is kept."),
}
"""For each command the module of this package that has it, and what it does in a line."""


class OnDemand(click.Group):
    """A group whose commands are imported when one of them is used, so that `--help` and completion are quick."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        members = vars(import_module(f"{__package__}.{COMMANDS[cmd_name][0]}")).values()
        return next(each for each in members if isinstance(each, click.Command) and each.name == cmd_name)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names of all commands with what they do."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in sorted(COMMANDS.items())])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Suggest commands and options."""
        names = [name for name in sorted(COMMANDS) if name.startswith(incomplete)]
        own = [CompletionItem(name, help=COMMANDS[name][1]) for name in names]
        return own + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=OnDemand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="clustergraph")
@click.option(
    "--project",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CLUSTERGRAPH_PROJECT",
    help="The project folder.  [default: the nearest one upwards]",
)
@click.option(
    "--releases",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CLUSTERGRAPH_RELEASES",
    help="Where releases are kept.  [default: .clustergraph in the project]",
)
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key of clustergraph.toml, such as title=… or service.workers=4, for this command.",
)
@click.pass_context
def cli(context: click.Context, project: Path | None, releases: Path | None, given: tuple[str, ...]) -> None:
    """Build, serve, ask and validate a knowledge graph of European clusters.

    \b
    clustergraph init my-clusters             begin a project
    clustergraph build                        build the graph and make it current
    clustergraph serve                        serve it on http://127.0.0.1:8123
    clustergraph questions                    what can be asked
    clustergraph ask partners-sharing-pilots  ask it
    """
    if given:
        from clustergraph.pipeline.configuration import setting

        context.with_resource(setting(given))
    context.obj = Context(project, releases)


def run() -> int:
    """Run the command line and return its code."""
    try:
        cli.main(standalone_mode=False)
    except SystemExit as end:
        return int(end.code or Exit.FINE)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
    except (ClustergraphError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        if excerpt := getattr(error, "excerpt", ""):
            click.echo(excerpt, err=True)
    except MemoryError:
        click.echo("error: it needs more memory than it may take; allow it more, or do less at once", err=True)
    else:
        return Exit.FINE
    return Exit.CANNOT_RUN


def main() -> None:
    """Run the command line and end this process with its code, at once: what is open has only been read."""
    code = run()
    with suppress(OSError, AttributeError):  # which the interpreter tells
        sys.stdout.flush()
        if threading.active_count() == 1:
            os._exit(code)
    sys.exit(code)
