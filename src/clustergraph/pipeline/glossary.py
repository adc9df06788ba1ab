"""Pages of the documentation that are made: every term and code of the ontology, its alignments, and every question."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import jinja2
from pyoxigraph import Literal, Quad, Store

from clustergraph.pipeline.project import Project
from clustergraph.questions.question import Question, load
from clustergraph.rdf.reading import rdf_files, read_all, solutions
from clustergraph.terms import SCHEME, compact


def glossary(store: Store) -> str:
    """Return the page of terms; the default graph of the store must hold the ontology and its code lists."""
    return _page("terms.md", select=partial(solutions, store), scheme=SCHEME)


def questions_page(questions: Iterable[Question]) -> str:
    """Return the page that lists the questions, each with its parameters."""
    return _page("catalogue.md", questions=list(questions), told=_told)


def _told(fixed: Mapping[str, Sequence[str]], renamed: Mapping[str, str]) -> str:
    """Return what is given, and what has another name now."""
    told = [f"`{name}` {', '.join(values)}" for name, values in fixed.items()]
    return "; ".join([*told, *(f"`{new}` for `{old}`" for old, new in renamed.items())])


def alignments_page(table: str) -> str:
    """Return the page of the alignments, whose table is in SSSOM."""
    lines = (line for line in table.splitlines() if not line.startswith("#"))
    return _page("alignments.md", rows=list(csv.DictReader(lines, delimiter="\t")))


def _page(name: str, **facts: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("clustergraph.pipeline"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it is Markdown
    )
    environment.filters |= {"compact": compact, "cell": _cell}
    return environment.get_template(name).render(facts)


def _cell(value: object) -> str:
    return value.value.replace("|", "\\|") if isinstance(value, Literal) else ""


def main() -> None:
    """Write the pages of the project in the current folder."""
    project = Project(Path.cwd())
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object) for q in read_all(rdf_files(*project.ontology.folders)))
    docs = project.root / "docs"
    (docs / "terms.md").write_text(glossary(store), "utf-8")
    table = project.ontology.find("alignments.sssom.tsv").read_text("utf-8")
    (docs / "alignments.md").write_text(alignments_page(table), "utf-8")
    (docs / "catalogue.md").write_text(questions_page(load(project.queries).values()), "utf-8")


if __name__ == "__main__":
    main()
