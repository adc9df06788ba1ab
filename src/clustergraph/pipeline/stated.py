"""What a graph is made of before anything follows: what its files state, and its questions, rules and shapes."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad, Store

from clustergraph.errors import SourceError
from clustergraph.pipeline.configuration import Configuration
from clustergraph.pipeline.imported_names import ImportedNames
from clustergraph.pipeline.project import Project
from clustergraph.questions import card, conflict, question, rules
from clustergraph.questions.catalogue import catalogue
from clustergraph.rdf.reading import rdf_files, read, read_all
from clustergraph.terms import CATALOGUE, SCHEME, expand

_IN_SCHEME: Final = expand("skos:inScheme")
_FIELDS: Final = NamedNode(f"{SCHEME}field")


def stated(project: Project, files: Iterable[Path], progress: Callable[[str], None] = lambda _: None) -> Store:
    """Return what files of a project state, and its catalogue, in named graphs; `SourceError` if one cannot be read."""
    project.check()
    store = Store()
    for path in files:
        progress(f"reading {project.name(path)}")
        store.bulk_extend(read(path))
    ImportedNames.of(store).settle(store)
    questions, found_by = question.load(project.queries), conflict.load_rules(project.queries)
    followed = [*rules.load(project.rules), *rules.load(project.audit)]
    shown = card.load_cards(project.queries)
    store.extend(catalogue(questions.values(), followed, found_by.values(), shown.values()))
    if project.configuration.given:
        _check_scope(project.configuration, store)
        store.extend(project.configuration.imprint.quads())
    described = read_all(rdf_files(*project.shapes.folders))
    store.extend(Quad(quad.subject, quad.predicate, quad.object, CATALOGUE) for quad in described)
    return store


def _check_scope(configuration: Configuration, store: Store) -> None:
    """Raise `SourceError` if a field that the project is about is none."""
    fields = {quad.subject.value for quad in store.quads_for_pattern(None, _IN_SCHEME, _FIELDS, None)}  # type: ignore[union-attr]
    for said, field in zip(configuration["scope"], configuration.scope, strict=True):
        if field not in fields:
            codes = [each.rpartition("/")[2] for each in fields]
            near = get_close_matches(said.lower(), codes, 3, 0.5)
            advice = f"did you mean {' or '.join(near)}?" if near else "docs/terms.md lists the fields"
            raise SourceError(f"{said!r} is no field", where=configuration.where("scope"), advice=advice)
