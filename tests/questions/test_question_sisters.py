"""Questions that ask for the same thing in different ways give the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

import pytest
from pyoxigraph import NamedNode, Store

from clustergraph.graph import Graph
from clustergraph.pipeline.project import Project
from clustergraph.questions.card import Cards, load_cards
from clustergraph.terms import PREFIXES

FIRM = {"certainty": "stated", "scope": "itself", "phase": "done"}
PARTNERSHIPS = ("4M4IoF", "WIINTECH 2020")


def things(rows: Iterable[Mapping[str, Any]], key: str, value: str) -> dict[Any, set[Any]]:
    """Return the values of each key."""
    found: dict[Any, set[Any]] = defaultdict(set)
    for row in rows:
        found[row[key]].add(row[value])
    return dict(found)


def counts(found: Mapping[Any, set[Any]]) -> dict[Any, int]:
    return {key: len(values) for key, values in found.items()}


def pairs(projects: Mapping[str, set[str]]) -> dict[frozenset[str], int]:
    """Return how many projects each two of their participants share."""
    shared: dict[frozenset[str], int] = defaultdict(int)
    for participants in projects.values():
        for two in combinations(sorted(participants), 2):
            shared[frozenset(two)] += 1
    return dict(shared)


@pytest.mark.parametrize("kind", ["cg:Organisation", "cg:Region"])
@pytest.mark.parametrize("activity", [*PARTNERSHIPS, "Four Motors for Europe"])
@pytest.mark.parametrize("role", ["partner", "motor-region", "associated-region"])
def test_shared_projects_and_project_pairs_count_the_same(graph: Graph, kind: str, activity: str, role: str) -> None:
    asked = {"class": kind, "activity": activity, "role": role}
    by_pair = {frozenset((row["one"], row["other"])): row["projects"] for row in graph.ask("project-pairs", **asked)}
    assert pairs(things(graph.ask("shared-projects", **asked), "project", "participant")) == by_pair


@pytest.mark.parametrize("kind", ["cg:Organisation", "cg:Region"])
def test_partners_are_who_takes_part_where_no_role_is_given(graph: Graph, kind: str) -> None:
    asked = {"class": kind, "activity": "4M4IoF"}
    by_pair = {frozenset((row["one"], row["other"])): row["projects"] for row in graph.ask("project-pairs", **asked)}
    assert by_pair
    assert pairs(things(graph.ask("shared-projects", **asked), "project", "participant")) == by_pair


def test_nobody_shares_a_project_by_being_associated_with_it(graph: Graph) -> None:
    assert "EU-Knights" in things(graph.ask("participants", role="associated-partner"), "activity", "participant")
    assert "EU-Knights" not in things(graph.ask("shared-projects", at_least=1), "project", "participant")


def test_organisations_have_as_many_projects_by_each_question(graph: Graph) -> None:
    rows = list(graph.ask("organisations-by-projects"))
    by_name = {row["organisation"]: row for row in rows}
    asked = {"activity_class": "cg:Project", "participant_class": "cg:Organisation"}
    assert counts(things(graph.ask("participants", **asked), "participant", "activity")) == {
        name: row["projects"] for name, row in by_name.items()
    }
    through = {"class": "cg:Project", "by": "has participant", "of": "cg:Organisation"}
    certain = {name: row["certain"] for name, row in by_name.items() if row["certain"]}
    assert {row["value"]: row["number"] for row in graph.ask("how-many", **through)} == certain
    shared = counts(things(graph.ask("shared-projects", at_least=1), "participant", "project"))
    apart = {name: row["certain"] - row["partnerships"] for name, row in by_name.items()}
    assert {name: number for name, number in apart.items() if number} == shared


def test_projects_have_as_many_organisations_by_each_question(graph: Graph) -> None:
    asked = {"activity_class": "cg:Project", "participant_class": "cg:Organisation"}
    rows = {row["project"]: row for row in graph.ask("projects")}
    said = counts(things(graph.ask("participants", **asked), "activity", "participant"))
    assert {name: row["organisations"] for name, row in rows.items() if row["organisations"]} == said
    certain = things(graph.ask("shared-projects", at_least=1), "project", "participant")
    assert {name: rows[name]["certain"] for name in certain} == counts(certain)


@pytest.mark.parametrize("partnership", PARTNERSHIPS)
@pytest.mark.parametrize("kind", ["cg:Country", "cg:Region"])
def test_partners_by_place_are_the_same_by_each_question(graph: Graph, partnership: str, kind: str) -> None:
    by_place = {row["place"]: row["partners"] for row in graph.ask("partners-by-place", activity=partnership, by=kind)}
    by = "is located in" if kind == "cg:Country" else "region"
    asked = {"class": "cg:Organisation", "activity": partnership, "role": "partner", "by": by, "of": kind}
    assert {row["value"]: row["number"] for row in graph.ask("how-many", **asked)} == by_place
    for place, number in by_place.items():
        named = graph.ask("participants", activity=partnership, role="partner", place=place,
                          participant_class="cg:Organisation")  # fmt: skip
        assert len(things(named, "participant", "role")) == number


def test_labels_are_held_by_as_many_by_each_question(graph: Graph) -> None:
    held = defaultdict(set)
    for row in graph.ask("labels", **FIRM):
        held[row["document"], row["label"], row["level_held"]].add(row["organisation"])
    rows = list(graph.ask("label-counts"))
    assert {(row["document"], row["label"], row["level_held"]): row["holders"] for row in rows} == counts(held)


def test_clusters_hold_the_labels_that_are_counted(graph: Graph) -> None:
    listed = defaultdict(set)
    for row in graph.ask("clusters"):
        for label in filter(None, str(row["labels"] or "").split("; ")):
            listed[label].add(row["cluster"])
    assert counts(listed) == {row["value"]: row["number"] for row in graph.ask("how-many", by="holds label")}
    still = things(graph.ask("labels", ended="false", **FIRM), "label", "organisation")
    clusters = {row["cluster"] for row in graph.ask("clusters")}
    assert {label: held & clusters for label, held in still.items() if held & clusters} == dict(listed)


def test_domains_are_covered_alike_by_each_way_of_counting(graph: Graph) -> None:
    crosses = list(graph.ask("domain-coverage"))
    by_domain = {row["code"]: row["number"] for row in graph.ask("domain-coverage", by="cg:domain")}
    assert counts(things(crosses, "code", "organisation")) == by_domain
    by_organisation = {row["organisation"]: row["number"] for row in graph.ask("domain-coverage", by="cg:organisation")}
    assert counts(things(crosses, "organisation", "code")) == by_organisation
    by_pair = {
        frozenset((row["organisation"], row["other"])): row["number"]
        for row in graph.ask("domain-coverage", by="cg:sharesDomainWith")
    }
    assert pairs(things(crosses, "code", "organisation")) == by_pair


def test_facts_are_shared_by_those_of_whom_they_are_said(graph: Graph) -> None:
    said: dict[Any, set[str]] = defaultdict(set)
    for row in graph.ask("facts", **{"class": "cg:Party"}, **FIRM):
        said[row["property"], row["value"]].add(row["subject"])
    for row in graph.ask("shared-facts"):
        names = said[row["property"], row["value"]]
        assert (len(names), ", ".join(sorted(names))) == (row["sharers"], ", ".join(sorted(row["names"].split(", "))))


def test_priorities_are_shared_by_those_who_name_them(graph: Graph) -> None:
    named = things(graph.ask("priorities", **FIRM), "theme", "region")
    shared: dict[Any, set[Any]] = defaultdict(set)
    for row in graph.ask("shared-priorities", **FIRM):
        shared[row["theme"]] |= {row["region"], row["other"]}
    assert {theme: regions for theme, regions in named.items() if len(regions) > 1} == dict(shared)
    fitting = things(graph.ask("clusters-fitting-priorities", certain="true"), "priority", "region")
    assert all(regions <= named[theme] for theme, regions in fitting.items())


def test_clusters_in_a_field_are_those_who_work_on_it(graph: Graph) -> None:
    works = graph.ask("who-works-on", field="polymers", **{"class": "cg:Cluster"})
    own = {row["who"] for row in works if row["basis"] != "through the region"}
    assert own == {row["cluster"] for row in graph.ask("clusters", field="polymers")}


def test_domains_are_added_up_by_region_too(graph: Graph) -> None:
    by_region = {(row["region"], row["code"]): row["number"] for row in graph.ask("domain-coverage", by="cg:region")}
    crosses = defaultdict(set)
    for row in graph.ask("domain-coverage"):
        crosses[row["region"], row["code"]].add(row["organisation"])
    assert counts(crosses) == by_region


def test_domain_place_and_certainty_are_asked_for_together(graph: Graph) -> None:
    asked = graph.ask("domain-coverage", domain="D2", place="Catalonia", certainty=["stated", "unconfirmed"])
    assert {row["organisation"] for row in asked} == {
        row["organisation"] for row in graph.ask("domain-coverage", domain="D2") if row["region"] == "Catalonia"
    }
    assert len(graph.ask("domain-coverage", domain="D2", place="Catalonia", certainty="unconfirmed")) == 0


def test_a_priority_that_is_not_certain_tells_who_may_work_on_a_field(graph: Graph) -> None:
    asked = {"field": "advanced manufacturing", "basis": "through the region"}
    certain = {row["who"] for row in graph.ask("who-works-on", **asked)}
    doubted = graph.ask("who-works-on", **asked, certainty="ambiguous")
    assert {row["certainty"] for row in doubted} == {"ambiguous"}
    assert certain


PLACED = {
    "labels": "organisation", "organisations-by-projects": "organisation", "fields": "organisation",
    "not-in": "participant", "named-members": "member", "facts": "subject", "figures": "subject",
    "without-fact": "subject", "shared-projects": "participant", "participants": "participant",
    "column-entries": "organisation", "domain-coverage": "organisation",
}  # fmt: skip


@pytest.mark.parametrize("question", PLACED)
def test_who_is_asked_about_can_be_of_one_country(graph: Graph, question: str) -> None:
    column = PLACED[question]
    there = {row[0].iri for row in graph.table("SELECT ?x { ?x cg:locatedIn|cg:within country:ESP }")[1]}
    place = "based_in" if question == "figures" else "place"
    every, some = graph.ask(question), graph.ask(question, **{place: "Spain"})
    wanted = {row[column].value for row in every.terms} & there
    assert wanted
    assert {row[column].value for row in some.terms} == wanted


def test_organisations_stand_beside_their_region(graph: Graph) -> None:
    for question in (
        "labels",
        "organisations-by-projects",
        "participants",
        "without-fact",
        "domain-coverage",
        "not-in",
    ):
        regions = {row["region"] for row in graph.ask(question)}
        assert len(regions - {None}) > 1, question


def test_funding_is_rolled_up_by_strand(graph: Graph) -> None:
    strands = {(row["strand"], row["programme"]) for row in graph.ask("funding-statements", activity="3DCentral")}
    assert ("Interreg Central Europe", "Interreg") in strands
    assert "Interreg Alpine Space" in {
        row["programme"] for row in graph.ask("partner-programmes", partnership="4M4IoF", level="scheme")
    }


# Sums


def test_a_total_says_which_measures_it_adds_and_what_it_leaves_out(graph: Graph) -> None:
    (row,) = graph.ask("table-totals", partnership="4M4IoF", column="Number of SMEs")
    measures = things(graph.ask("table-figures", partnership="4M4IoF", column="Number of SMEs"), "measure", "partner")
    assert set(measures) == {"SMEs", "active SME members"}
    parts = [part.partition(": ") for part in str(row["adds"]).split("; ")]
    assert {name for name, _, _ in parts} == set(measures)
    assert sum(int(said.split(" ")[0]) for _, _, said in parts) == row["total"]
    for name, _, said in parts:
        assert {*said.partition("(")[2].rstrip(")").split(", ")} == measures[name]
    assert row["left_out"] == "Eurecat"


def test_a_share_says_what_it_adds_and_what_it_leaves_out(graph: Graph) -> None:
    (row,) = graph.ask("share-totals", subject="Four Motors for Europe", measure="gdp", role="motor-region")
    assert (row["adds"], row["left_out"]) == (
        "Auvergne-Rhône-Alpes: 240000000000, Baden-Württemberg: 461000000000", "Catalonia, Lombardy",
    )  # fmt: skip
    added = (part.rpartition(": ")[2] for part in str(row["adds"]).split(", "))
    assert sum(int(number) for number in added) == row["total"]


# Claims


def claimed(graph: Graph, bound: str, value: str = "2443") -> dict[str, Any]:
    """Return how the claim of the organisations that 4M4IoF represents is judged with a bound and value of its own."""
    changed = Store()
    changed.extend(graph.store)
    changed.update(f"""DELETE {{ GRAPH ?g {{ ?claim cg:bound ?bound ; cg:value ?value }} }}
        INSERT {{ GRAPH ?g {{ ?claim cg:bound bound:{bound} ; cg:value {value} }} }}
        WHERE {{
            GRAPH ?g {{ ?claim cg:bound ?bound ; cg:value ?value }} ?claim a cg:Claim ; cg:measure measure:organisations
        }} ;
        DELETE {{ ?claim cg:bound ?bound ; cg:value ?value }}
        INSERT {{ ?claim cg:bound bound:{bound} ; cg:value {value} }}
        WHERE {{ ?claim cg:bound ?bound ; cg:value ?value ; a cg:Claim ; cg:measure measure:organisations }}""",
        prefixes=PREFIXES)  # fmt: skip
    (row,) = Graph(changed, graph.questions).ask("claims-checked", subject="4M4IoF", measure="organisations")
    return row


@pytest.mark.parametrize(
    ("bound", "value", "verdict"),
    [
        ("exactly", "2443", "agrees"),
        ("exactly", "2444", "exceeds"),
        ("exactly", "2442", "falls short"),
        ("more-than", "2400", "agrees"),
        ("more-than", "2443", "exceeds"),
        ("at-least", "2443", "agrees"),
        ("at-least", "2500", "exceeds"),
        ("less-or-equal", "2443", "agrees"),
        ("less-or-equal", "2400", "falls short"),
        ("about", "2500", "agrees"),
        ("about", "2800", "exceeds"),
        ("about", "2000", "falls short"),
        ("about-at-least", "2700", "agrees"),
        ("about-at-most", "2300", "agrees"),
    ],
)
def test_a_claim_is_met_as_it_is_made(graph: Graph, bound: str, value: str, verdict: str) -> None:
    row = claimed(graph, bound, value)
    assert (row["computed"], row["verdict"], row["agrees"]) == (2443, verdict, verdict == "agrees")


def test_claims_are_asked_for_by_their_verdict(graph: Graph) -> None:
    rows = list(graph.ask("claims-checked"))
    short = {(row["measure"], row["source"]) for row in rows if row["verdict"] == "falls short"}
    assert short == {(row["measure"], row["source"]) for row in graph.ask("claims-checked", verdict="falls short")}
    assert all((row["verdict"] == "not checked") == (row["computed"] is None) for row in rows)
    (smes,) = graph.ask("claims-checked", subject="4M4IoF", measure="smes")
    assert smes["adds"] == "SMEs: 1511 in 9 rows; active SME members: 54 in 2 rows"


# Absence


def test_a_fact_is_missed_only_where_it_could_be(graph: Graph) -> None:
    asked = {"fact": "has priority", "partnership": "4M4IoF"}
    assert len(graph.ask("without-fact", **asked, **{"class": "cg:Organisation"})) == 0
    assert {row["subject"] for row in graph.ask("without-fact", fact="has priority", **{"class": "cg:Region"})}
    assert {
        row["subject"]
        for row in graph.ask("without-fact", fact="leads", partnership="4M4IoF", **{"class": "cg:Organisation"})
    }


def test_nobody_is_missed_where_none_of_its_kind_takes_part(graph: Graph) -> None:
    missed = graph.ask("not-in", activity="4M4IoF", other="Four Motors for Europe")
    assert {row["participant"] for row in missed} == {"Centro (Portugal)", "North-West (Romania)"}
    assert "TEXTILE 2020" not in {row["other"] for row in graph.ask("not-in")}


# Links to an initiative


def linked(rows: Iterable[Mapping[str, Any]], who: str = "participant", what: str = "activity") -> dict[Any, set[Any]]:
    """Return the certainties of each link that a source or a rule gives."""
    found: dict[Any, set[Any]] = defaultdict(set)
    for row in rows:
        if row["link_certainty"]:
            found[row[who], row[what]].add(row["link_certainty"])
    return dict(found)


def test_a_link_to_the_initiative_is_as_certain_by_each_question(graph: Graph) -> None:
    pilots = linked(graph.ask("pilot-links", initiative="Vanguard Initiative"), what="pilot")
    assert all(len(certainties) == 1 for certainties in pilots.values())
    taken = linked(graph.ask("participants", activity_class="cg:PriorityIssue"))
    assert taken == pilots
    for row in graph.ask("partners-sharing-pilots"):
        for side in ("one", "other"):
            assert pilots[row[side], row["pilot"]] == {row[f"{side}_certainty"]}
    initiative = linked(graph.ask("participants", activity="Vanguard Initiative"))
    assert {who: certainty for (who, _), (certainty,) in initiative.items()} == {
        "AFIL": "stated",
        "Auvergne-Rhône-Alpes": "unconfirmed",
        "Baden-Württemberg": "stated",
        "Catalonia": "stated",
        "Lombardy": "stated",
    }


def test_a_region_is_linked_to_a_pilot_as_its_partners_are(graph: Graph) -> None:
    rows = [row for row in graph.ask("pilot-links", initiative="Vanguard Initiative") if row["link_certainty"]]
    regions = linked((row for row in rows if row["region"] == row["participant"]), what="pilot")
    through = [row for row in rows if row["origin"] == "computed"]
    assert {row["link_certainty"] for row in through} == {"stated", "unconfirmed", "ambiguous"}
    for row in through:
        assert regions[row["region"], row["pilot"]] == {row["link_certainty"]}


def test_pilots_are_shared_for_certain_where_both_links_are(graph: Graph) -> None:
    shared = {frozenset(cell.value for cell in row) for row in graph.table("SELECT * { ?a cg:sharesPilotWith ?b }")[1]}
    stated = graph.ask("partners-sharing-pilots", certainty="stated")
    assert {frozenset((row["one"], row["other"])) for row in stated} <= shared
    certain = graph.table("""SELECT DISTINCT ?code {
        ?p cg:participant ?party ; cg:activity ?activity ; cg:linkCertainty/skos:notation ?code .
        ?activity a cg:PriorityIssue . ?party cg:participatesIn ?activity
    }""")[1]
    assert [row[0].value for row in certain] == ["stated"]


def compared(graph: Graph, pairs: Iterable[Iterable[str]]) -> dict[tuple[str, str], bool]:
    """Return for things of pairs, and what each has, whether that is certain by the comparison."""
    found = {}
    for thing in sorted({thing for pair in pairs for thing in pair}):
        if graph.is_of(NamedNode(thing), ("cg:Cluster", "cg:Region")):
            for terms, row in zip((answer := graph.ask("compare", thing=thing)).terms, answer, strict=True):
                found[thing, str(terms["value"]).strip("<>")] = row["certain"]
    return found


def iris(graph: Graph, name: str, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(str(row[column]).strip("<>") for column in columns) for row in graph.ask(name).terms]


def test_two_partners_share_a_pilot_as_firmly_by_the_question_the_comparison_and_the_cards(
    graph: Graph, project: Project
) -> None:
    answer = graph.ask("partners-sharing-pilots")
    rows = iris(graph, "partners-sharing-pilots", "one", "other", "pilot")
    levels = {(frozenset(row[:2]), row[2]): told["certainty"] for row, told in zip(rows, answer, strict=True)}
    assert len(levels) == len(answer) > 50, "each pair has one row for a pilot"
    assert {*levels.values()} == {"stated", "unconfirmed", "ambiguous"}
    certain = compared(graph, (pair for pair, _ in levels))
    cards = Cards(graph, load_cards(project.queries))
    told: dict[Any, str] = {}
    for partner in {each for pair, _ in levels for each in pair}:
        card = cards.about(partner)
        for row in card.part("pilots").rows:
            told[frozenset((partner, row["partner"].iri)), row["pilot"].iri] = row["certainty"].shown
        for row in card.part("activities").rows:
            if (partner, row["activity"].iri) in certain:
                assert row["certain"].value == certain[partner, row["activity"].iri]
    assert told == levels
    both = {key for key in levels if all((each, key[1]) in certain for each in key[0])}
    assert len(both) > 30
    for pair, pilot in both:
        assert all(certain[each, pilot] for each in pair) == (levels[pair, pilot] == "stated")


def test_two_regions_share_a_priority_as_firmly_by_the_question_the_comparison_and_the_cards(
    graph: Graph, project: Project
) -> None:
    rows = iris(graph, "shared-priorities", "region", "other", "theme")
    levels = {
        (frozenset(row[:2]), row[2]): told["certain"]
        for row, told in zip(rows, graph.ask("shared-priorities"), strict=True)
    }
    assert len(levels) == len(rows) > 50, "each pair has one row for a priority"
    assert {*levels.values()} == {True, False}
    certain = compared(graph, (pair for pair, _ in levels))
    assert levels == {key: all(certain[each, key[1]] for each in key[0]) for key in levels}
    cards = Cards(graph, load_cards(project.queries))
    told = {
        (frozenset((region, row["region"].iri)), row["priority"].iri): row["certain"].value
        for region in {each for pair, _ in levels for each in pair}
        for row in cards.about(region).part("neighbours").rows
    }
    assert told == levels


def test_a_tie_has_one_row_however_many_sections_say_it_from_whichever_side(graph: Graph) -> None:
    rows = iris(graph, "ties", "subject", "tie", "other", "other_text", "place")
    assert len(rows) == len({(frozenset((row[0], row[2])), *row[1:2], *row[3:]) for row in rows})
    every = graph.ask("ties", each_side="true", by_section="true")
    assert len(rows) < len(every)
    said = {frozenset((row["subject"], row["other"])) for row in every}
    assert said == {frozenset((row["subject"], row["other"])) for row in graph.ask("ties")}
