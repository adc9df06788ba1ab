"""Questions about imported projects, of which no pairs are kept: counted by hand, and the same with another engine."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import rdflib
from pyoxigraph import RdfFormat, Store, serialize

from clustergraph.graph import Graph
from clustergraph.questions.question import load
from clustergraph.terms import PREFIXES
from tests.conftest import ROOT

QUESTIONS = load(ROOT / "queries")
HEADER = "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in PREFIXES.items())
TAKES_PART = {
    # project: its year and programme, and who takes part with how much, the coordinator first
    "one": (2015, "a", {"north": "10.5", "south": "4"}),
    "two": (2016, "a", {"north": "20", "south": None, "east": "1.25"}),
    "three": (None, "b", {"east": None, "north": "5"}),
    "four": (2018, "b", {"west": "7", "south": "3"}),
}
COUNTRIES = {"north": "x", "south": "y", "east": "x", "west": "z"}


def said() -> str:
    """Return what imports say of four projects, with what follows."""
    lines = [f'organisation:{name} a cg:Organisation , cg:Party ; skos:prefLabel "{name}"@und ; '
             f"cg:country <c:{country}> ; cg:locatedIn <c:{country}> ."
             for name, country in COUNTRIES.items()]  # fmt: skip
    lines += [f'<c:{name}> a cg:Country , cg:Place ; skos:prefLabel "land {name}"@en .' for name in "xyz"]
    lines += [f'<f:{name}> a cg:FundingScheme ; skos:prefLabel "programme {name}"@en .' for name in "ab"]
    for name, (year, programme, parts) in TAKES_PART.items():
        lines.append(
            f"project:{name} a cg:Project , cg:Activity ; "
            f'skos:prefLabel "{name}"@und ; cg:fundedUnder <f:{programme}> .'
        )
        lines += [f'project:{name} cg:start "{year}-05-01"^^xsd:date .'] * bool(year)
        for number, (who, euro) in enumerate(parts.items()):
            role = "participant" if number else "coordinator"
            node = f"<p:{name}-{who}>"
            lines.append(f"{node} cg:activity project:{name} ; cg:participant organisation:{who} ; "
                         f"cg:role participation-role:{role} ; cg:certainty certainty:stated ; cg:scope scope:itself ; "
                         "cg:phase phase:done ; cg:origin origin:stated ; cg:statedIn <g:import> . "
                         f"organisation:{who} cg:participatesIn project:{name} ; cg:mayParticipateIn project:{name} . "
                         f"project:{name} cg:hasParticipant organisation:{who} .")  # fmt: skip
            lines += [f"{node} cg:contribution {euro} ."] * bool(euro)
            lines += [f"organisation:{who} cg:coordinates project:{name} ."] * (not number)
    lines.append('<g:import> skos:prefLabel "CORDIS"@en .')
    lines += [f'participation-role:{role} skos:prefLabel "{role}"@en ; '
              "skos:inScheme <https://w3id.org/clustergraph/scheme/participation-role> ."
              for role in ("participant", "coordinator")]  # fmt: skip
    # Who may take part does not.
    lines.append("<p:may> cg:activity project:one ; cg:participant organisation:west ; cg:contribution 100 .")
    return HEADER + "\n".join(lines)


@cache
def graph() -> Graph:
    store = Store()
    store.load(said().encode(), RdfFormat.TURTLE)
    return Graph(store, QUESTIONS)


def asked(name: str, **given: Any) -> list[list[Any]]:
    """Return the rows of an answer, which another engine gives too."""
    answer = graph().ask(name, **given)
    other = rdflib.Dataset().parse(data=serialize(graph().store, format=RdfFormat.N_QUADS), format="nquads")
    theirs = [[_number(value) for value in row] for row in other.query(answer.query)]  # type: ignore[union-attr]
    ours = [[_number(rdflib.util.from_n3(str(row[c])) if row[c] else None) for c in answer.columns]
            for row in answer.terms]  # fmt: skip
    assert theirs == ours
    return [list(row.values()) for row in answer]


def _number(term: Any) -> Any:
    value = term.toPython() if term is not None else None
    return (
        float(value)
        if isinstance(term, rdflib.Literal) and term.datatype in rdflib.term._NUMERIC_LITERAL_TYPES
        else value
    )


BY_COUNTRY = [["land x", 3, 2, 36.75], ["land y", 3, 1, 7], ["land z", 1, 1, 7]]
BY_YEAR = [["2015", 1, 2, 14.5], ["2016", 1, 3, 21.25], ["2018", 1, 2, 10]]
BY_PROGRAMME = [["programme a", 2, 3, 35.75], ["programme b", 2, 4, 15]]


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({}, BY_COUNTRY),
        ({"by": "cg:start"}, BY_YEAR),
        ({"by": "cg:fundedUnder"}, BY_PROGRAMME),
        ({"place": "land x"}, BY_COUNTRY[:1]),
        ({"place": "land y", "by": "cg:start"}, [["2015", 1, 1, 4], ["2016", 1, 1, None], ["2018", 1, 1, 3]]),
        ({"scheme": "programme a"}, [["land x", 2, 2, 31.75], ["land y", 2, 1, 4]]),
        ({"from_year": 2016, "to_year": 2017}, [["land x", 1, 2, 21.25], ["land y", 1, 1, None]]),
    ],
)
def test_projects_partners_and_money_are_counted_by_what_is_asked(given: dict[str, Any], rows: list[list[Any]]) -> None:
    assert asked("participation-totals", **given) == rows


def test_who_coordinates_has_money_and_years_where_one_project_lacks_them() -> None:
    assert asked("coordinators") == [
        ["north", "land x", 2, 2015, 2016, 30.5],
        ["east", "land x", 1, None, None, None],
        ["west", "land z", 1, 2018, 2018, 7],
    ]
    assert asked("coordinators", place="land x", scheme="programme a") == [["north", "land x", 2, 2015, 2016, 30.5]]


def test_partners_come_with_how_it_grew_the_closest_first() -> None:
    rows = [["north", 2016, 1, 2], ["east", 2016, 1, 1], ["north", 2015, 1, 1], ["west", 2018, 1, 1]]
    assert asked("partners-over-years", organisation="south") == rows
    assert asked("partners-over-years", organisation="south", place="land z") == rows[3:]


def test_newcomers_are_told_from_the_year_of_their_first_project() -> None:
    rows = [
        ["west", "land z", 2018, 1],
        ["east", "land x", 2016, 1],
        ["south", "land y", 2015, 3],
        ["north", "land x", 2015, 2],
    ]
    assert asked("newcomers") == rows
    assert asked("newcomers", from_year=2016, place="land x") == [rows[1]]


def test_the_network_around_a_body_has_the_pairs_of_its_partners() -> None:
    assert asked("network-around", organisation="south") == [
        ["east", "north", 2],
        ["north", "south", 2],
        ["east", "south", 1],
        ["south", "west", 1],
    ]
    assert asked("network-around", organisation="south", scheme="programme b") == [["south", "west", 1]]


def columns(name: str, *shown: str, **given: Any) -> list[list[Any]]:
    """Return some columns of an answer, which another engine gives too; it makes texts of errors in participants."""
    if name != "participants":
        asked(name, **given)
    return [[row[column] for column in shown] for row in graph().ask(name, **given)]


def test_who_takes_part_in_what_is_answered_for_imported_projects() -> None:
    rows = [["east", "land x"], ["south", "land y"]]
    assert columns("participants", "participant", "country", activity="two", role="participant") == rows
    assert columns("participants", "activity", participant="west") == [["four"]]
    assert columns("not-in", "participant", activity="two", other="one") == [["east"]]
    places = columns("partners-by-place", "place", "partners", "names", activity="two", role="participant")
    assert places == [["land x", 1, "east"], ["land y", 1, "south"]]


def test_the_data_of_the_projects_of_a_body_are_those_of_its_projects_alone() -> None:
    rows = columns(
        "project-data", "project", "starts", "coordinators", "organisations", "countries", organisation="east"
    )
    assert rows == [["three", None, "east", 2, 1], ["two", "2016-05-01", "north", 3, 2]]
    assert columns("project-data", "project", project="four") == [["four"]]


def test_a_thing_that_is_given_by_its_iri_is_asked_about_without_the_names_of_all_others(monkeypatch: Any) -> None:
    fresh = Graph(graph().store, QUESTIONS)
    monkeypatch.setattr(Graph, "choices", None)
    assert len(fresh.ask("network-around", organisation="organisation:south")) == 4
