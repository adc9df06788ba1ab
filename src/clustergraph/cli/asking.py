"""Commands that ask: query, ask, questions."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from pyoxigraph import QueryTriples

from clustergraph.ask import tables as plain
from clustergraph.ask.conflicts import FINDERS
from clustergraph.ask.tables import Cell
from clustergraph.cli import tables
from clustergraph.cli.completing import Asking, complete_question, complete_value
from clustergraph.cli.context import Context, pass_context
from clustergraph.errors import QueryError, QuestionError
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.graph import Answer, Graph
from clustergraph.questions import Question, find, load

_CHOICES = 12
"""How many choices of a parameter are shown."""
_WRITERS = {"table": tables.text, "csv": plain.csv, "json": plain.json, "md": plain.markdown}


@click.command()
@click.argument("query")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", *RESULT_FORMATS, *RDF_FORMATS]),
    help="[default: table for SELECT and ASK, turtle for CONSTRUCT and DESCRIBE]",
)
@click.option("--endpoint", help="Ask this SPARQL endpoint instead of the current release.")
@pass_context
def query(context: Context, query: str, format_: str | None, endpoint: str | None) -> None:
    """Run a SPARQL query: QUERY is the text, a file that holds it, or - for standard input.

    \b
    clustergraph query 'SELECT ?cluster { ?cluster a cg:Cluster }'
    clustergraph query my.rq --format csv > clusters.csv
    """
    text = _text(query)
    if endpoint:
        from clustergraph.store.remote import query as query_endpoint

        click.echo(query_endpoint(endpoint, text, format_ or "json"), nl=False)
        return
    graph = context.graph()
    result = graph.query(text)
    for sentence in graph.misspelt(text):
        click.echo(f"note: {sentence}", err=True)
    if format_ in (None, "table") and not isinstance(result, QueryTriples):
        click.echo(_table(graph, text), nl=False)
        return
    formats = RDF_FORMATS if isinstance(result, QueryTriples) else RESULT_FORMATS
    name = format_ or "turtle"
    if name not in formats:
        raise QueryError(f"the answer cannot be written as {name}", advice=f"choose from {', '.join(formats)}")
    result.serialize(sys.stdout.buffer, format=formats[name].engine)  # type: ignore[arg-type]  # the table fits the result


def _text(query: str) -> str:
    if query == "-":
        return sys.stdin.read()
    path = Path(query)
    try:
        return path.read_text("utf-8") if path.is_file() else query
    except OSError:
        return query


def _table(graph: Graph, text: str) -> str:
    columns, rows = graph.table(text)
    return tables.text(columns, rows)


@click.command(cls=Asking, context_settings={"ignore_unknown_options": True})
@click.argument("name", shell_complete=complete_question)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json", "md", "svg"]),
    default="table",
    show_default=True,
    help="How to write the rows; svg is the picture, where the question has one.",
)
@click.option("--evidence", is_flag=True, help="For each row, the statements and rules that it rests on.")
@click.argument("parameters", nargs=-1, type=click.UNPROCESSED, shell_complete=complete_value)
@pass_context
def ask(context: Context, name: str, format_: str, evidence: bool, parameters: tuple[str, ...]) -> None:
    """Ask the question NAME with its parameters, each as --parameter VALUE; labels do for IRIs.

    \b
    clustergraph ask partners-sharing-pilots --initiative 'Vanguard Initiative'
    clustergraph ask partners-sharing-pilots --format csv
    clustergraph questions partners-sharing-pilots    its parameters and columns
    """
    graph = context.graph()
    answer = graph.ask(name, **_parameters(parameters))
    if not answer.rows:
        click.echo(f"no rows: {graph.why_empty(answer)}", err=True)
    if evidence:
        _show_evidence(graph, answer, format_)
        return
    if format_ == "svg":
        click.echo(_chart(graph, answer), nl=False)
        return
    writer = _WRITERS[format_]
    click.echo(writer(answer.columns, answer.rows), nl=False)


def _chart(graph: Graph, answer: Answer) -> str:
    chart = graph.chart(answer)
    if not chart:
        raise QuestionError(f"{answer.question.name} has no picture here", advice="leave --format out for the table")
    return chart


def _show_evidence(graph: Graph, answer: Answer, format_: str) -> None:
    """Print each row with its evidence: as JSON, or as text."""
    if format_ not in ("table", "json"):
        advice = "leave --format out for text, or give --format json"
        raise QuestionError(f"there is no room for evidence in {format_}", advice=advice)
    proofs = [graph.evidence(answer, number) for number in range(len(answer))]
    if format_ == "json":
        rows = plain.objects(answer.columns, answer.rows)
        documents = [
            {"row": row, "statement": answer.statement(number), **graph.because.document(proofs[number])}
            for number, row in enumerate(rows)
        ]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=1))
        return
    for number, found in enumerate(proofs):
        click.echo(f"{answer.statement(number)}, because:")
        click.echo(graph.because.text(found))


@click.command()
@click.argument("subject")
@click.argument("property_", metavar="PROPERTY")
@click.argument("value")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@pass_context
def explain(context: Context, subject: str, property_: str, value: str, format_: str) -> None:
    """Say why a statement is in the graph: who says it, or from what it follows. The parts are written as in SPARQL.

    \b
    clustergraph explain organisation:afil cg:sharesPilotWith organisation:eurecat
    """
    graph = context.graph()
    proofs = [graph.explain(subject, property_, value)]
    if format_ == "json":
        click.echo(json.dumps(graph.because.document(proofs), ensure_ascii=False, indent=1))
    else:
        click.echo(graph.because.text(proofs), nl=False)


def _parameters(words: tuple[str, ...]) -> dict[str, list[str]]:
    """Return ``--name value`` and ``--name=value`` pairs as lists of values by name."""
    found: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise click.UsageError(f"unexpected word {word!r}; parameters are given as --parameter VALUE")
        name, equals, value = word[2:].partition("=")
        if not equals and not rest:
            raise click.UsageError(f"{word} needs a value")
        found.setdefault(name, []).append(value if equals else rest.pop(0))
    return found


@click.command()
@click.argument("name", required=False, shell_complete=complete_question)
@pass_context
def questions(context: Context, name: str | None) -> None:
    """List the questions, or show one with its parameters and columns."""
    known = load(context.project.queries)
    if name is None:
        rows = tuple((Cell(q.name), Cell(q.title)) for q in known.values())
        click.echo(tables.text(("question", "title"), rows), nl=False)
        return
    _show(context, find(known, name))


def _show(context: Context, question: Question) -> None:
    """Print what a question is for, its parameters with some of their choices, its columns, and how to ask it."""
    click.echo(f"{question.title}\n\n{click.wrap_text(question.description, 100)}\n")
    graph = context.graph() if context.releases.current() else None
    click.echo("Parameters, each as --parameter VALUE:")
    for parameter in question.parameters.values():
        several = ", several" if parameter.many else ""
        needed = ", needed" if parameter.required else ""
        click.echo(f"  --{parameter.name}  {parameter.label} ({parameter.type}{several}{needed})")
        choices = dict.fromkeys((graph.choices(parameter) if graph else {}).values())
        names = [graph.label(iri) for iri in choices] if graph else []
        if names:
            more = f" … ({len(names)} in all)" if len(names) > _CHOICES else ""
            click.echo(click.wrap_text(", ".join(names[:_CHOICES]) + more, 100, "      ", "      "))
        if parameter.default:
            click.echo(f"      unless given: {', '.join(parameter.default)}")
    click.echo("\nColumns:")
    for column, meaning in question.columns.items():
        click.echo(f"  {column}: {meaning}")
    click.echo("\nAsk it, and see why each row is so:")
    click.echo(f"  clustergraph ask {question.name}\n  clustergraph ask {question.name} --evidence")


@click.command()
@click.argument("text")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many to show.")
@pass_context
def search(context: Context, text: str, limit: int) -> None:
    """Find things by any of their names: spellings, acronyms, other languages, typing mistakes.

    \b
    clustergraph search Viamca
    clustergraph search Lombardia
    """
    hits = context.graph().search(text, limit)
    rows = [[Cell(hit.label), Cell(hit.class_), Cell(hit.name), Cell(hit.score), Cell(hit.iri)] for hit in hits]
    click.echo(tables.text(("label", "class", "name", "score", "iri"), rows), nl=False)


@click.command()
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@pass_context
def conflicts(context: Context, format_: str) -> None:
    """Show what disagrees: rival figures and dates, claims, lists, gaps, spellings, statements that are not firm."""
    graph = context.graph()
    found = [(f, graph.ask(f.question, **f.parameters)) for f in FINDERS if f.question in graph.questions]
    if format_ == "json":
        documents = [
            {"kind": f.title, "question": f.question, "rows": plain.objects(a.columns, a.rows)} for f, a in found
        ]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=1))
        return
    for finder, answer in found:
        click.echo(f"\n{finder.title}: {answer.question.title}")
        click.echo(tables.text(answer.columns, answer.rows), nl=False)


COMMANDS = (conflicts, query, ask, questions, search, explain)
