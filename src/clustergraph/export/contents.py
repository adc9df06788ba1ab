"""What is in a package: the profiles in every form, the gap reports and the SHACL report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyoxigraph import NamedNode, Quad, QuerySolutions, RdfFormat, serialize

from clustergraph import turtle
from clustergraph.export import form, gap_reports, workbook
from clustergraph.export.eccp import Profiles, Recipe
from clustergraph.export.package import TITLE, Package
from clustergraph.export.tree import Tree, iri
from clustergraph.export.tree import write as write_json
from clustergraph.shacl import reports
from clustergraph.terms import GRAPH, PREFIXES, slug

_NAME: Final = NamedNode(PREFIXES["skos"] + "prefLabel")
_PREFIXES: Final = {**PREFIXES, "adms": "http://www.w3.org/ns/adms#"}


def files(package: Package) -> dict[str, bytes]:
    """Return the files of a package by name, without the manifest."""
    profiles, recipe = package.profiles, package.recipe
    quads = profiles.quads()
    tree = Tree.of(quads, recipe.context, profiles.things)
    headings, table = form.rows(recipe.columns, profiles.answers)
    sheets = [
        workbook.Sheet("Profiles", headings, table, numbers=True),
        workbook.Sheet("Code lists", *_code_lists(profiles)),
        workbook.Sheet("Columns", *_columns(recipe)),
    ]
    findings = package.findings
    return {
        "profiles.ttl": turtle.write(quads, _PREFIXES).encode(),
        "profiles.jsonld": write_json(quads, profiles.things, recipe.context, "clusters").encode(),
        "profiles.rdf": _xml(quads),
        "profiles.nq": _lines(_by_profile(tree, quads)),
        "profiles.csv": gap_reports.table(headings, table).encode(),
        "profiles.xlsx": workbook.write(TITLE, sheets),
        "gaps.md": gap_reports.markdown(package.report).encode(),
        "gaps.html": gap_reports.html(package.report).encode(),
        "gaps.csv": gap_reports.csv(package.report).encode(),
        "report.ttl": reports.write(findings, "turtle").encode(),
        "report.txt": reports.write(findings, "text").encode(),
    }


def _xml(quads: Sequence[Quad]) -> bytes:
    predicates = {quad.predicate.value for quad in quads}
    used = {name: space for name, space in _PREFIXES.items() if any(iri_.startswith(space) for iri_ in predicates)}
    content = serialize((quad.triple for quad in quads), format=RdfFormat.RDF_XML, prefixes=used)
    assert content is not None
    return content


def _lines(quads: Sequence[Quad]) -> bytes:
    content = serialize(quads, format=RdfFormat.N_QUADS)
    assert content is not None
    return b"".join(sorted(set(content.splitlines(keepends=True))))


def _by_profile(tree: Tree, quads: Sequence[Quad]) -> list[Quad]:
    """Return quads with a graph for each profile, so that one can be replaced without the others."""
    by_subject: dict[str, list[Quad]] = {}
    for quad in quads:
        by_subject.setdefault(iri(quad.subject), []).append(quad)
    return [
        Quad(quad.subject, quad.predicate, quad.object, NamedNode(f"{GRAPH}eccp/{slug(root.rsplit('/', 1)[-1])}"))
        for root in tree.roots
        for node in tree.reached(root)
        for quad in by_subject.get(node, ())
        if node == root or node not in tree.roots or quad.predicate == _NAME
    ]


def _code_lists(profiles: Profiles) -> tuple[list[str], list[list[str]]]:
    query = """SELECT DISTINCT ?list ?code ?label ?iri ?state {
      { ?iri skos:inScheme ?scheme ; skos:prefLabel ?label . ?scheme skos:prefLabel ?list
        OPTIONAL { ?iri skos:notation ?code } OPTIONAL { ?scheme <http://www.w3.org/ns/adms#status> ?state } }
      UNION { GRAPH ?mapping { ?iri skos:inScheme ?scheme ; skos:prefLabel ?label . ?scheme skos:prefLabel ?list
        OPTIONAL { ?iri skos:notation ?code } OPTIONAL { ?scheme <http://www.w3.org/ns/adms#status> ?state } } }
    }"""
    rows = profiles.store.query(query, prefixes=PREFIXES)
    assert isinstance(rows, QuerySolutions)
    table = set()
    for row in rows:
        cells = [row[name].value if row[name] else "" for name in ("list", "code", "label", "iri")]
        provisional = row["state"] is not None and row["state"].value.endswith("UnderDevelopment")
        table.add((*cells, "provisional" if provisional else ""))
    ordered = sorted(table, key=lambda row: (row[0], row[2].casefold(), row))
    return ["List", "Code", "Label", "IRI", "State of the list"], [list(row) for row in ordered]


def _columns(recipe: Recipe) -> tuple[list[str], list[list[str]]]:
    rows = [
        [
            heading,
            column.asks if heading == column.name else f"{column.name}, {heading.rpartition(': ')[2]}",
            "yes" if column.needed and heading == column.name else "",
            " | ".join([column.name, *column.parts]) if column.many else "",
        ]
        for column in recipe.columns
        for heading in column.headings
    ]
    return ["Column", "What it asks", "Needed", "Several, with a semicolon between; each has"], rows
