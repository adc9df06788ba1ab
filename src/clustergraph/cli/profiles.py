"""A command for each profile: adding a folder of queries adds it."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.cli.paths import current, format_for, target
from clustergraph.errors import Exit
from clustergraph.export import profiles

if TYPE_CHECKING:
    from pyoxigraph import Quad

    from clustergraph.shacl.findings import Finding


class WithProfiles(click.Group):
    """A group that has a command for each profile of the project, beside its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        found = ctx.find_object(Context)
        return sorted({*super().list_commands(ctx), *(profiles.names(found.project.queries) if found else ())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        own = super().get_command(ctx, cmd_name)
        found = ctx.find_object(Context)
        if own or found is None or cmd_name not in profiles.names(found.project.queries):
            return own
        profile = profiles.load(cmd_name, found.project.queries, found.project.shapes)
        return _command(profile)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is asked for; one that is not known is told the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean {close[0]!r}?", ctx) from error


def _command(profile: profiles.Profile) -> click.Command:
    return click.Command(
        profile.name,
        params=[
            click.Option(
                ["--out"], type=click.Path(path_type=Path), default=Path(), help="A file or a folder.  [default: here]"
            ),
            click.Option(
                ["--format", "format_"], type=click.Choice(profiles.FORMATS), help="[default: as the file is named]"
            ),
            click.Option(["--gzip"], is_flag=True, help="Pack the file."),
            click.Option(["--force"], is_flag=True, help="Write it even if it breaks its shapes."),
        ],
        callback=pass_context(_writer(profile)),
        help=f"{profile.description}\n\nExits with 1, and writes nothing, if the result breaks its shapes.",
        short_help=profile.title,
    )


def _writer(profile: profiles.Profile) -> Callable[..., Any]:
    def write(context: Context, out: Path, format_: str | None, gzip: bool, force: bool) -> None:
        from clustergraph.export.dump import extension
        from clustergraph.export.views import View
        from clustergraph.shacl import reports

        name = format_for(out, format_, profiles.FORMATS)
        path = target(out, f"clustergraph-{current(context).name}-{profile.name}", extension(name, compress=gzip))
        with progress() as tell:
            tell(f"asking the queries of {profile.name}")
            view = View.of(profile, context.graph().store)
            tell(f"validating {view.statements:,} statements")
            findings = view.violations()
            if not findings or force:
                tell(f"writing {path}")
                profiles.write(profile, view.lines, name, path, compress=path.suffix == ".gz")
        if findings:
            click.echo(reports.write(findings, "text"), nl=False, err=True)
        if findings and not force:
            click.echo(f"error: {profile.name} breaks its shapes and is not written; --force writes it", err=True)
            sys.exit(Exit.FINDINGS)
        click.echo(f"{path}: {view.statements:,} statements", err=True)

    return write


def violations(quads: Iterable[Quad], shapes: Path) -> list[Finding]:
    """Return what breaks the shapes in a file; literals are judged as they are written."""
    from clustergraph.build.sources import read_all
    from clustergraph.shacl.findings import Severity
    from clustergraph.shacl.validate import validate

    found = validate(quads, read_all([shapes]))
    return [finding for finding in found if finding.severity is Severity.VIOLATION]
