"""What has changed since a revision, and that checking only that finds what a full run finds there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from clustergraph.pipeline.git import difference
from clustergraph.pipeline.material import Material
from clustergraph.rdf.reading import read
from clustergraph.shacl.findings import Finding, Named
from tests.conftest import examples

HEAD = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix e: <http://e.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = """\
e:S1 a sh:NodeShape ; sh:targetClass e:C ;
  sh:property [ sh:path e:p ; sh:minCount 1 ; sh:datatype xsd:integer ] .

e:S2 a sh:NodeShape ; sh:targetSubjectsOf e:q ; sh:property [ sh:path ( e:p e:q ) ; sh:class e:C ] .

e:S3 a sh:NodeShape ; sh:targetObjectsOf e:p ; sh:property [ sh:path [ sh:inversePath e:q ] ; sh:maxCount 1 ] .

e:S4 a sh:NodeShape ; sh:targetNode e:a ; sh:node [ sh:property [ sh:path e:q ; sh:node e:S4-inside ] ] .
e:S4-inside a sh:NodeShape ; sh:not [ sh:property [ sh:path e:p ; sh:hasValue e:b ] ] .

e:S5 a sh:NodeShape ; sh:targetClass e:D ;
  sh:property [ sh:path [ sh:zeroOrMorePath e:p ] ; sh:nodeKind sh:IRI ] .

e:S6 a sh:NodeShape ; sh:targetClass e:C ; sh:closed true ; sh:property [ sh:path e:q ; sh:equals e:p ] .

e:S7 a sh:NodeShape ; sh:targetClass e:D ;
  sh:property [ sh:path e:q ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ sh:class e:C ] ] .

e:S8 a sh:NodeShape ; sh:targetClass e:C ; sh:sparql [ sh:message "m" ;
  sh:select "SELECT $this WHERE { $this <http://e.org/q> ?x . ?x <http://e.org/p> ?y }" ] .
"""
nodes = st.sampled_from(["e:a", "e:b", "e:c", "e:d", "_:x", "_:y"])
values = nodes | st.sampled_from(["1", "2", "'t'", "01"])
triples = st.one_of(
    st.tuples(nodes, st.sampled_from(["e:p", "e:q"]), values),
    st.tuples(nodes, st.just("a"), st.sampled_from(["e:C", "e:D", "e:E"])),
    st.tuples(st.sampled_from(["e:E", "e:D"]), st.just("rdfs:subClassOf"), st.just("e:C")),
).map(" ".join)
texts = st.sets(triples, max_size=8).map(lambda lines: "".join(f"{line} .\n" for line in sorted(lines)))


def written(folder: Path, text: str) -> Material:
    (folder / "data.ttl").write_text(HEAD + text)
    return Material.read([folder / "data.ttl"], [folder / "shapes.ttl"])


def quads(material: Material) -> set[Quad]:
    return {Quad(q.subject, q.predicate, q.object) for q in read(material.files[0])}


def told(findings: Iterable[Finding]) -> list[str]:
    return sorted(repr(finding) for finding in findings)


@settings(deadline=None, max_examples=examples(60))
@given(texts, texts, st.sets(st.sampled_from(SHAPES.split("\n\n")), min_size=1, max_size=3))
def test_checking_a_change_finds_what_a_full_run_finds_of_what_it_affects(old: str, new: str, shapes: set[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shapes.ttl").write_text(HEAD + "\n".join(sorted(shapes)))
        material = written(folder, old)
        before, was = quads(material), material.findings()
        material = written(folder, new)
        changed = difference(before, quads(material))
        full, scoped = material.findings(), material.findings(difference=changed)
        affected = material.affected(changed)
        if affected is None:
            assert told(scoped) == told(full)
            return
        assert told(scoped) == told(finding for finding in full if finding.focus.term in affected)
        # What it cannot affect is as it was.
        others = [[f for f in found if f.focus.term not in affected] for found in (was, full)]
        named = [
            [_without_place(f) for f in found if isinstance(f.focus.term, NamedNode | Literal)] for found in others
        ]
        assert told(named[0]) == told(named[1])


def _without_place(finding: Finding) -> tuple[object, ...]:
    def term(named: Named | None) -> object:
        # Blank nodes have other names in another file.
        return named and ("blank" if isinstance(named.term, BlankNode) else named.term)

    return (finding.shape.label, finding.message, *map(term, (finding.focus, finding.path, finding.value)))


def test_blank_nodes_are_the_same_only_if_all_that_is_said_of_them_is() -> None:
    a, p, x, y = NamedNode("e:a"), NamedNode("e:p"), BlankNode("x"), BlankNode("y")
    plain, linked, named = Quad(a, p, Literal("1")), Quad(a, p, x), Quad(x, p, Literal("n"))
    assert not difference({plain, linked, named}, {named, linked, plain})
    changed = difference({plain, linked, named}, {plain, linked, Quad(x, p, Literal("m"))})
    assert linked in changed.added
    assert linked not in changed.removed
    assert len(changed.removed) == 2
    assert plain not in (*changed.added, *changed.removed)
    assert difference({plain}, {plain, Quad(a, p, y)}).added == (Quad(a, p, y),)
