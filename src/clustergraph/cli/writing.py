"""The command that writes files in canonical form."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from clustergraph import turtle
from clustergraph.build.sources import rdf_files, syntax_error
from clustergraph.build.tokens import Tokens
from clustergraph.cli.context import Context, pass_context
from clustergraph.errors import Exit, SourceError, Where
from clustergraph.formats import of_file


@click.command(name="format")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if a file would change.")
@pass_context
def format_(context: Context, paths: tuple[Path, ...], check: bool) -> None:
    """Rewrite Turtle and TriG files in canonical form, so that diffs show only what has changed.

    Without PATHS, all files of the project. A file with comments is refused, since they would be lost.
    """
    project = context.project
    files = rdf_files(*(paths or (project.ontology, project.shapes, project.data)))
    changed = [path for path in files if path.suffix in (".ttl", ".trig") and _rewrite(path, check)]
    for path in changed:
        click.echo(f"{'would rewrite' if check else 'rewrote'} {path}", err=True)
    sys.exit(Exit.FINDINGS if check and changed else Exit.FINE)


def _rewrite(path: Path, check: bool) -> bool:
    format_ = of_file(path)
    assert format_ is not None
    text = path.read_text("utf-8")
    try:
        new = turtle.canonical(text, format_)
    except SyntaxError as error:
        raise syntax_error(path, error) from error
    if comment := _comment_line(text):
        raise SourceError("comments are not kept", where=Where(path, comment), advice="say it in an rdfs:comment")
    if new == text:
        return False
    if not check:
        path.write_text(new, "utf-8")
    return True


def _comment_line(text: str) -> int | None:
    """Return the line of the first comment in a well-formed text."""
    tokens, end = Tokens(text), 0
    while True:
        gap = text[end : tokens.token.start]
        if "#" in gap:
            return tokens.line_column(end + gap.index("#"))[0]
        if tokens.token.kind == "end":
            return None
        end = tokens.token.start + len(tokens.token.text)
        tokens.advance()


COMMANDS = (format_,)
