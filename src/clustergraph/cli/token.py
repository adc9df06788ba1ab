"""The command that makes, lists and revokes the tokens of those who may write or have much validated."""

import json
from dataclasses import asdict
from datetime import date

import click

from clustergraph.cli.context import Context, pass_context
from clustergraph.release.access_tokens import SCOPES, USUAL_DAYS, AccessToken, AccessTokens, last_day


@click.group()
def token() -> None:
    """Make, list and revoke the tokens of those who may change the graph over HTTP, or have much validated.

    \b
    clustergraph token make harvester --scope write --days 90
    clustergraph token list
    clustergraph token revoke harvester

    A service that runs sees the change at once. The token of the settings (CLUSTERGRAPH_TOKEN) is not among them: it is
    good until it is taken out of the settings.
    """


@token.command()
@click.argument("name")
@click.option("--scope", type=click.Choice(SCOPES), required=True, help="What it is for; write includes validate.")
@click.option("--days", type=click.IntRange(0, 36500), help=f"For how many days it is good.  [default: {USUAL_DAYS}]")
@click.option("--expires", metavar="DATE", help="The last day on which it is good, such as 2027-06-30; or never.")
@pass_context
def make(context: Context, name: str, scope: str, days: int | None, expires: str | None) -> None:
    """Make a token called NAME and print it, this once: only a digest of it is kept."""
    if days is not None and expires is not None:
        raise click.UsageError("--days and --expires are both given")
    last = last_day(USUAL_DAYS if days is None else days) if expires is None else _day(expires)
    secret = AccessTokens(context.releases.root).make(name, scope, last)
    until = f"until {last}" if last else "without end"
    click.echo(f"token {name}, for {scope}, {until}; it is shown this once:", err=True)
    click.echo(secret)


def _day(text: str) -> str:
    if text == "never":
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise click.UsageError(f"--expires is {text!r}; give a day such as 2027-06-30, or never") from error


@token.command("list")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@pass_context
def list_(context: Context, format_: str) -> None:
    """List the tokens: what each is for, until when, and when it was used last."""
    found = AccessTokens(context.releases.root).listed.values()
    if format_ == "json":
        listed = [{key: value for key, value in asdict(each).items() if key != "sha256"} for each in found]
        click.echo(json.dumps(listed, indent=1))
        return
    if not found:
        click.echo("there are no tokens; see: clustergraph token make --help", err=True)
        return
    from clustergraph.cli.table import table
    from clustergraph.questions.answer import Cell

    rows = [[Cell(text) for text in _told(each)] for each in found]
    click.echo(table(("name", "scope", "made", "last day", "last used", "state"), rows), nl=False)


def _told(each: AccessToken) -> tuple[str, ...]:
    state = "revoked" if each.revoked else "expired" if each.ended else "good"
    return (each.name, each.scope, each.made[:10], each.expires or "never", each.used or "never", state)


@token.command()
@click.argument("name")
@pass_context
def revoke(context: Context, name: str) -> None:
    """End the token called NAME at once; its name can be given to another then."""
    found = AccessTokens(context.releases.root).revoke(name)
    click.echo(f"the token {name} was revoked on {found.revoked}", err=True)
