"""Commands that ask: query, ask, questions, search, explain."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from clustergraph.cli.context import Context, pass_context
from clustergraph.cli.table import columns_of_terminal, table
from clustergraph.errors import ClustergraphError, QueryError, QuestionError
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS, answer_formats, table_formats
from clustergraph.questions.names import plain
from clustergraph.questions.question import Parameter, Question, asked
from clustergraph.questions.values import values_of
from clustergraph.rdf.files import decoded, text_of, whole

if TYPE_CHECKING:
    from clustergraph.graph import Graph
    from clustergraph.questions.answer import Answer

_CHOICES = 12
"""How many choices of a parameter are shown."""
_LINE = 100
"""How long a line of text is at the most."""
_ONE_WORD = re.compile(r"[\w.+-]+")


def _complete_question(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Suggest the names of questions, with their titles."""
    known = _known(context)[1].values()
    return [CompletionItem(each.name, help=each.title) for each in known if each.name.startswith(typed)]


def _complete_value(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Suggest values of the parameter that was typed last, or else parameters."""
    graph, known = _known(context)
    question = known.get(context.params.get("name") or "")
    last = (context.params.get("parameters") or [""])[-1]
    parameter = question.parameters.get(last[2:]) if question and last.startswith("--") else None
    return _values(graph, parameter, typed) if parameter else _names(question, typed)


class _QuestionCommand(click.Command):
    """A command with the parameters of the question that is its argument."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Suggest the options of the command and the parameters of the question."""
        question = _known(ctx)[1].get(ctx.params.get("name") or "")
        return super().shell_complete(ctx, incomplete) + _names(question, incomplete)


def _known(context: click.Context) -> tuple[Graph | None, Mapping[str, Question]]:
    """Return the release and the questions that a command line is about; nothing is run while it is completed."""
    given = context.find_root().params
    try:
        return Context(given.get("project"), given.get("releases")).questions()
    except ClustergraphError:
        return None, {}


def _names(question: Question | None, typed: str) -> list[CompletionItem]:
    names = {f"--{each.name}": each.label for each in question.parameters.values()} if question else {}
    return [CompletionItem(name, help=label) for name, label in names.items() if name.startswith(typed)]


def _values(graph: Graph | None, parameter: Parameter, typed: str) -> list[CompletionItem]:
    """Suggest a word for each choice: its name, or where that is more than a word, the end of its IRI."""
    if parameter.type == "boolean":
        return [CompletionItem(value) for value in ("true", "false") if value.startswith(typed)]
    found = []
    for iri, name in (graph.choices(parameter).offered if graph else {}).items():
        word = name if _ONE_WORD.fullmatch(name) else iri.rsplit("/", 1)[-1]
        if any(plain(text).startswith(plain(typed)) for text in (word, name)):
            found.append(CompletionItem(word, help=name))
    return found


@click.command()
@click.argument("query")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", *RESULT_FORMATS, *table_formats(), *RDF_FORMATS]),
    help="[default: table for SELECT and ASK, turtle for CONSTRUCT and DESCRIBE]",
)
@click.option("--endpoint", help="Ask this SPARQL endpoint instead of the current release.")
@click.option("--explain", is_flag=True, help="Say which side of the release answers it, why, and by which steps.")
@pass_context
def query(context: Context, query: str, format_: str | None, endpoint: str | None, explain: bool) -> None:
    """Run a SPARQL query: QUERY is the text, a file that holds it, or - for standard input.

    \b
    clustergraph query 'SELECT ?cluster { ?cluster a cg:Cluster }'
    clustergraph query my.rq --format csv > clusters.csv
    clustergraph query my.rq --explain

    \b
    Prefixes of the project need no declaration, and relative IRIs are relative to https://w3id.org/clustergraph/.
    """
    text = _text(query)
    if endpoint and explain:
        raise click.UsageError("--explain is about the current release; leave out --endpoint")
    if endpoint:
        from clustergraph.engine.endpoint import query as query_endpoint

        click.echo(query_endpoint(endpoint, text, format_ or "json"), nl=False)
        return
    from clustergraph.engine.store import Request
    from clustergraph.settings import Settings
    from clustergraph.sparql.guard import check

    graph = context.graph()
    settings = replace(Settings.from_environment(), allowed_hosts="")  # nothing is asked of other hosts here
    checked = check(text, [name.value for name in graph.store.named_graphs()], settings)
    for sentence in graph.hints(text):
        click.echo(f"note: {sentence}", err=True)
    if explain:
        click.echo("\n".join(graph.engine.plan(text)))
    elif format_ in (None, "table") and not checked.gives_graph:
        click.echo(table(*graph.table(text)), nl=False)
    else:
        sys.stdout.buffer.write(graph.answer(Request(text, format_ or "turtle", max_bytes=sys.maxsize)))


