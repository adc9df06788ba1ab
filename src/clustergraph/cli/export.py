"""Commands that export: the graph in the forms that others take."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clustergraph.cli.context import Context, pass_context, progress
from clustergraph.errors import ClustergraphError, Exit
from clustergraph.export import profiles
from clustergraph.export.dump import FORMATS, extension, lines_of
from clustergraph.export.dump import dump as write_dump
from clustergraph.formats import RDF_FORMATS, of_file
from clustergraph.questions.parameters import last_day

if TYPE_CHECKING:
    from clustergraph.release.artefacts import Made
    from clustergraph.shacl.findings import Finding

_FORMAT = "[default: what the name of the file says, or else the first]"
_OUT = click.option(
    "--out", type=click.Path(path_type=Path), default=Path(), help="A file or a folder.  [default: here]"
)


class _WithProfiles(click.Group):
    """A group that has a command for each profile of the project, beside its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        found = ctx.find_object(Context)
        return sorted({*super().list_commands(ctx), *(profiles.names(found.project.queries) if found else ())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        own, found = super().get_command(ctx, cmd_name), ctx.find_object(Context)
        if own or found is None or cmd_name not in profiles.names(found.project.queries):
            return own
        return _command(profiles.load(cmd_name, found.project.queries, found.project.shapes))


@click.group(cls=_WithProfiles)
def export() -> None:
    """Write the current release in a form that others take."""


@export.command()
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
    from clustergraph.rdf import writers

    found = context.source(release)
    path, name = target(out, f"clustergraph-{found.name}", format_, FORMATS, compress=gzip)
    if str(out) == "-":
        sys.stdout.buffer.writelines(writers.write(lines_of(found), name))
        return
    with progress() as tell:
        written = write_dump(lines_of(found), name, path, compress=path.suffix == ".gz", progress=tell)
    click.echo(f"{path}: {written.bytes:,} bytes, sha256 {written.sha256}", err=True)


@export.command()
@click.option("--format", "format_", type=click.Choice([*RDF_FORMATS]), help=_FORMAT)
@click.option("--force", is_flag=True, help="Write it even if it breaks its profile.")
@_OUT
@pass_context
def dcat(context: Context, format_: str | None, force: bool, out: Path) -> None:
    """Write the description for data portals: DCAT-AP 3.0.1 and VoID.

    \b
    clustergraph export dcat --out catalogue.ttl

    It lists the files that `clustergraph export all` writes, with their sizes and checksums. Who publishes them is said
    in the project's clustergraph.toml. Exits with 1, and writes nothing, if it breaks its profile.
    """
    from pyoxigraph import RdfFormat, parse

    from clustergraph.rdf.files import write_pieces
    from clustergraph.rdf.reading import read_all
    from clustergraph.shacl.findings import Severity
    from clustergraph.shacl.validate import validate

    release, made = _prepared(context)
    shapes = context.project.shapes.find("profiles/dcat-ap.ttl")
    if shapes.is_file():
        found = validate(parse(path=_description(made), format=RdfFormat.TURTLE), read_all([shapes]))
        _refuse([each for each in found if each.severity is Severity.VIOLATION], "the description", "profile", force)
    path, name = target(out, f"clustergraph-{release.name}-dcat", format_, [*RDF_FORMATS], compress=False)
    written = write_pieces(path, [_description(made, name).read_bytes()])
    click.echo(f"{path}: {written.bytes:,} bytes", err=True)


@export.command(name="all")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="A folder to copy them to.")
@pass_context
def all_(context: Context, out: Path | None) -> None:
    """Make every file that the service offers for download, and copy them to a folder.

    \b
    clustergraph export all --out files

    A build makes them too. They are made again only if something has changed that bears on them.
    """
    from clustergraph.rdf.files import whole

    release, made = _prepared(context)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        files = {each.dated(release.name): made.path(each) for each in made.downloads}
        for name, path in {**files, f"clustergraph-{release.name}-dcat.ttl": _description(made)}.items():
            with path.open("rb") as old, whole(out / name) as new:
                shutil.copyfileobj(old, new)
    for each in made.downloads:
        click.echo(f"{each.bytes:>12,}  {each.name}  {each.title}")


def _prepared(context: Context) -> tuple[Path, Made]:
    """Return the current release, and all that is made of it."""
    from clustergraph.pipeline.exports import prepare

    release = context.current()
    with progress() as tell:
        return release, prepare(release, context.project, tell)


def _description(made: Made, format_: str = "turtle") -> Path:
    found = made.description(format_)
    assert found is not None
    return found


@export.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write.")
@click.option("--cluster", "clusters", multiple=True, help="Only this cluster; can be given again.")
@click.option("--region", "regions", multiple=True, help="Only clusters in this region or country; can be given again.")
@click.option("--as-of", default="", help="Leave out what is known to be later than this year, month or day.")
@click.option("--force", is_flag=True, help="Write the package even if it breaks its profile.")
@pass_context
def eccp(
    context: Context, out: Path, clusters: tuple[str, ...], regions: tuple[str, ...], as_of: str, force: bool
) -> None:
    """Write a package of cluster profiles for the European Cluster Collaboration Platform.

    \b
    clustergraph export eccp --out eccp
    clustergraph export eccp --out eccp --cluster 'Alpine Plastics' --cluster bwcon
    clustergraph export eccp --out eccp --region FRK --as-of 2017

    RDF in four forms, the table of the form as CSV and Excel, a report of the gaps and the admission rules, the SHACL
    report, and a manifest. Exits with 1, and writes nothing, if the package breaks its profile.
    """
    from clustergraph.eccp import contents, package  # slow to import
    from clustergraph.eccp.recipe import PackageOrigin, Recipe

    contents.check_folder(out)
    made = context.releases.release()
    day = _last_day(as_of) if as_of else date.fromisoformat(made.created[:10])
    origin = PackageOrigin(made.digest, day.isoformat(), clusters, regions, as_of)
    recipe = Recipe(context.project.eccp, context.project.shapes.find("profiles/eccp.ttl"))
    with progress() as tell:
        built = package.Package(context.graph(), recipe, origin, tell)
        if force or not built.violations:
            tell("writing the package")
            manifest = contents.write(built, out, force=force)
    _refuse(built.violations, "the package", "profile", force)
    click.echo(f"{len(built.assessments)} profiles, in {out}", err=True)
    for title in ("rules", "gaps"):
        counts = manifest["counts"][title].items()
        click.echo(f"{title}: {', '.join(f'{count} {word}' for word, count in counts if count)}", err=True)


def _last_day(text: str) -> date:
    found = last_day(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a date; write 2016, 2016-05 or 2016-05-01")
    return found


def _command(profile: profiles.Profile) -> click.Command:
    """Return the command that writes what a profile makes of the graph."""

    @click.command(
        profile.name,
        help=f"{profile.description}\n\nExits with 1, and writes nothing, if the result breaks its shapes.",
        short_help=profile.title,
    )
    @_OUT
    @click.option("--format", "format_", type=click.Choice(profiles.FORMATS), help=_FORMAT)
    @click.option("--gzip", is_flag=True, help="Pack the file.")
    @click.option("--force", is_flag=True, help="Write it even if it breaks its shapes.")
    @pass_context
    def write(context: Context, out: Path, format_: str | None, gzip: bool, force: bool) -> None:
        stem = f"clustergraph-{context.current().name}-{profile.name}"
        path, name = target(out, stem, format_, profiles.FORMATS, compress=gzip)
        with progress() as tell:
            tell(f"asking the queries of {profile.name}")
            made = profiles.Rendering(profile, context.graph().store)
            tell(f"validating {made.statements:,} statements")
            findings = made.violations()
            if not findings or force:
                tell(f"writing {path}")
                write_dump(made.lines, name, path, compress=path.suffix == ".gz", context=profile.context)
        _refuse(findings, profile.name, "shapes", force)
        click.echo(f"{path}: {made.statements:,} statements", err=True)

    return write


def _refuse(findings: list[Finding], what: str, whose: str, force: bool) -> None:
    """Show what something breaks; exit unless it is to be written even so."""
    from clustergraph.shacl import reports

    if not findings:
        return
    click.echo(reports.write(findings, "text"), nl=False, err=True)
    if not force:
        click.echo(f"error: {what} breaks its {whose} and is not written; --force writes it", err=True)
        sys.exit(Exit.FINDINGS)


def target(out: Path, name: str, asked: str | None, known: Sequence[str], *, compress: bool) -> tuple[Path, str]:
    """Return the file to write, and its format.

    A folder gets a file with a telling name, a file keeps its own. The format is what is asked for, or what the name of
    the file says, or the first that is known. A name that says another, or none, raises `ClustergraphError`.

    >>> path, format_ = target(Path("."), "clustergraph-c98ce04d", None, ["nquads", "trig"], compress=True)
    >>> path.name, format_, target(Path("all.trig.gz"), "c98ce04d", None, ["nquads", "trig"], compress=True)[1]
    ('clustergraph-c98ce04d.nq.gz', 'nquads', 'trig')
    """
    if out.is_dir() or not out.suffix:
        format_ = asked or known[0]
        return out / f"{name}{extension(format_, compress=compress)}", format_
    if asked:
        return out, asked
    named = of_file(out.with_suffix("") if out.suffix == ".gz" else out)
    if named is None or named.name not in known:
        endings = ", ".join(extension(name, compress=False) for name in known)
        advice = f"let it end in one of {endings}, or say which --format it has"
        raise ClustergraphError(f"{out} cannot be written in the format that its name says", advice=advice)
    return out, named.name
