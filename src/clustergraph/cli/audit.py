"""The command that compares what documents say with imported data."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from clustergraph.cli.context import Context, pass_context
from clustergraph.cli.table import wrapped
from clustergraph.errors import Exit
from clustergraph.questions.answer import WRITERS
from clustergraph.questions.question import find
from clustergraph.questions.verdicts import KINDS, QUESTION, Row, TableRows, Verdicts, kind_of, meant, paired_by

_KINDS = click.Choice(list(KINDS))


@click.command()
@click.option("--verdict", "verdicts", multiple=True, type=_KINDS, help="Only of this verdict; several can be given.")
@click.option("--about", metavar="NAME", help="Only about the project, body or scheme of this name.")
@click.option("--document", "documents", multiple=True, metavar="TITLE", help="Only claims of this document.")
@click.option(
    "--reason", "reasons", multiple=True, metavar="CODE", help="Only for this reason, such as project-not-found."
)
@click.option("--fail-on", type=_KINDS, help="Exit with 1 if there is such a verdict.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "csv", "tsv", "json", "md"]),
    default="text",
    show_default=True,
)
@click.option("--iris", is_flag=True, help="A column of IRIs behind each column of things, in csv, tsv and md.")
@pass_context
def audit(
    context: Context,
    verdicts: tuple[str, ...],
    about: str | None,
    documents: tuple[str, ...],
    reasons: tuple[str, ...],
    fail_on: str | None,
    format_: str,
    iris: bool,
) -> None:
    """Compare what documents say of projects with imported data: who takes part, who coordinates, what pays, when.

    \b
    clustergraph audit --verdict contradicted
    clustergraph audit --about BEinCPPS
    clustergraph audit --document 'Annual report' --format csv

    Each claim is confirmed, contradicted or not covered, with the evidence of both sides. Nothing is corrected.

    Exits with 0 if it could run, 1 if there is a verdict as --fail-on says, 2 if it could not run.
    """
    given = {"verdict": verdicts, "about": [about] if about else [], "document": documents, "reason": reasons}
    graph = context.graph()
    question = find(graph.questions, QUESTION)
    asked = meant(question, {name: list(values) for name, values in given.items() if values}, graph)
    answer = graph.put(question, asked)
    for source in answer.sources:
        click.echo(f"with data of: {source.words}", err=True)
    found = Verdicts.of(answer, places=TableRows(graph.store, graph.sections, graph.origins))
    if format_ == "text":
        click.echo("\n".join(_text(found)))
    else:
        table = answer.with_iris(answer.rows) if iris else (answer.columns, answer.rows)
        click.echo(WRITERS[format_](*table), nl=False)
    sys.exit(Exit.FINDINGS if any(kind_of(row) == fail_on for row in found.rows) else Exit.FINE)


def _text(found: Verdicts) -> Iterator[str]:
    """Yield lines of 80 characters at most: the claims by verdict and project, and the counts."""
    for kind, name, projects in found.groups:
        yield f"{name} ({(found.counts or {})[kind]})"
        yield ""
        for project, rows in projects:
            yield from wrapped(f"{project.shown}{_pairing(rows[0])}", "  ")
            for row in rows:
                yield from _claim(row)
            yield ""
    yield ", ".join(f"{count} {KINDS[kind].lower()}" for kind, count in (found.counts or {}).items()) or "no claims"


def _pairing(row: Row) -> str:
    if not row["counterpart"].iri:
        return ""
    return f" = {row['counterpart'].shown} (by {paired_by(row)}, {row['score'].shown})"


def _place(row: Row) -> str:
    return f" – {row['place'].shown}" if row["place"].value else ""


def _claim(row: Row) -> Iterator[str]:
    yield from wrapped(f"{row['aspect'].shown}: {row['claimed'].shown} – {row['section'].shown}", "    ")
    if row["found"].value is not None:
        yield from wrapped(f"imported data: {row['found'].shown}{_place(row)}", "        ")
    elif row["place"].value:
        yield from wrapped(f"imported data{_place(row)}", "        ")
    if row["reasons"].value:
        explained = f": {row['explained_by'].shown}" if row["explained_by"].value else ""
        yield from wrapped(f"{row['reasons'].shown}{explained}", "        ")