def _text(query: str) -> str:
    if query == "-":
        return decoded(sys.stdin.buffer.read(), Path("standard input"))
    if os.path.isfile(query):  # noqa: PTH113 - what is too long for the name of a file is none
        return text_of(Path(query))
    if "{" not in query and os.path.isdir(query):  # noqa: PTH112 - or of a folder
        raise QueryError(f"{query} is a folder", advice="name a file that holds a query")
    if "{" not in query and Path(query).suffix in (".rq", ".sparql"):
        raise QueryError(f"there is no file {query}", advice="name one, or give the text of the query")
    return query


@click.command(cls=_QuestionCommand, context_settings={"ignore_unknown_options": True})
@click.argument("name", shell_complete=_complete_question)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", *answer_formats()]),
    default="table",
    show_default=True,
    help="How to write the rows; svg and png are the picture, where the question has one.",
)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--evidence", is_flag=True, help="For each row, the statements and rules that it rests on.")
@click.option("--iris", is_flag=True, help="A column of IRIs behind each column of things, in tables.")
@click.argument("parameters", nargs=-1, type=click.UNPROCESSED, shell_complete=_complete_value)
@pass_context
def ask(
    context: Context,
    name: str,
    format_: str,
    output: Path | None,
    evidence: bool,
    iris: bool,
    parameters: tuple[str, ...],
) -> None:
    """Ask the question NAME with its parameters, each as --parameter VALUE; labels do for IRIs.

    \b
    clustergraph ask partners-sharing-pilots --initiative 'Vanguard Initiative'
    clustergraph ask partners-sharing-pilots --format csv
    clustergraph ask clusters --format xlsx -o clusters.xlsx
    clustergraph questions partners-sharing-pilots    its parameters and columns
    """
    graph = context.graph()
    question, given, note = asked(graph.questions, name, _parameters(parameters))
    if note:
        click.echo(f"note: {note}", err=True)
    answer = graph.put(question, given)
    for note in answer.notes:
        click.echo(f"note: {note}", err=True)
    if not answer.rows:
        click.echo(f"no rows: {graph.why_empty(answer)}", err=True)
    for source in answer.sources:
        click.echo(f"with data of: {source.words}", err=True)
    if format_ in answer_formats() and answer_formats()[format_].binary and output is None and sys.stdout.isatty():
        raise click.UsageError(f"{format_} is no text; say where to write it with -o FILE")
    written = _evidence(graph, answer, format_) if evidence else _written(graph, answer, format_, iris)
    if output is None:
        click.echo(written, nl=False)
        return
    with whole(output) as file:
        file.write(written if isinstance(written, bytes) else written.encode())


def _written(graph: Graph, answer: Answer, format_: str, iris: bool) -> str | bytes:
    from clustergraph.engine.store import Request

    if format_ == "rq":
        return answer.query
    if format_ == "xml":
        return graph.answer(Request(answer.query, "xml", max_bytes=sys.maxsize))
    if format_ == "table":
        return table(*answer.with_iris(answer.rows) if iris else (answer.columns, answer.rows))
    if written := graph.file(answer, format_, iris=iris and format_ != "json"):
        return written
    raise QuestionError(f"{answer.question.name} has no picture here", advice="leave --format out for the table")


def _evidence(graph: Graph, answer: Answer, format_: str) -> str:
    """Return each row with its evidence: as JSON, or as text."""
    if format_ not in ("table", "json"):
        advice = "leave --format out for text, or give --format json"
        raise QuestionError(f"there is no room for evidence in {format_}", advice=advice)
    proofs = graph.proofs(answer, range(len(answer)))
    if format_ == "table":
        return "".join("\n".join([f"{proof['statement']}, because:", *proof["text"], "\n"]) for proof in proofs)
    from clustergraph.questions.answer import objects

    rows = zip(objects(answer.columns, answer.rows), proofs, strict=True)
    return json.dumps([{"row": row, **proof} for row, proof in rows], ensure_ascii=False, indent=1) + "\n"


@click.command()
@click.argument("subject")
@click.argument("property_", metavar="PROPERTY")
@click.argument("value")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@pass_context
def explain(context: Context, subject: str, property_: str, value: str, format_: str) -> None:
    """Say why a statement is in the graph: who says it, or from what it follows. The parts are names, or as in SPARQL.

    \b
    clustergraph explain AFIL 'shares pilot with' Eurecat
    clustergraph explain organisation:afil cg:sharesPilotWith organisation:eurecat
    """
    found = context.graph().explained(subject, property_, value)
    text = "\n".join([f"{found['statement']}, because:", *found["text"]])
    click.echo(json.dumps(found, ensure_ascii=False, indent=1) if format_ == "json" else text)


