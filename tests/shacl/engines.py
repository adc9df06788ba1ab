"""Three engines for one case: this project's, pySHACL, and `shacl` of PyPI, each with what it is known to get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

import shacl
from clustergraph.shacl import paths
from clustergraph.shacl import pyshacl as second
from clustergraph.shacl.data import Data
from clustergraph.shacl.evaluation import Engine
from clustergraph.shacl.findings import Result
from clustergraph.shacl.shapes import Shapes
from clustergraph.shacl.triples import InvalidShapesError, Node, Triples, sh

Row = tuple[str, str, str, str, str]
Case = tuple[list[Triple], list[Triple]]

REFUSED = {
    "in its SELECT projection": "an ASK in a shape that also has another query inside EXISTS",
    "expected OPTIONAL": "$PATH in the place of an alternative path is written without brackets",
}
"""Messages with which `shacl` refuses shapes that SHACL allows."""


class IncomparableError(Exception):
    """An engine does not do with a case what SHACL says, for a reason that is known."""


def name(node: Node | None) -> str:
    """Return a term to compare: blank nodes have other names in every engine."""
    return "_:" if isinstance(node, BlankNode) else str(node or "")


def row(result: Result) -> Row:
    path = paths.sparql(result.path) if result.path else ""
    return name(result.focus), name(result.shape), name(result.component), path, name(result.value)


def by_name(result: Result) -> tuple[str, ...]:
    """Return a result to compare with others of the same engine."""
    path = paths.sparql(result.path) if result.path else ""
    return str(result.focus), str(result.shape), str(result.component), path, str(result.value or "")


def ours(case: Case) -> Counter[Row]:
    data, shapes = case
    return Counter(map(row, Engine(Data(data), Shapes(shapes)).run()))


def rust(case: Case) -> Counter[Row]:
    """What `shacl` finds; each result as often as it does.

    Raises:
        IncomparableError: it cannot use the shapes, for one of the known reasons.
    """
    data, shapes = map(n_triples, case)
    if "STR(" in shapes or "DATATYPE(" in shapes:
        raise IncomparableError("to STR it gives the plain form of a number, to DATATYPE its primitive type")
    try:
        report = shacl.Shapes.from_text(shapes, format="ntriples").validate_text(data, format="ntriples")
    except ValueError as error:
        if not any(known in str(error) for known in REFUSED):
            raise
        raise IncomparableError(str(error)) from error
    triples = Triples(parse(report.serialize("ntriples").encode(), format=RdfFormat.N_TRIPLES))
    [top] = triples.instances(sh("ValidationReport"))
    return Counter(row(second.result(triples, node)) for node in triples.objects(top, sh("result")))


def pyshacl(case: Case) -> set[Row]:
    """What pySHACL finds, as `comparable` says.

    Raises:
        IncomparableError: it stops with an error.
    """
    data, shapes = case
    try:
        return comparable(map(row, second.run(data, shapes, None)))
    except InvalidShapesError as error:
        raise IncomparableError(str(error)) from error


def comparable(rows: Iterable[Row]) -> set[Row]:
    """Return results as pySHACL has them: each once, and without the value that an ASK of a component is about."""
    return {
        (focus, shape, component, path, "" if component.startswith("<http://example.org/K") else value)
        for focus, shape, component, path, value in rows
    }


def named(case: Case) -> Case:
    """Return a case without blank nodes in its data if there are queries: to those of `shacl` they are variables."""
    data, shapes = case
    if not any(each.predicate in (sh("select"), sh("ask")) for each in shapes):
        return case
    return [Triple(_named(each.subject), each.predicate, _named(each.object)) for each in data], shapes


def _named(node: Node) -> Node:
    return NamedNode(f"http://example.org/blank/{node.value}") if isinstance(node, BlankNode) else node


def n_triples(triples: Iterable[Triple]) -> str:
    return "".join(f"{each.subject} {each.predicate} {each.object} .\n" for each in triples)
