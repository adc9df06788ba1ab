"""The command that shows what disagrees."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from clustergraph.cli.context import Context, pass_context
from clustergraph.cli.table import table, wrapped
from clustergraph.errors import Exit
from clustergraph.questions.conflict import KINDS, NATURES, Conflict, written
from clustergraph.questions.conflict import table as as_table
from clustergraph.shacl.findings import Severity

_NARROW = ("kind", "about", "what", "values", "newest")
"""The columns of the table for people; the other formats have all."""
_LEVELS = click.Choice([level.value for level in Severity])


@click.command()
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Only of this kind; several can be given."
)
@click.option(
    "--nature",
    "natures",
    multiple=True,
    type=click.Choice(list(NATURES)),
    help="Only of this nature, such as what cannot be true together; several can be given.",
)
@click.option("--about", multiple=True, metavar="NAME", help="Only about the things of this name.")
@click.option("--document", "documents", multiple=True, metavar="TITLE", help="Only what this document says, too.")
@click.option("--severity", type=_LEVELS, help="Only from this severity on.")
@click.option("--fail-on", type=_LEVELS, help="Exit with 1 if one is as grave as this, or graver.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "table", "csv", "tsv", "json", "md"]),
    default="text",
    show_default=True,
)
@click.option("--iris", is_flag=True, help="A column of IRIs behind each column of things, in csv, tsv and md.")
@pass_context
def conflicts(
    context: Context,
    kinds: tuple[str, ...],
    natures: tuple[str, ...],
    about: tuple[str, ...],
    documents: tuple[str, ...],
    severity: str | None,
    fail_on: str | None,
    format_: str,
    iris: bool,
) -> None:
    """Show what disagrees: rival figures, dates, lists, names, claims, and what is missing, damaged or unconfirmed.

    \b
    clustergraph conflicts --kind figures --kind dates
    clustergraph conflicts --nature contradiction
    clustergraph conflicts --about 'Alpine Plastics'
    clustergraph conflicts --document 'Annual report' --severity warning --format csv

    Exits with 0 if it could run, 1 if there is one as grave as --fail-on, 2 if it could not run.
    """
    levels = [severity] if severity else []
    found = context.graph().conflicts(nature=natures, kind=kinds, about=about, document=documents, severity=levels)
    click.echo(_written(found, format_, iris), nl=False)
    failed = fail_on is not None and any(each.severity.reaches(Severity(fail_on)) for each in found)
    sys.exit(Exit.FINDINGS if failed else Exit.FINE)


def _written(found: Sequence[Conflict], format_: str, iris: bool) -> str:
    if format_ == "text":
        return "\n".join([*_text(found), ""])
    if format_ != "table":
        return written(found, format_, iris=iris)
    columns, rows = as_table(found)
    places = [columns.index(name) for name in _NARROW]
    return table(_NARROW, [[row[place] for place in places] for row in rows])


def _text(found: Sequence[Conflict]) -> Iterator[str]:
    """Yield lines of 80 characters at most: a block for each conflict, by kind, and the counts."""
    found = sorted(found, key=lambda each: list(KINDS).index(each.kind))
    counts = Counter(each.kind for each in found)
    for place, each in enumerate(found):
        if not place or found[place - 1].kind != each.kind:
            yield f"{KINDS[each.kind]} ({counts[each.kind]})"
            yield ""
        yield from _block(each)
        yield ""
    if counts:
        yield ", ".join(f"{kind} {count}" for kind, count in counts.items())
    yield f"{len(found)} in all" if found else "nothing disagrees here"


def _block(conflict: Conflict) -> Iterator[str]:
    yield from wrapped(f"{conflict.subject} [{conflict.severity}]", "  ")
    for side in conflict.sides:
        yield from wrapped(f"{side.words} – {side.said_by}", "    ")
        yield from (line for text in side.notes for line in wrapped(text, "        "))
    if conflict.newest:
        sure = "certain" if conflict.newest_certain else "not certain"
        yield from wrapped(f"newest: {', '.join(side.words for side in conflict.newest)} ({sure})", "    ")
    for note in conflict.notes:
        yield from wrapped(f"note: {note.text}", "    ")
    if conflict.beside:
        yield f"    notes on it in the same sections: {len(conflict.beside)}"
