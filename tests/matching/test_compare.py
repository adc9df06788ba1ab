"""What speaks for and against two organisations being one."""

from __future__ import annotations

import pytest

from clustergraph.matching.compare import Body, Comparer, Comparison
from clustergraph.matching.matches import OPEN, settled

CROWD = [Body(f"c{n}", (f"University of Town {n}",)) for n in range(40)] + [
    Body(f"d{n}", (f"Company {n} Technology GmbH",)) for n in range(40)
]


def compared(one: Body, other: Body) -> Comparison:
    return Comparer([*CROWD, one, other]).compare(one, other)


@pytest.mark.parametrize(
    ("one", "other", "country"),
    [
        ("Universität Köln", "UNIVERSITAET KOELN", "DE"),
        ("Πανεπιστήμιο Πατρών", "PANEPISTIMIO PATRON", "EL"),
        ("Χαροκόπειο Πανεπιστήμιο", "HAROKOPIO UNIVERSITY", "EL"),
        ("Русенски университет", "RUSENSKI UNIVERSITET", "BG"),
        ("Università degli Studi di Padova", "University of Padua", "IT"),
        ("Gimac International S.r.l.", "GIMAC INTERNATIONAL SRL", "IT"),
        ("EFS Gesellschaft für Hebetechnik mbH", "EFS GESELLSCHAFT F√úR HEBETECHNIK MBH", "DE"),
        ("Πανεπιστήμιο Αιγαίου", "University of the Aegean", "EL"),
        ("Uniwersytet Warszawski", "University of Warsaw", "PL"),
        ("Tallinna Tehnikaülikool", "Tallinn Technical University", "EE"),
        ("Forschungszentrum Musterstadt", "Research Centre Musterstadt", "DE"),
        ("South-West University", "Southwest University", "BG"),
        ("Neostrain spółka z ograniczoną odpowiedzialnością", "NEOSTRAIN Sp. z o.o.", "PL"),
    ],
)
def test_a_name_is_the_same_in_another_script_language_or_legal_form(one: str, other: str, country: str) -> None:
    found = compared(Body("a", (one,), country=country), Body("b", (other,), country=country))
    assert found.score > 0.9, found.reasons


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nanjing University of Technology", "Nanjing University"),
        ("University of Bath", "Bath Spa University"),
        ("Fondazione Politecnico di Milano", "Politecnico di Milano"),
        ("Kolding Kommune", "Odense Kommune"),
        ("Imagination Factory", "Ignition Factory"),
    ],
)
def test_a_word_more_or_another_word_tells_bodies_apart(one: str, other: str) -> None:
    found = compared(Body("a", (one,)), Body("b", (other,)))
    assert found.score < 0.9, found.reasons


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ALFA (Industries et Agro-Ressources)", "Association Industries et Agro-Ressources"),
        ("Energieinstitut JKU Alfastadt", "Energieinstitut an der Johannes Kepler Universität Alfastadt"),
        ("Biodiversidade Alfamar", "Biodiversità Alfamar"),
        ("Vrije Universiteit Brussel", "Université libre de Bruxelles"),
        ("Alfa Betascientific (Bremen) GmbH", "Alfa Betascientific GmbH"),
        ("Kernforschung Alfastadt", "Alfastadt University - Kernforschung Alfastadt"),
    ],
)
def test_a_part_of_a_name_initials_or_words_of_another_language_alone_make_a_candidate_and_no_link(
    one: str, other: str
) -> None:
    found = compared(Body("a", (one,), country="DE", places=("Bremen",)), Body("b", (other,), country="DE"))
    assert found.score > OPEN, found.reasons
    [match] = settled([found], {"a": Body("a", (one,)), "b": Body("b", (other,))})
    assert match.state == "candidate", found.reasons


def test_an_identifier_of_both_outweighs_different_names() -> None:
    number = frozenset({("PIC", "999984059")})
    found = compared(Body("a", ("Fraunhofer",), identifiers=number), Body("b", ("Another Name",), identifiers=number))
    assert found.score > 0.999
    assert found.speaks_for[0] == "both have the PIC 999984059"


def test_one_name_in_two_countries_or_two_legal_forms_is_not_certain() -> None:
    one = Body("a", ("ABB AG",), country="DE", places=("Mannheim",))
    other = Body("b", ("ABB AB",), country="SE", places=("Västerås",))
    found = compared(one, other)
    assert found.score < 0.5
    assert "DE is not SE" in found.speaks_against


def test_an_acronym_that_is_the_only_name_finds_its_body_and_one_that_both_have_beside_other_names_does_not() -> None:
    cetim = Body("b", ("Centre Technique des Industries Mécaniques",), ("CETIM",), "FR")
    assert compared(Body("a", ("Cetim",), country="FR"), cetim).score > 0.5
    imagination = Body("a", ("Soil Moisture Sense Ltd",), ("SMS",), "UK")
    assert compared(imagination, Body("b", ("Energy Services Limited",), ("SMS",), "UK")).score < 0.2


def test_who_works_in_the_same_projects_speaks_for_it_and_two_participants_of_one_project_are_two() -> None:
    one, other = Body("a", ("Alfa",), projects=frozenset("p")), Body("b", ("Alfa",), projects=frozenset("q"))
    partners = {"a": frozenset({"beta", "gamma"}), "b": frozenset({"beta", "gamma", "delta"})}
    found = Comparer([*CROWD, one, other], lambda body: partners[body.iri]).compare(one, other)
    assert "both work in projects with beta, gamma" in found.speaks_for
    beside = Comparer([*CROWD], lambda _: frozenset()).compare(one, Body("b", ("Alfa",), projects=frozenset("p")))
    assert beside.speaks_against == ("both take part in one project, each for itself: p",)


def test_reasons_have_words_as_they_are_written() -> None:
    one = Body("a", ("Cluster Digital",), country="ES", places=("Barcelona",))
    found = compared(one, Body("b", ("Cluster Digital Plastics",), country="ES", places=("Barcelona",)))
    assert "both are in Barcelona" in found.speaks_for
    assert any("differ by plastics" in text for text in (*found.speaks_for, *found.speaks_against))
