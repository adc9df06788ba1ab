"""The command that finds out which things of different sources are the same."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.cli.table import wrapped
from clustergraph.errors import Exit, SourceError

if TYPE_CHECKING:
    from clustergraph.matching.matches import Match, State
    from clustergraph.matching.population import Population

_KEYS: Final = {"s": "same", "d": "different"}
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--review", is_flag=True, help="Decide on what is open, pair by pair, in the terminal.")
@click.option("--out", type=_FILE, metavar="FILE", help="Write the pairs as a table to fill in: .xlsx or .csv.")
@click.option("--decisions", type=_FILE, metavar="FILE", help="Take the decisions of such a table.")
@click.option("--role", default="person", show_default=True, help="The role of who decides; never a name.")
@click.option("--within", is_flag=True, help="Also compare things of one source with each other.")
@pass_context
def match(context: Context, review: bool, out: Path | None, decisions: Path | None, role: str, within: bool) -> None:
    """Find out which things of different sources are the same.

    \b
    clustergraph match                        compare, link what is certain, keep what is open
    clustergraph match --out pairs.xlsx       a table of the pairs, with what speaks for and against
    clustergraph match --decisions pairs.xlsx
    clustergraph match --review               decide here
    clustergraph build                        so that the links are in the graph

    The organisations of the current release are compared by identifiers, names, places, websites, kinds, and who takes
    part in the same projects. Links and open pairs are in data/links.trig; what people decide stays there, whatever is
    imported later. With --out, --decisions or --review nothing is compared anew, if there is such a file.

    Exits with 0 if it could run, 1 if decisions contradict each other, 2 if it could not run.
    """
    from clustergraph.matching import links
    from clustergraph.matching.population import Population

    if role == "rule":
        raise click.UsageError("--role says who decides: “rule” is what the program decides itself")
    file, here = context.project.data / links.NAME, Population(context.graph())
    matches = links.load(file)
    if not matches or not (review or out or decisions):
        matches = links.merged(matches, _found(here, within))
    if decisions:
        matches = _decided(matches, decisions, role)
    if review:
        matches = list(_reviewed(matches, here, role))
    links.save(file, matches)
    if out:
        _write(out, matches, here)
    sys.exit(_told(matches, here))


def _found(here: Population, within: bool) -> list[Match]:
    with progress() as tell:
        return here.matches(tell, within=within)


def _decided(matches: list[Match], table: Path, role: str) -> list[Match]:
    from clustergraph.matching import decisions, links

    given = decisions.load(table)
    known = {match.iri for match in matches}
    if unknown := sorted(given.keys() - known):
        advice = "write the table anew with --out, and decide in that"
        raise SourceError(f"{table}: {len(unknown)} matches are not known here, such as {unknown[0]}", advice=advice)
    click.echo(f"{len(given)} decisions read from {table}")
    return links.decide(matches, given, role, date.today().isoformat())


def _write(path: Path, matches: list[Match], here: Population) -> None:
    from clustergraph.matching import decisions

    order = sorted(matches, key=lambda match: (match.state != "candidate", -match.score, match.iri))
    decisions.save(path, list(decisions.rows(order, here.known.get, here.source)))
    click.echo(f"{len(order)} {'pair' if len(order) == 1 else 'pairs'} written to {path}")


def _reviewed(matches: list[Match], here: Population, role: str) -> Iterator[Match]:
    """Yield the matches, with what is decided in the terminal; from the quit on as they were."""
    from clustergraph.matching.links import decide

    open_ = sorted((match for match in matches if match.state == "candidate"), key=lambda match: -match.score)
    given: dict[str, State] = {}
    for number, each in enumerate(open_, 1):
        click.echo(f"\n{number} of {len(open_)}, score {each.score:.3f}")
        click.echo("\n".join(_block(each, here)))
        key = click.prompt("same (s), different (d), later (l), quit (q)", type=click.Choice(["s", "d", "l", "q"]))
        if key == "q":
            break
        if key in _KEYS:
            given[each.iri] = "same" if key == "s" else "different"
    yield from decide(matches, given, role, date.today().isoformat())


def _block(match: Match, here: Population) -> Iterator[str]:
    for iri in match.pair:
        body = here.known.get(iri)
        if body is None:
            yield f"  {iri} (not in the graph)"
            continue
        yield from wrapped(
            f"{' | '.join(body.names[:4])} [{', '.join([*body.places[:2], body.country]).strip(', ')}]", "  "
        )
        yield from wrapped(" · ".join(here.source(source) for source in body.sources[:4]), "    ")
    yield from (line for text in match.speaks_for for line in wrapped(f"+ {text}", "    "))
    yield from (line for text in match.speaks_against for line in wrapped(f"- {text}", "    "))


def _told(matches: Iterable[Match], here: Population) -> Exit:
    """Say how many matches there are, and which contradict each other."""
    from clustergraph.matching.links import contradictions

    matches = list(matches)
    counts = Counter((match.state, "by rule" if match.decided_by == "rule" else "by people") for match in matches)
    for (state, by), count in sorted(counts.items()):
        click.echo(f"{state:<10} {count:>7,}" + ("" if state == "candidate" else f" {by}"))
    clash = contradictions(matches)
    for three in clash:
        names = [here.known[iri].names[0] if iri in here.known else iri for iri in three]
        click.echo(
            f"{names[0]} is linked with {names[1]} and with {names[2]}, which are said to be different", err=True
        )
    return Exit.FINDINGS if clash else Exit.FINE
