"""Commands that begin something: a project, and the skeleton of a document in one."""

from __future__ import annotations

from pathlib import Path

import click

from clustergraph.cli.context import Context, pass_context


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--title", help="What it is called.  [default: the name of the folder]")
@click.option("--base", help="What the IRIs of its own things begin with.  [default: https://FOLDER.example.org/]")
@click.option("--publisher", default="", help="Who publishes it.  [default: the title]")
@click.option("--homepage", default="", help="The page of who publishes it.  [default: the base]")
@click.option("--licence", default="CC_BY_4_0", show_default=True, help="A code of the EU's list, or an address.")
@click.option("--contact", default="", help="The e-mail address of an office.")
@click.option(
    "--language", "languages", multiple=True, help="A language of names, the preferred one first.  [default: en]"
)
@click.option("--field", "scope", multiple=True, help="A field that it is about: a code of the list of fields.")
def init(
    folder: Path,
    title: str | None,
    base: str | None,
    publisher: str,
    homepage: str,
    licence: str,
    contact: str,
    languages: tuple[str, ...],
    scope: tuple[str, ...],
) -> None:
    """Begin a project in FOLDER, which must be new or empty.

    \b
    clustergraph init my-clusters
    cd my-clusters
    clustergraph serve --build

    It has a small example of invented bodies, clustergraph.toml with what it says of itself, folders for shapes,
    questions and profiles of its own, and files for CI; it is valid, and can be built, served and exported as it is.
    """
    from clustergraph.pipeline.configuration import used
    from clustergraph.pipeline.keys import KEYS
    from clustergraph.pipeline.skeleton import Beginning
    from clustergraph.terms import slug

    words = folder.absolute().name
    said = {
        "title": title or words.replace("-", " ").replace("_", " ").strip().capitalize() or "Clusters",
        "base": base or f"https://{slug(words) or 'clusters'}.example.org/",
        "licence": licence,
        "languages": list(languages or ("en",)),
        "scope": list(scope),
        "publisher.name": publisher,
        "publisher.homepage": homepage,
        "contact.email": contact,
    }
    for name, value in said.items():
        used(_OPTIONS.get(name, f"--{name}"), value, KEYS[name])
    names = (str(said["title"]), str(said["base"]))
    beginning = Beginning(*names, publisher, homepage, licence, contact, languages or ("en",), scope)
    beginning.write(folder)
    click.echo(f"{folder} is a project; next:", err=True)
    click.echo(f'  cd "{folder}"\n  clustergraph serve --build', err=True)


_OPTIONS = {
    "languages": "--language",
    "scope": "--field",
    "publisher.name": "--publisher",
    "publisher.homepage": "--homepage",
    "contact.email": "--contact",
}


@click.group()
def add() -> None:
    """Add the skeleton of something to the project."""


@add.command()
@click.argument("name")
@click.option("--title", help="What the document is called.  [default: the name]")
@click.option("--issued", default="", help="When it was issued: a year, month or day.")
@click.option("--language", help="The language that it is written in.  [default: the first of the project]")
@click.option(
    "--section", "sections", multiple=True, metavar="NUMBER HEADING", help="A section, such as '2.1 Partners'."
)
@pass_context
def source(
    context: Context, name: str, title: str | None, issued: str, language: str | None, sections: tuple[str, ...]
) -> None:
    """Write the skeleton of a document into data/NAME: what it is, its sections, and a place for notes.

    \b
    clustergraph add source annual-report --title 'Annual report 2026' --issued 2026-11 \\
        --section '1 Members' --section '1.1 New members' --section '2 Projects'

    Each section is a graph, in which the statements of that section stand: write them into files of the same folder.
    """
    from clustergraph.pipeline.configuration import used
    from clustergraph.pipeline.keys import KEYS
    from clustergraph.pipeline.skeleton import DocumentSkeleton

    configuration = context.project.configuration
    context.project.check()
    if language:
        used("--language", [language], KEYS["languages"])
    skeleton = DocumentSkeleton(
        name,
        title or name.replace("-", " ").capitalize(),
        configuration.base,
        issued,
        language or configuration["languages"][0],
        sections or ("1 Introduction",),
    )
    for path in skeleton.write(context.project.data):
        click.echo(f"wrote {path}", err=True)
