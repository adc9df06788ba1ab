"""The command that drafts a profile from a file of tables: ``clustergraph import --sketch``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clustergraph.cli.context import Context, pass_context
from clustergraph.errors import SourceError, Where

if TYPE_CHECKING:
    from clustergraph.imports.ambiguity import Ambiguity


@click.command(hidden=True)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="[default: imports/NAME in the project]")
@click.option("--name", default="", help="What the profile is called.  [default: as the file]")
@click.option("--encoding", default="", help="The encoding of a text, if it is not UTF-8.")
@click.option("--delimiter", default="", help="What stands between the cells of a text.")
@click.option("--country", default="", help="The country of all rows, if no column tells it.")
@click.option("--currency", default="", help="The currency of all amounts (EUR, DKK ...), if no column tells it.")
@click.option("--publisher", default="", help="Who publishes the file.")
@click.option("--licence", default="", help="The address of its licence.")
@pass_context
def sketch(
    context: Context,
    file: Path,
    out: Path | None,
    name: str,
    encoding: str,
    delimiter: str,
    country: str,
    currency: str,
    publisher: str,
    licence: str,
) -> None:
    """Write the first draft of a profile for FILE, from its headings and values.

    \b
    clustergraph import --sketch clusters.xlsx --country Portugal
    clustergraph import clusters clusters.xlsx

    Headings are known in eight languages. Where something can be read in two ways, it is asked on a terminal; elsewhere
    the question stands in the draft, and an import refuses it until it is answered there.
    """
    from clustergraph.imports.draft import FileOrigin, files, to_do
    from clustergraph.imports.sketch import look
    from clustergraph.terms import slug

    name = name or slug(file.stem) or "draft"
    folder = out or context.project.root / "imports" / name
    if folder.is_dir() and any(folder.iterdir()):
        raise SourceError("there is a profile already", where=Where(folder), advice="choose another --out or --name")
    given = {"encoding": encoding, "delimiter": delimiter.replace("\\t", "\t")}
    ask = _ask if sys.stdin.isatty() and sys.stderr.isatty() else None
    constants = {"country": country, "currency": currency}
    tables = look(file, {key: value for key, value in given.items() if value}, ask, constants)
    origin = FileOrigin(file.name, publisher, licence)
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files(name, tables, origin).items():
        (folder / path).write_text(text, "utf-8")
    click.echo(f"a draft for {sum(len(table.columns) for table in tables)} columns is in {folder}", err=True)
    for each in to_do(tables, origin):
        click.echo(f"to do: {each}", err=True)


def _ask(question: Ambiguity) -> str:
    """Ask on the terminal, and return the answer."""
    answers = list(question.answers)
    click.echo(question.text, err=True)
    for number, answer in enumerate(answers, 1):
        click.echo(f"  {number}  {answer}", err=True)
    return answers[click.prompt("which", type=click.IntRange(1, len(answers)), err=True) - 1]
