"""The command that carries data to a newer version of the ontology."""

import sys
from pathlib import Path

import click

from clustergraph.cli.context import Context, pass_context
from clustergraph.errors import Exit


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--to", metavar="VERSION", help="The version of the ontology to reach.  [default: the newest]")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option("--list", "list_", is_flag=True, help="Say what each step changes, and which questions have successors.")
@pass_context
def migrate(context: Context, paths: tuple[Path, ...], to: str | None, dry_run: bool, list_: bool) -> None:
    """Carry data from an older version of the ontology to a newer one.

    \b
    clustergraph migrate                     the data of the project
    clustergraph migrate my-data more.trig   any files, and folders of them
    clustergraph migrate --dry-run           what would change
    clustergraph migrate --list              all that has changed since

    Turtle, TriG, N-Triples and N-Quads are read together and written again, each statement in the file where its graph
    is. What no step can carry over is listed with file and line. All files are computed before one is written; a file
    with comments is refused, since they would be lost. What has been migrated already stays as it is.

    Exits with 0 if all is carried over, 1 if something is left to do by hand, 2 if it could not run.
    """
    from clustergraph.pipeline.configuration import pin
    from clustergraph.pipeline.migration import Migration
    from clustergraph.pipeline.project import ontology_version

    if list_:
        _list(context, to)
        return
    migration = Migration(context.project, paths or [context.project.data], to)
    for effect in migration.run():
        click.echo(f"{effect.step.name}: {effect.step.title}")
        click.echo(f"  {effect.went:,} statements went, {effect.came:,} came")
        click.echo(f"  {effect.step.meaning}")
    texts = migration.texts
    if not dry_run:
        migration.write()
    for path in texts:
        click.echo(f"{'would rewrite' if dry_run else 'rewrote'} {path}", err=True)
    remains = migration.remains(written=not dry_run)
    for each in remains:
        click.echo(str(each))
    if not (paths or dry_run or remains or to or context.project.whole):
        pin(context.root, ontology_version())
    if not texts and not remains:
        click.echo("nothing is to be migrated", err=True)
    sys.exit(Exit.FINDINGS if remains else Exit.FINE)


def _list(context: Context, to: str | None) -> None:
    """Print the steps, and the questions that have successors."""
    from clustergraph.pipeline.migration import steps
    from clustergraph.questions.successors import successors
    from clustergraph.terms import compact

    for step in steps(context.project.migrations, to):
        click.echo(f"{step.name}: {step.title}")
        click.echo(f"  {step.meaning}")
        for old, new in step.terms.items():
            click.echo(f"  {compact(old.value)} → {', '.join(compact(term.value) for term in new) or '–'}")
    for successor in successors(context.project.queries):
        click.echo(f"question: {successor.note}")
