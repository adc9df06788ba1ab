"""Pages of the documentation that are made: every term and code of the ontology, and every question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import Literal, Quad, QuerySolution, QuerySolutions, Store

from clustergraph.build.sources import Project, rdf_files, read_all
from clustergraph.questions import Parameter, Question, load
from clustergraph.terms import PREFIXES, SCHEME, compact

_LONG_LISTS = 60

_TERMS = """SELECT ?term ?definition ?example ?scope (GROUP_CONCAT(DISTINCT STR(?up); separator=" ") AS ?ups)
    (SAMPLE(?domain) AS ?from) (SAMPLE(?range) AS ?to) WHERE {{
  ?term a {type} ; skos:definition ?definition FILTER STRSTARTS(STR(?term), STR(cg:))
  OPTIONAL {{ ?term skos:example ?example }} OPTIONAL {{ ?term skos:scopeNote ?scope }}
  OPTIONAL {{ ?term rdfs:subClassOf|rdfs:subPropertyOf ?up FILTER isIRI(?up) }}
  OPTIONAL {{ ?term rdfs:domain ?domain FILTER isIRI(?domain) }}
  OPTIONAL {{ ?term rdfs:range ?range FILTER isIRI(?range) }}
}} GROUP BY ?term ?definition ?example ?scope ORDER BY ?term"""

_LISTS = "SELECT ?list ?title { ?list a skos:ConceptScheme ; skos:prefLabel ?title } ORDER BY ?list"

_CODES = """SELECT ?code ?label ?definition {{
  ?concept skos:inScheme <{list}> ; skos:notation ?code ; skos:prefLabel ?label
  OPTIONAL {{ ?concept skos:definition ?definition }} }} ORDER BY ?code"""


def glossary(store: Store) -> str:
    """Return the page; the default graph of the store must hold the ontology and its code lists."""
    lines = [
        "# Terms and codes",
        "",
        "Made from the ontology by `make docs`; do not edit. How they fit together is in [model.md](model.md).",
    ]
    for title, type_ in (("Classes", "owl:Class"), ("Links", "owl:ObjectProperty"), ("Values", "owl:DatatypeProperty")):
        lines += ["", f"## {title}", "", "| term | definition | example |", "| --- | --- | --- |"]
        lines += [_term(row) for row in _rows(store, _TERMS.format(type=type_))]
    lines += ["", "## Code lists"]
    for row in _rows(store, _LISTS):
        lines += _list(store, row)
    return "\n".join(lines) + "\n"


def _rows(store: Store, query: str) -> QuerySolutions:
    rows = store.query(query, prefixes=PREFIXES)
    assert isinstance(rows, QuerySolutions)
    return rows


def _text(row: QuerySolution, column: str) -> str:
    value = row[column]
    return value.value.replace("|", "\\|") if isinstance(value, Literal) else ""


def _term(row: QuerySolution) -> str:
    term = compact(row["term"].value)
    above = ", ".join(f"`{compact(iri)}`" for iri in sorted(_text(row, "ups").split()))
    ends = [f"`{compact(row[end].value)}`" if row[end] else "anything" for end in ("from", "to")]
    facts = f"In {above}. " if above else ""
    if row["from"] or row["to"]:
        facts += f"{ends[0]} → {ends[1]}. "
    return (
        f"| `{term}` | {facts}{_text(row, 'definition')} {_text(row, 'scope')}".rstrip()
        + f" | {_text(row, 'example')} |"
    )


def _list(store: Store, row: QuerySolution) -> Iterator[str]:
    iri = row["list"].value
    codes = list(_rows(store, _CODES.format(list=iri)))
    yield from ("", f"### {iri.removeprefix(SCHEME)}: {_text(row, 'title')}", "")
    if len(codes) > _LONG_LISTS:
        yield f"{len(codes)} concepts below <{iri}/>, found by `skos:prefLabel`."
        return
    yield from ("| code | label | definition |", "| --- | --- | --- |")
    for code in codes:
        yield f"| `{_text(code, 'code')}` | {_text(code, 'label')} | {_text(code, 'definition')} |"


def questions_page(questions: Iterable[Question]) -> str:
    """Return the page that lists the questions, each with its parameters."""
    lines = [
        "# The questions",
        "",
        "Made from `queries/` by `make docs`; do not edit. How to ask: [questions.md](questions.md).",
        "",
    ]
    for question in questions:
        lines += [f"## {question.title}", "", f"`{question.name}`. {' '.join(question.description.split())}", ""]
        lines += [_parameter(parameter) for parameter in question.parameters.values()]
        lines += [""] if question.parameters else []
        lines += [f"Shown as a {question.view.kind}.", ""] if question.view.kind != "table" else []
    return "\n".join(lines).rstrip() + "\n"


def _parameter(parameter: Parameter) -> str:
    kind = f"{parameter.type} of {parameter.of}" if parameter.of else parameter.type
    several, needed = ", several" if parameter.many else "", ", needed" if parameter.required else ""
    usual = f"; usually {', '.join(parameter.default)}" if parameter.default else ""
    return f"- `{parameter.name}`: {parameter.label} ({kind}{several}{needed}{usual})"


def main() -> None:
    """Write the pages of the project in the current folder."""
    project = Project(Path.cwd())
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object) for q in read_all(rdf_files(project.ontology)))
    docs = project.root / "docs"
    (docs / "terms.md").write_text(glossary(store), "utf-8")
    (docs / "catalogue.md").write_text(questions_page(load(project.queries).values()), "utf-8")


if __name__ == "__main__":
    main()
