"""What a section says, in words."""

from __future__ import annotations

from pyoxigraph import RdfFormat, Store

from clustergraph.graph import Graph
from clustergraph.questions.section_statements import section_statements
from clustergraph.release.write import merge
from clustergraph.terms import PREFIXES

SECTION = "https://example.org/section"
DATA = f"""<{SECTION}> {{
  <{SECTION}> a cg:Section ; cg:inDocument <x:document> ; skos:prefLabel "A" .
  <x:document> a cg:Document ; dcterms:title "B" .
  <x:one> cg:certainty certainty:stated ; cg:subject <x:other> ; skos:note "first" .
  <x:other> cg:certainty certainty:stated ; cg:subject <x:one> ; skos:note "second" .
  <x:own> cg:certainty certainty:stated ; cg:subject <x:own> .
  <x:third> cg:certainty certainty:stated ; cg:subject <x:fourth> .
  <x:fourth> cg:certainty certainty:stated ; cg:subject <x:thing> .
}}"""


def test_statements_that_are_about_each_other_end_where_the_circle_closes() -> None:
    store = Store()
    heads = "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in PREFIXES.items())
    store.load((heads + DATA).encode(), RdfFormat.TRIG)
    merge(store)
    found = {
        each.thing.iri: [one.iri for one in each.statements] for each in section_statements(Graph(store, {}), SECTION)
    }
    assert found.pop("x:thing") == ["x:fourth", "x:third"]
    assert found.pop("x:own") == ["x:own"]
    assert sorted(iri for iris in found.values() for iri in iris if iri) == ["x:one", "x:other"]
