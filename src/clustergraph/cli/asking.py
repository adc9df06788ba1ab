"""Commands that ask: query, ask, questions."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem
from pyoxigraph import QueryTriples

from clustergraph.ask import tables as plain
from clustergraph.ask.conflicts import FINDERS
from clustergraph.ask.tables import Cell
from clustergraph.cli import tables
from clustergraph.cli.context import Context, pass_context
from clustergraph.errors import QueryError
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.graph import Answer, Graph
from clustergraph.questions import find, load

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


def _complete_question(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Suggest the names of questions, with their titles."""
    project = context.find_object(Context)
    known = load(project.project.queries).values() if project else ()
    return [CompletionItem(q.name, help=q.title) for q in known if q.name.startswith(typed)]


def _complete_parameter(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Suggest parameters of the question that is being typed, or values of the last parameter."""
    project, words = context.find_object(Context), list(context.params.get("parameters") or ())
    if project is None:
        return []
    question = load(project.project.queries).get(context.params["name"])
    if question is None:
        return []
    if words and words[-1].startswith("--") and (parameter := question.parameters.get(words[-1][2:])):
        return [CompletionItem(name) for name in project.graph().choices(parameter) if name.startswith(typed)]
    return [CompletionItem(f"--{p.name}", help=p.label) for p in question.parameters.values()
            if f"--{p.name}".startswith(typed)]  # fmt: skip


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name", shell_complete=_complete_question)
@click.option(
    "--format", "format_", type=click.Choice(["table", "csv", "json", "md"]), default="table", show_default=True
)
@click.option("--evidence", is_flag=True, help="For each row, the statements and rules that it rests on.")
@click.argument("parameters", nargs=-1, type=click.UNPROCESSED, shell_complete=_complete_parameter)
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
    if evidence:
        _show_evidence(graph, answer, format_)
        return
    if not answer.rows:
        click.echo(f"no rows: {graph.why_empty(answer)}", err=True)
    writer = _WRITERS[format_]
    click.echo(writer(answer.columns, answer.rows), nl=False)


def _show_evidence(graph: Graph, answer: Answer, format_: str) -> None:
    """Print each row with its evidence: as JSON, or as text."""
    proofs = [graph.evidence(answer, number) for number in range(len(answer))]
    if format_ == "json":
        rows = plain.objects(answer.columns, answer.rows)
        documents = [{"row": row, **graph.because.document(found)} for row, found in zip(rows, proofs, strict=True)]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=1))
        return
    for row, found in zip(answer.rows, proofs, strict=True):
        click.echo(" · ".join(cell.shown for cell in row if cell.shown))
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
@click.argument("name", required=False, shell_complete=_complete_question)
@pass_context
def questions(context: Context, name: str | None) -> None:
    """List the questions, or show one with its parameters and columns."""
    known = load(context.project.queries)
    if name is None:
        rows = tuple((Cell(q.name), Cell(q.title)) for q in known.values())
        click.echo(tables.text(("question", "title"), rows), nl=False)
        return
    question = find(known, name)
    click.echo(f"{question.title}\n\n{question.description}\n")
    for parameter in question.parameters.values():
        kind = f"{parameter.type} {parameter.of}".strip()
        click.echo(f"  --{parameter.name}  {parameter.label} ({kind}{', required' if parameter.required else ''})")
    click.echo("\nColumns:")
    for column, meaning in question.columns.items():
        click.echo(f"  {column}: {meaning}")


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
