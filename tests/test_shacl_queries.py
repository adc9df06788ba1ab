"""Queries in shapes: variables are bound beforehand as SHACL says, and what it forbids is refused."""

from __future__ import annotations

import re
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from clustergraph.shacl.data import Data
from clustergraph.shacl.engine import Engine
from clustergraph.shacl.findings import Finding
from clustergraph.shacl.model import Shapes
from clustergraph.shacl.validate import validate

E = "http://example.org/"
PREFIXES = f"""@prefix e: <{E}> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e: sh:declare [ sh:prefix "e" ; sh:namespace "{E}"^^xsd:anyURI ] .
"""


def quads(text: str) -> list[Quad]:
    return list(parse((PREFIXES + text).encode(), format=RdfFormat.TURTLE))


def check(data: str, shapes: str) -> list[Finding]:
    return validate(quads(data), quads(shapes))


def constraint(query: str, more: str = "") -> str:
    return f"e:S a sh:NodeShape ; sh:targetClass e:C ; sh:sparql [ sh:prefixes e: ; {more} sh:select '''{query}''' ] ."


NODES = [NamedNode(E + name) for name in "abcd"]
PREDICATES = [NamedNode(E + name) for name in "pq"]
graphs = st.lists(
    st.builds(Triple, st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from([*NODES, Literal(1)])),
    min_size=1, max_size=12,
)  # fmt: skip
VARIABLES = ["$this", "?value", "?x"]
terms = st.sampled_from([*VARIABLES, *(str(node) for node in NODES[:2]), "1"])
triple_patterns = st.builds(
    lambda s, p, o: f"{s} {p} {o} .",
    st.sampled_from([*VARIABLES, str(NODES[0])]),
    st.sampled_from(["e:p", "e:q", "e:p*", "e:p/e:q", "^e:q", "?any"]),
    terms,
)
conditions = st.one_of(
    st.builds(lambda a, b: f"{a} = {b}", st.sampled_from(VARIABLES), terms),
    st.sampled_from(["bound($this)", "bound(?value)", "isIRI($this)", "$this != ?value", "!bound(?x)"]),
)


def extended(groups: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(lambda a, b: f"{a} {b}", groups, groups),
        st.builds(lambda a: f"{{ {a} }}", groups),
        st.builds(lambda a, b: f"{{ {a} }} UNION {{ {b} }}", groups, groups),
        st.builds(lambda a, b: f"{a} OPTIONAL {{ {b} }}", groups, groups),
        st.builds(lambda a, b: f"{a} FILTER EXISTS {{ {b} }}", groups, groups),
        st.builds(lambda a, b: f"{a} FILTER NOT EXISTS {{ {b} }}", groups, groups),
        st.builds(lambda a: f"{{ SELECT $this ?value {{ {a} }} }}", groups),
        st.builds(lambda a: f"{{ SELECT $this (COUNT(?value) AS ?n) {{ {a} }} GROUP BY $this }}", groups),
    )


bodies = st.recursive(
    st.one_of(triple_patterns, triple_patterns, st.builds(lambda c: f"FILTER({c})", conditions)), extended, max_leaves=5
)


def substituted(store: Store, body: str, node: NamedNode) -> set[tuple[str, str | None]]:
    """The solutions for a node that is written into the query everywhere, as SHACL defines it."""
    numbers = count()
    text = re.sub(r"SELECT \$this", lambda _: f"SELECT ({node} AS ?this{next(numbers)})", body).replace(
        "GROUP BY $this", f"GROUP BY ({node})"
    )
    text = text.replace("bound($this)", "(true)").replace("$this", str(node))
    rows = store.query(f"PREFIX e: <{E}> SELECT ?value {{ {text} }}")
    return {(str(node), str(row["value"] or node)) for row in rows}


def ours(data: list[Triple], shapes: str) -> set[tuple[str, str]]:
    found = Engine(Data(data), Shapes(quads(shapes))).run()
    return {(str(result.focus), str(result.value)) for result in found}


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs, bodies)
def test_a_variable_bound_beforehand_is_the_same_as_its_term_written_into_the_query(
    data: list[Triple], body: str
) -> None:
    shapes = (
        "e:S a sh:NodeShape ; sh:targetSubjectsOf e:p, e:q ; sh:sparql [ sh:prefixes e: ; sh:select "
        f"'''SELECT $this ?value WHERE {{ {body} }}''' ] ."
    )
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in data)
    expected = set().union(*(substituted(store, body, node) for node in {triple.subject for triple in data}))
    assert ours(data, shapes) == expected
    inside = shapes.replace("sh:sparql", "sh:node [ sh:sparql").replace("] .", "] ] .")
    assert {focus for focus, _ in ours(data, inside)} == {focus for focus, _ in expected}
