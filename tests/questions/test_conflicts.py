"""What disagrees is found by rules over the graph: a contradiction that is added appears by itself."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store, parse

from clustergraph.errors import QuestionError, SourceError
from clustergraph.graph import Graph
from clustergraph.pipeline.inference import infer
from clustergraph.pipeline.project import Project
from clustergraph.questions import question
from clustergraph.questions.catalogue import catalogue
from clustergraph.questions.conflict import COLUMNS, KINDS, NATURES, Conflict, Nature, load_rules, read_rule
from clustergraph.questions.conflict_selection import ConflictCall, written_part
from clustergraph.questions.notes import notes
from clustergraph.rdf.reading import rdf_files, read_all
from clustergraph.release.write import merge
from clustergraph.terms import PREFIXES, SCHEME, expand
from tests.conftest import ROOT

SCENE = """
GRAPH m:sections {
  m:one a cg:Section ; cg:inDocument document:d ; cg:heading "One" ; skos:prefLabel "One"@en .
  m:two a cg:Section ; cg:inDocument document:d ; cg:heading "Two" ; skos:prefLabel "Two"@en .
  m:three a cg:Section ; cg:inDocument document:e ; cg:heading "Three" ; skos:prefLabel "Three"@en .
  document:d a cg:Document ; skos:prefLabel "The first"@en ; cg:issued "2015"^^xsd:gYear .
  document:e a cg:Document ; skos:prefLabel "The second"@en ; cg:issued "2017-03-28"^^xsd:date .
  organisation:a a cg:Organisation ; skos:prefLabel "Aa"@en .
  organisation:b a cg:Organisation ; skos:prefLabel "Bb"@en .
  project:p a cg:Project ; skos:prefLabel "P"@en .
}
"""
Scene = Callable[[str], Graph]
"""Makes the graph of the scene with something added."""


@pytest.fixture(scope="module")
def scene(project: Project) -> Scene:
    ontology = list(read_all(rdf_files(*project.ontology.folders)))
    rules = {name: rule for name, rule in load_rules(project.queries).items() if name in RULES}

    def make(added: str) -> Graph:
        header = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in PREFIXES.items())
        store = Store()
        store.extend(ontology)
        store.extend(parse((header + SCENE + added).encode(), format=RdfFormat.TRIG))
        merge(store)
        infer(store, ROOT / "queries" / "rules")
        return Graph(store, question.load(project.queries), "", rules)

    return make


def figure(n: int, section: str, value: int, more: str = "", bound: str = "exactly") -> str:
    return f"""GRAPH m:{section} {{ figure:f{n} a cg:Figure ; cg:certainty certainty:stated ;
      cg:subject organisation:a ; cg:measure measure:members ; cg:value {value} ; cg:unit unit:count ;
      cg:bound bound:{bound} {more} . }}\n"""


def part(n: int, section: str, who: str, certainty: str = "stated") -> str:
    return f"""GRAPH m:{section} {{ participation:p{n} a cg:Participation ; cg:certainty certainty:{certainty} ;
      cg:participant organisation:{who} ; cg:activity project:p ; cg:role participation-role:partner . }}\n"""


def claim(value: int, bound: str = "exactly") -> str:
    return f"""GRAPH m:one {{ figure:claim a cg:Claim ; cg:certainty certainty:stated ; cg:bound bound:{bound} ;
      cg:subject project:p ; cg:measure measure:partners ; cg:value {value} ; cg:unit unit:count }}\n"""


def third(n: int) -> str:
    return "GRAPH m:one { organisation:c a cg:Organisation ; skos:prefLabel 'Cc'@en }" + part(n, "one", "c")


def note(name: str, about: str, section: str, more: str = "") -> str:
    return f"""GRAPH graph:notes {{ note:{name} a cg:Note ; cg:noteKind note-kind:contradiction ; cg:about {about} ;
      cg:concernsSection m:{section} ; dcterms:description "They differ: {name}."@en {more} . }}\n"""


RULES = {
    "figures": (
        figure(1, "one", 10) + figure(2, "two", 10)
        + figure(3, "one", 5, "; cg:asOf '2010'^^xsd:gYear").replace("measure:members", "measure:companies")
        + figure(4, "two", 6, "; cg:asOf '2012'^^xsd:gYear").replace("measure:members", "measure:companies"),
        figure(5, "two", 12),
    ),
    "dates": (
        """GRAPH m:one { project:p cg:start "2016"^^xsd:gYear }
           GRAPH m:two { project:p cg:start "2016-05"^^xsd:gYearMonth }""",
        'GRAPH m:two { project:p cg:start "2017"^^xsd:gYear }',
    ),
    "claims-computed": (claim(2) + part(1, "one", "a") + part(2, "one", "b"), third(3)),
}  # fmt: skip
"""For each of some rules what agrees, and what contradicts that; the others are in `test_conflict_rules`."""


@pytest.mark.parametrize("name", RULES)
def test_a_contradiction_is_found_and_agreement_is_not(scene: Scene, name: str) -> None:
    agreeing, contradicting = RULES[name]
    assert [each.subject for each in scene(agreeing).conflicts() if each.rule.name == name] == []
    (found,) = [each for each in scene(agreeing + contradicting).conflicts() if each.rule.name == name]
    assert len(found.sides) > 1


# Questions that look for the same


def row(name: str) -> str:
    return f"""GRAPH m:sections {{ m:row a cg:Section ; cg:inDocument document:d ; cg:heading "Row" ; cg:row "{name}" ;
        cg:table "Consortium partners in figures" . document:d cg:describes partnership:4m4iof }}
      GRAPH m:one {{ organisation:a cg:spelling "{name}" }}\n"""


def member(n: int, who: str) -> str:
    return part(n, "one", who).replace("project:p", "partnership:4m4iof")


@pytest.mark.parametrize(
    ("name", "parameters", "agreeing", "contradicting"),
    [
        ("rival-figures", {"bounds": "true"}, figure(1, "one", 10) + figure(2, "two", 10), figure(3, "two", 12)),
        ("dates", {"rival": "true"}, *RULES["dates"]),
        ("claims-checked", {"holds": "false"}, *RULES["claims-computed"]),
        (
            "differing-participants", {},
            part(1, "one", "a") + part(2, "one", "b") + part(3, "two", "a") + part(4, "two", "b"),
            "GRAPH m:two { organisation:c a cg:Organisation ; skos:prefLabel 'Cc'@en }" + part(5, "two", "c"),
        ),
        (
            "without-row", {}, row("Aa") + member(1, "a"),
            "GRAPH m:one { organisation:b cg:spelling 'Bb' }" + member(2, "b"),
        ),
        ("unsure-statements", {}, part(1, "one", "a"), part(2, "two", "b", "unconfirmed")),
    ],
)  # fmt: skip
def test_a_question_finds_a_contradiction_and_no_agreement(
    scene: Scene, name: str, parameters: dict[str, str], agreeing: str, contradicting: str
) -> None:
    assert not len(scene(agreeing).ask(name, **parameters))
    assert len(scene(agreeing + contradicting).ask(name, **parameters))


def test_of_rival_figures_the_newest_is_told(graph: Graph) -> None:
    answer = graph.ask("rival-figures", subject="Plastipolis", measure="members")
    assert {(row["value"], row["newest"]) for row in answer} == {(320, False), (350, True), (400, True)}


# What is told of a disagreement


def only(graph: Graph, **wanted: str) -> Conflict:
    (found,) = graph.conflicts(**wanted)
    return found


def test_a_disagreement_is_one_with_all_values_and_all_sections_of_each(graph: Graph) -> None:
    (found,) = [each for each in graph.conflicts(kind="figures", about="Pool-Net") if each.what.value == "members"]
    said = [(side.words, [(each.title, each.name) for each in side.sections]) for side in found.sides]
    note = "4 Motors for the European Industry 4.0: Concept note"
    assert said == [
        ("73", [("WIINTECH 2020: Technical Annex - Digest", "B.5 Poolnet")]),
        ("91", [(note, "A.3.3.7.1 Poolnet"), (note, "C.1 Consortium partners in figures: Poolnet")]),
    ]
    assert ([side.words for side in found.newest], found.newest_certain) == (["91"], True)


def test_a_value_is_told_with_its_bound_and_unit(scene: Scene) -> None:
    share = figure(2, "two", 40, bound="more-than").replace("unit:count", "unit:percent")
    found = only(scene(figure(1, "one", 40).replace("unit:count", "unit:percent") + share), kind="figures")
    assert {side.words for side in found.sides} == {"40 per cent", "more than 40 per cent"}


def test_two_exact_figures_of_one_document_are_graver_than_those_of_two(scene: Scene) -> None:
    assert only(scene(figure(1, "one", 10) + figure(2, "two", 12))).severity == "violation"
    assert only(scene(figure(1, "one", 10) + figure(2, "three", 12))).severity == "warning"


def test_the_newest_is_certain_only_if_no_other_can_be_newer(scene: Scene) -> None:
    ten, twelve = figure(1, "one", 10), figure(2, "three", 12)
    found = only(scene(ten + twelve))
    assert ([side.words for side in found.newest], found.newest_certain) == (["12"], True)
    late = twelve.replace("bound:exactly", "bound:exactly ; cg:asOf '2015-06'^^xsd:gYearMonth")
    found = only(scene(ten + late))
    assert ([side.words for side in found.newest], found.newest_certain) == (["12"], False)
    found = only(scene(ten + figure(2, "two", 12)))
    assert (found.newest, found.newest_certain) == ((), None)


@pytest.mark.parametrize(
    ("first", "second", "nature"),
    [
        (figure(1, "one", 10), figure(2, "two", 12), Nature.CONTRADICTION),
        (figure(1, "one", 40), figure(2, "two", 40, bound="more-than"), Nature.CONTRADICTION),
        (figure(1, "one", 40), figure(2, "two", 30, bound="more-than"), Nature.COMPATIBLE),
        (figure(1, "one", 10), figure(2, "three", 12), Nature.CHANGE),
        (figure(1, "one", 10), figure(2, "three", 12, "; cg:asOf '2015'^^xsd:gYear"), Nature.CONTRADICTION),
        (figure(1, "one", 10), figure(2, "three", 5, bound="more-than"), Nature.CHANGE),
    ],
)
def test_numbers_contradict_each_other_where_they_are_of_one_year_and_no_number_fits_both(
    scene: Scene, first: str, second: str, nature: Nature
) -> None:
    assert only(scene(first + second), kind="figures").nature == nature


def test_dates_and_claims_of_several_years_contradict_each_other_all_the_same(scene: Scene) -> None:
    dates = """GRAPH m:one { project:p cg:start "2016"^^xsd:gYear }
      GRAPH m:three { project:p cg:start "2017"^^xsd:gYear }"""
    assert only(scene(dates)).nature == Nature.CONTRADICTION
    assert only(scene(claim(2) + part(1, "one", "a"))).nature == Nature.CONTRADICTION


def test_what_is_ambiguous_or_missing_is_no_contradiction(graph: Graph) -> None:
    natures = {kind: {each.nature for each in graph.conflicts(kind=kind)} for kind in KINDS}
    assert natures["unconfirmed"] == {Nature.AMBIGUOUS}
    assert natures["gap"] == natures["damaged"] == {Nature.MISSING}
    assert natures["names"] == {Nature.WORDING}
    assert natures["lists"] == {Nature.COMPATIBLE}
    assert [each.nature for each in graph.conflicts(kind="claim-claim", about="Vanguard Initiative")] == ["ambiguous"]


def test_those_that_contradict_come_first_and_are_chosen_by_their_nature(graph: Graph) -> None:
    order = [list(NATURES).index(each.nature) for each in graph.conflicts()]
    assert order == sorted(order)
    assert {each.nature for each in graph.conflicts(nature=["change", "contradiction"])} == {"change", "contradiction"}


def test_ranks_in_two_areas_are_two_statements(graph: Graph) -> None:
    ranks = [each for each in graph.conflicts(about="Lombardy") if each.what.shown == "rank by value added"]
    assert {(each.detail.shown, *(side.words for side in each.sides)) for each in ranks} == {
        ("Europe", "4 rank"), ("Italy", "1 rank"),
    }  # fmt: skip


def test_a_claim_is_compared_with_its_bound(scene: Scene) -> None:
    both = part(1, "one", "a") + part(2, "one", "b")
    holds = {bound: not scene(claim(2, bound) + both).conflicts() for bound in ("exactly", "more-than", "at-least")}
    assert holds == {"exactly": True, "more-than": False, "at-least": True}
    assert not scene(claim(3, "less-or-equal") + both).conflicts()


def test_what_is_computed_is_said_by_no_section_and_tells_what_was_counted(scene: Scene) -> None:
    found = only(scene(claim(2) + part(1, "one", "a")))
    claimed, computed = found.sides
    assert (claimed.words, claimed.computed, computed.words, computed.computed) == ("2", False, "1", True)
    assert computed.notes == ("counted: organisations that take part as partner",)


def test_a_note_stands_with_what_it_is_about(scene: Scene) -> None:
    rivals = figure(1, "one", 10) + figure(2, "two", 12)
    rule = "; cg:foundBy <https://w3id.org/clustergraph/query/conflicts/figures>"
    added = (
        note("exact", "organisation:a", "two", rule) + note("same-section", "organisation:a", "one")
        + note("elsewhere", "organisation:a", "three") + note("other", "organisation:b", "one")
        + note("statement", "figure:f1", "three")
    )  # fmt: skip
    found = only(scene(rivals + added))
    assert [each.text for each in found.notes] == ["They differ: exact."]
    assert [each.text for each in found.beside] == ["They differ: same-section.", "They differ: statement."]


def test_a_note_that_names_a_rule_stands_with_what_the_rule_finds(graph: Graph) -> None:
    told = {(each.rule.iri, note.iri) for each in graph.conflicts() for note in each.notes}
    named = {(rule, note.iri) for note in notes(graph.engine) for rule in note.found_by}
    assert named
    assert named - told == set()


def test_notes_stand_on_the_page_of_what_they_are_about(scene: Scene) -> None:
    added = (
        note("thing", "organisation:a", "three") + note("statement", "figure:f1", "one")
        + note("other", "organisation:b", "two") + note("code", "measure:members", "two")
    )  # fmt: skip
    graph = scene(figure(1, "one", 10) + added)
    for name, told in (("organisation:a", ["statement", "thing"]), ("m:two", ["code", "other"]), ("project:p", [])):
        assert [each.iri.rpartition("/")[2] for each in graph.thing(expand(name).value).notes] == told


# What is wanted


def test_no_question_is_meant_by_the_name_of_a_thing(graph: Graph) -> None:
    with pytest.raises(QuestionError) as wrong:
        graph.conflicts(about="nobody")
    assert not [each.title for each in graph.questions.values() if each.title in wrong.value.advice]


def test_conflicts_are_chosen_by_kind_thing_document_and_severity(graph: Graph) -> None:
    every = graph.conflicts()
    assert {each.kind for each in graph.conflicts(kind=["dates", "figures"])} == {"dates", "figures"}
    named = graph.conflicts(about="Poolnet")
    assert named
    assert {each.about.value for each in named} == {"Pool-Net", "Portuguese Engineering and Tooling Cluster"}
    # In one of the lists that differ, as the note on them tells.
    assert [each.about.value for each in graph.conflicts(about="Quebec")] == ["Four Motors for Europe"]
    assert graph.conflicts(about="organisation:pool-net") == named
    digest = graph.conflicts(document="WIINTECH 2020")
    assert digest == [each for each in every if any("WIINTECH" in side.said_by for side in each.sides)]
    assert 0 < len(digest) < len(every)
    grave = graph.conflicts(severity="violation")
    assert {each.severity for each in grave} == {"violation"}
    assert graph.conflicts(severity="info") == every


def test_what_is_not_known_is_told_with_what_there_is(graph: Graph) -> None:
    for wanted, told in (
        ({"kind": "figure"}, "did you mean 'figures'"),
        ({"severity": "error"}, "violation, warning, info"),
        ({"document": "Annual report"}, "WIINTECH 2020"),
        ({"about": "Plastipols"}, "did you mean 'Plastipolis'"),
        ({"about": "organisation:plastipols"}, "'Plastipolis'"),
        ({"abot": "Plastipolis"}, "did you mean 'about'"),
    ):
        with pytest.raises(QuestionError) as error:
            graph.conflicts(**wanted)
        assert told in str(error.value)


def test_a_thing_without_conflicts_has_none(graph: Graph) -> None:
    assert graph.conflicts(about="Slovenia", kind="figures") == []


def test_a_name_of_two_things_is_about_both(scene: Scene) -> None:
    same = "GRAPH m:sections { organisation:c a cg:Organisation ; skos:prefLabel 'Dd'@en ; skos:altLabel 'Aa' }"
    others = (figure(3, "one", 10) + figure(4, "two", 12)).replace("organisation:a", "organisation:c")
    found = scene(same + figure(1, "one", 10) + figure(2, "two", 12) + others).conflicts(about="Aa")
    assert {each.about.value for each in found} == {"Aa", "Dd"}


# Formats and files


def test_json_has_an_object_for_each_and_a_table_a_row(graph: Graph) -> None:
    found = graph.conflicts(about="Plastipolis", kind="figures")
    written = {name: written_part(found, ConflictCall("", {}, name, iris=True)) for name in ("json", "csv")}
    assert json.loads(written["json"]) == [each.document() for each in found]
    rows = list(csv.DictReader(io.StringIO(written["csv"].decode())))
    assert {*COLUMNS, "about_iri", "what_iri", "detail_iri"} == set(rows[0])
    assert [row["values"] for row in rows] == [" | ".join(side.words for side in each.sides) for each in found]
    part = written_part(found, ConflictCall("", {}, "json", limit=1, offset=1))
    assert json.loads(part) == [found[1].document()]


def test_a_release_carries_the_rules(graph: Graph, project: Project) -> None:
    rules = load_rules(project.queries)
    store = Store()
    store.extend(graph.store)
    store.extend(catalogue(graph.catalogue().values(), [], rules.values()))
    opened = Graph(store)
    assert opened.conflicts() == graph.conflicts()
    assert opened.questions.keys() == graph.questions.keys()


def test_a_kind_without_its_like_is_told_where_it_is_written(tmp_path: Path) -> None:
    head = "#+ title: A\n#+ description: B\n#+ kind: figures\n#+ severity: info\n"
    for wrong, told in ((head.replace("figures", "figure"), "claim-claim"), (head.replace("info", "bad"), "warning")):
        with pytest.raises(SourceError) as error:
            read_rule(tmp_path / "a.rq", wrong + "SELECT * {}")
        assert told in str(error.value)
        assert "a.rq" in str(error.value)


def test_every_kind_is_in_the_graph(graph: Graph, project: Project) -> None:
    rules = load_rules(project.queries)
    assert rules.keys() >= RULES.keys()
    assert {each.kind for each in graph.conflicts()} == KINDS.keys()


def test_codes_of_the_scene_are_those_of_the_lists(graph: Graph) -> None:
    for code in ("bound/less-or-equal", "unit/percent", "measure/companies", "certainty/unconfirmed"):
        assert graph.name(SCHEME + code)