def _parameters(words: tuple[str, ...]) -> dict[str, list[str]]:
    """Return ``--name value`` and ``--name=value`` pairs as lists of values by name, which has - or _ in it."""
    found: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise click.UsageError(f"unexpected word {word!r}; parameters are given as --parameter VALUE")
        name, equals, value = word[2:].partition("=")
        if not equals and not rest:
            raise click.UsageError(f"{word} needs a value")
        found.setdefault(name.replace("-", "_"), []).append(value if equals else rest.pop(0))
    return found


@click.command()
@click.argument("name", required=False, shell_complete=_complete_question)
@click.option(
    "--search", "text", metavar="TEXT", help="Only those that have these words in name, title or description."
)
@pass_context
def questions(context: Context, name: str | None, text: str | None) -> None:
    """List the questions by subject, or show the one called NAME with its parameters and columns.

    \b
    clustergraph questions --search "priorities regions"
    clustergraph questions clusters
    """
    from clustergraph.questions.catalogue import matching

    graph, known = context.questions()
    if graph is None:
        click.echo("note: there is no release yet, so these are the questions of the files", err=True)
    if name is None:
        _list(matching(known.values(), text or ""))
        return
    question, _, note = asked(known, name, {})
    if note:
        click.echo(f"note: {note}", err=True)
    _show(graph, question)


def _list(found: Sequence[Question]) -> None:
    """Print the names and titles of questions by subject."""
    from clustergraph.questions.catalogue import by_subject

    for subject, listed in by_subject(found):
        click.echo(f"{subject[:1].upper()}{subject[1:]}")
        for question in listed:
            click.echo(_wrapped(f"{question.title} ({question.name})", "  ", "    "))
        click.echo()
    click.echo(f"{len(found)} question{'' if len(found) == 1 else 's'}")


def _wrapped(text: str, first: str = "", other: str = "") -> str:
    width = min(columns_of_terminal(), _LINE)
    # A name that is broken at its hyphen cannot be typed as it is shown.
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=other, break_on_hyphens=False)


def _show(graph: Graph | None, question: Question) -> None:
    """Print what a question is for, its parameters with some of their choices, its columns, and how to ask it."""
    click.echo(f"{_wrapped(question.title)}\n\n{_wrapped(question.description)}\n")
    click.echo(_wrapped("Parameters, each as --parameter VALUE, with the number of rows for some values:"))
    offered = values_of(graph, question.name) if graph else {}
    for parameter in question.parameters.values():
        several = ", several" if parameter.many else ""
        needed = ", needed" if parameter.required else ""
        text = f"--{parameter.name}  {parameter.label} ({parameter.type}{several}{needed})"
        click.echo(_wrapped(text, "  ", "      "))
        names = [f"{each.value} ({each.rows})" if each.rows else each.value for each in offered.get(parameter.name, [])]
        if names:
            more = f" … ({len(names)} in all)" if len(names) > _CHOICES else ""
            click.echo(_wrapped(", ".join(names[:_CHOICES]) + more, "      ", "      "))
        if parameter.default:
            usual = shlex.join(word for value in parameter.default for word in (f"--{parameter.name}", value))
            click.echo(_wrapped(f"unless given: {usual}", "      ", "      "))
    click.echo("\nColumns:")
    for column, meaning in question.columns.items():
        click.echo(_wrapped(f"{column}: {meaning}", "  ", "      "))
    click.echo("\nAsk it, and see why each row is so:")
    click.echo(f"  clustergraph ask {question.name}\n  clustergraph ask {question.name} --evidence")


@click.command()
@click.argument("text")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many to show.")
@pass_context
def search(context: Context, text: str, limit: int) -> None:
    """Find things, terms and questions by any of their names: spellings, acronyms, other languages, typing mistakes.

    A term (a class, property or code) comes with how much there is of it, and with the questions that use it.

    \b
    clustergraph search Viamca
    clustergraph search Lombardia
    clustergraph search 'Funding Scheme'
    """
    from clustergraph.questions.answer import Cell

    hits = context.graph().search(text, limit)
    rows = [
        [Cell(hit.label), Cell(hit.class_), Cell(hit.name), Cell(hit.counted), Cell(", ".join(hit.questions)),
         Cell(hit.score), Cell(hit.iri)]
        for hit in hits
    ]  # fmt: skip
    click.echo(table(("label", "class", "name", "count", "questions", "score", "iri"), rows), nl=False)
