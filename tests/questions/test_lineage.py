"""The lineage of a row: the triples that it rests on, through every kind of part and path."""

from __future__ import annotations

import pytest
from pyoxigraph import RdfFormat, Store

from clustergraph.questions.lineage import Lineage
from clustergraph.sparql.parser import query_of

DATA = """
<x:a> <x:p> <x:b> . <x:b> <x:q> "1"@en , 5 . <x:c> <x:p> <x:b> . <x:b> <x:p> <x:d> . <x:d> <x:p> <x:e> .
<x:e> <x:r> [ <x:s> <x:a> ] .
"""


@pytest.mark.parametrize(
    ("query", "row", "used"),
    [
        ("SELECT ?s { ?s <x:p> <x:b> ; ?any <x:b> . <x:b> <x:q> '1'@en, 5 }", "a", {"a p b", "b q 1", "b q 5"}),
        ("SELECT ?s { ?s <x:p>/<x:p>* <x:d> }", "a", {"a p b", "b p d"}),
        ("SELECT ?s { <x:d> ^<x:p>+ ?s }", "a", {"a p b", "b p d"}),
        ("SELECT ?s { ?s !(<x:q>|^<x:p>) <x:d> }", "b", {"b p d"}),
        ("SELECT ?s { <x:d> !(^<x:q>|<x:r>) ?s }", "e", {"d p e"}),
        ("SELECT ?s { <x:b> (^<x:p>|<x:q>)? ?s }", "c", {"c p b"}),
        ("SELECT ?s { ?s <x:p> ?b FILTER EXISTS { ?b <x:p> ?o . ?o <x:p> ?e } }", "a", {"a p b", "b p d", "d p e"}),
        ("SELECT ?s { { ?s <x:p> <x:b> } UNION { ?s ?q ?x . ?x <x:r> [] } OPTIONAL { ?s <x:q> 5 } }", "a", {"a p b"}),
        ("SELECT ?s { ?s <x:p> <x:e> OPTIONAL { <x:b> <x:q> 5 } }", "d", {"d p e"}),
        ("SELECT ?s { ?s <x:p> <x:b> { SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?s } }", "c", {"c p b"}),
        ("SELECT ?s { ?s <x:p> ?o FILTER NOT EXISTS { ?o <x:p> ?z MINUS { ?z <x:q> 7 } } }", "d", {"d p e"}),
    ],
)  # fmt: skip
def test_a_row_rests_on_these_triples(query: str, row: str, used: set[str]) -> None:
    store = Store()
    store.load(DATA, format=RdfFormat.TURTLE)
    tree = query_of(query)
    rows = {found["s"].value: {"s": found["s"]} for found in store.query(query)}
    ground = Lineage(store).of_query(tree, tree.selection, rows[f"x:{row}"])
    assert ground
    facts = ground.facts
    assert {" ".join(term.value.removeprefix("x:") for term in fact) for fact in facts} == used
