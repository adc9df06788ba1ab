"""What disagrees is found by rules over the graph: a contradiction that is added appears by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyoxigraph import RdfFormat, Store, parse

from clustergraph.graph import Graph
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions import question
from clustergraph.questions.catalogue import FINDERS
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.write import merge
from clustergraph.terms import PREFIXES
from tests.conftest import ROOT

CERTAINTY = "https://w3id.org/clustergraph/scheme/certainty/"
MEASURE = "https://w3id.org/clustergraph/scheme/measure/"
SCENE = """
GRAPH m:sections {
  m:one a cg:Section ; cg:inDocument document:d ; cg:heading "One" ; skos:prefLabel "One"@en .
  m:two a cg:Section ; cg:inDocument document:d ; cg:heading "Two" ; skos:prefLabel "Two"@en .
  document:d a cg:Document ; skos:prefLabel "D"@en .
  organisation:a a cg:Organisation ; skos:prefLabel "Aa"@en .
  organisation:b a cg:Organisation ; skos:prefLabel "Bb"@en .
  project:p a cg:Project ; skos:prefLabel "P"@en .
}
"""


@pytest.fixture
def found(project: Project) -> Callable[[str, str], int]:
    """Count the rows of a finder in a scene with something added."""
    ontology = read_all(rdf_files(project.ontology))

    def count(finder: str, added: str) -> int:
        header = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
        store = Store()
        store.extend(ontology)
        store.extend(parse((header + SCENE + added).encode(), format=RdfFormat.TRIG))
        merge(store)
        infer(store, ROOT / "queries" / "rules")
        (chosen,) = [f for f in FINDERS if f.question == finder]
        return len(Graph(store, question.load(project.queries)).ask(chosen.question, **chosen.parameters))

    return count


def figure(n: int, section: str, value: int) -> str:
    return f"""GRAPH m:{section} {{ figure:f{n} a cg:Figure ; cg:certainty <{CERTAINTY}stated> ;
      cg:subject organisation:a ; cg:measure <{MEASURE}members> ; cg:value {value} ;
      cg:unit <https://w3id.org/clustergraph/scheme/unit/count> ;
      cg:bound <https://w3id.org/clustergraph/scheme/bound/exactly> . }}\n"""


def part(n: int, section: str, who: str, certainty: str = "stated") -> str:
    return f"""GRAPH m:{section} {{ participation:p{n} a cg:Participation ; cg:certainty <{CERTAINTY}{certainty}> ;
      cg:participant organisation:{who} ; cg:activity project:p ;
      cg:role <https://w3id.org/clustergraph/scheme/participation-role/partner> . }}\n"""


def claim(value: int) -> str:
    return f"""GRAPH m:one {{ figure:claim a cg:Claim ; cg:certainty <{CERTAINTY}stated> ;
      cg:subject project:p ; cg:measure <{MEASURE}partners> ; cg:value {value} }}
      GRAPH m:sections {{ <{MEASURE}partners> skos:notation "partners" .
        <https://w3id.org/clustergraph/scheme/participation-role/partner> skos:notation "partner" }}\n"""


def row(name: str) -> str:
    return f"""GRAPH m:sections {{ m:row a cg:Section ; cg:inDocument document:d ; cg:heading "Row" ; cg:row "{name}" ;
        cg:table "Consortium partners in figures" . document:d cg:describes partnership:4m4iof }}
      GRAPH m:one {{ organisation:a cg:spelling "{name}" }}\n"""


def member(n: int, who: str) -> str:
    return part(n, "one", who).replace("project:p", "partnership:4m4iof")


@pytest.mark.parametrize(
    ("finder", "agreeing", "contradicting"),
    [
        ("rival-figures", figure(1, "one", 10) + figure(2, "two", 10), figure(3, "two", 12)),
        (
            "dates",
            """GRAPH m:one { project:p cg:start "2016"^^xsd:gYear }
               GRAPH m:two { project:p cg:start "2016-05"^^xsd:gYearMonth }""",
            'GRAPH m:two { project:p cg:start "2017"^^xsd:gYear }',
        ),
        (
            "differing-participants",
            part(1, "one", "a") + part(2, "one", "b") + part(3, "two", "a") + part(4, "two", "b"),
            "GRAPH m:two { organisation:c a cg:Organisation ; skos:prefLabel 'Cc'@en }" + part(5, "two", "c"),
        ),
        (
            "claims-checked",
            claim(2) + part(1, "one", "a") + part(2, "one", "b"),
            "GRAPH m:one { organisation:c a cg:Organisation ; skos:prefLabel 'Cc'@en }" + part(3, "one", "c"),
        ),
        (
            "without-row",
            row("Aa") + member(1, "a"),
            "GRAPH m:one { organisation:b cg:spelling 'Bb' }" + member(2, "b"),
        ),
        ("unsure-statements", part(1, "one", "a"), part(2, "two", "b", "unconfirmed")),
        (
            "spellings",
            'GRAPH m:one { organisation:a cg:spelling "Aa" }',
            'GRAPH m:two { organisation:a cg:spelling "AA" }',
        ),
    ],
)
def test_a_contradiction_appears_and_agreement_does_not(
    found: Callable[[str, str], int], finder: str, agreeing: str, contradicting: str
) -> None:
    before = found(finder, agreeing)
    after = found(finder, agreeing + contradicting)
    assert after > before
    if finder != "spellings":
        assert before == 0


def test_every_kind_has_its_test() -> None:
    marks = test_a_contradiction_appears_and_agreement_does_not.pytestmark  # type: ignore[attr-defined]  # pytest sets it
    assert {case[0] for mark in marks for case in mark.args[1]} == {finder.question for finder in FINDERS}


def test_of_rival_figures_the_newest_is_told(graph: Graph) -> None:
    answer = graph.ask("rival-figures", subject="Plastipolis", measure="members")
    assert {(row["value"], row["newest"]) for row in answer} == {(320, False), (350, True), (400, True)}


def test_every_kind_of_conflict_is_in_the_graph(graph: Graph) -> None:
    for finder in FINDERS:
        assert len(graph.ask(finder.question, **finder.parameters)), finder.question
