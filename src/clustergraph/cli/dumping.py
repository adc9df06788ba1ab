"""Commands that export the graph as a whole, and its description."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import click

from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.cli.paths import current, format_for, source, target
from clustergraph.errors import Exit
from clustergraph.export.dump import FORMATS
from clustergraph.formats import RDF_FORMATS

_FORMAT = "[default: what the name of the file says, or else the first]"
_OUT = click.option(
    "--out", type=click.Path(path_type=Path), default=Path(), help="A file or a folder.  [default: here]"
)


@click.command()
@click.option("--format", "format_", type=click.Choice(FORMATS), help=_FORMAT)
@click.option("--release", "release", default="current", help="The start of a digest.  [default: the current release]")
@click.option(
    "--gzip/--no-gzip", default=True, show_default=True, help="Pack the file, unless --out names it otherwise."
)
@_OUT
@pass_context
def dump(context: Context, format_: str | None, release: str, gzip: bool, out: Path) -> None:
    """Write every statement of a release.

    \b
    clustergraph export dump                            clustergraph-<digest>.nq.gz
    clustergraph export dump --out all.trig
    clustergraph export dump --out -                    to standard output, as N-Quads

    The same release always gives the same bytes, and a statement has a line of its own. Turtle has the merged graph
    without its sections; the others can be imported again.
    """
    from clustergraph.export import writers
    from clustergraph.export.dump import dump as write
    from clustergraph.export.dump import extension, lines_of

    found = source(context, release)
    name = format_for(out, format_, FORMATS)
    if str(out) == "-":
        for piece in writers.WRITERS[name](lines_of(found)):
            sys.stdout.buffer.write(piece)
        return
    path = target(out, f"clustergraph-{found.name}", extension(name, compress=gzip))
    with progress() as tell:
        written = write(lines_of(found), name, path, compress=path.suffix == ".gz", progress=tell)
    click.echo(f"{path}: {written.bytes:,} bytes, sha256 {written.sha256}", err=True)


@click.command()
@click.option("--format", "format_", type=click.Choice([*RDF_FORMATS]), help=_FORMAT)
@click.option("--force", is_flag=True, help="Write it even if it breaks its profile.")
@_OUT
@pass_context
def dcat(context: Context, format_: str | None, force: bool, out: Path) -> None:
    """Write the description for data portals: DCAT-AP 3.0.1 and VoID.

    \b
    clustergraph export dcat --out catalogue.ttl

    It lists the files that `clustergraph export all` writes, with their sizes and checksums. Who publishes them is said
    in queries/exports/dcat/publication.yaml. Exits with 1, and writes nothing, if it breaks its profile.
    """
    from pyoxigraph import RdfFormat, parse, serialize

    from clustergraph.cli.profiles import violations
    from clustergraph.export.files import whole
    from clustergraph.shacl import reports

    release = _prepared(context)
    content = (release / "description.ttl").read_bytes()
    shapes = context.project.shapes / "profiles" / "dcat-ap.ttl"
    found = violations(parse(content, format=RdfFormat.TURTLE), shapes) if shapes.is_file() else []
    if found:
        click.echo(reports.write(found, "text"), nl=False, err=True)
        if not force:
            click.echo("error: the description breaks its profile and is not written; --force writes it", err=True)
            sys.exit(Exit.FINDINGS)
    name = format_for(out, format_, [*RDF_FORMATS])
    path = target(out, f"clustergraph-{release.name}-dcat", f".{RDF_FORMATS[name].extensions[0]}")
    if name != "turtle":
        triples = (quad.triple for quad in parse(content, format=RdfFormat.TURTLE))
        buffer = io.BytesIO()
        serialize(triples, buffer, RDF_FORMATS[name].engine)
        content = buffer.getvalue()
    with whole(path) as file:
        file.write(content)
    click.echo(f"{path}: {len(content):,} bytes", err=True)


@click.command(name="all")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="A folder to copy them to.")
@pass_context
def all_(context: Context, out: Path | None) -> None:
    """Make every file that the service offers for download, and copy them to a folder.

    \b
    clustergraph export all --out files

    A build makes them too. They lie in the release, and are made again only if something has changed.
    """
    from clustergraph.export import downloads

    release = _prepared(context)
    _, files = downloads.read(release)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        for each in files:
            _copy(release / downloads.FOLDER / each.name, out / each.dated(release.name))
        _copy(release / "description.ttl", out / f"clustergraph-{release.name}-dcat.ttl")
    for each in files:
        click.echo(f"{each.bytes:>12,}  {each.name}  {each.title}")


def _copy(source: Path, copy: Path) -> None:
    from clustergraph.export.files import whole

    with source.open("rb") as old, whole(copy) as new:
        shutil.copyfileobj(old, new)


def _prepared(context: Context) -> Path:
    """Return the current release with all its exports made."""
    from clustergraph.build.exports import Exports

    release = current(context)
    with progress() as tell, context.releases.lock(_WAIT):
        Exports(context.project.queries, context.project.shapes).prepare(release, tell)
    return release


_WAIT = 600.0
"""How many seconds to wait for a build that is under way."""

COMMANDS = (dump, dcat, all_)
