"""Which pairs are linked without asking, and which wait."""

from __future__ import annotations

from dataclasses import replace

from clustergraph.matching.compare import Body
from clustergraph.matching.matches import OPEN, Match, find

CROWD = [Body(f"c{n}", (f"{word} Company {n} GmbH",), sources=("register",)) for n, word in enumerate("abcdefgh" * 5)]
MINALOGIC = Body("doc", ("Minalogic Partenaires",), country="FR", places=("Grenoble",), sources=("document",))
OTHER = replace(MINALOGIC, iri="reg", names=("MINALOGIC PARTENAIRES",), sources=("register",))


def found(*bodies: Body) -> dict[frozenset[str], Match]:
    matches = find([*CROWD, *bodies], lambda one, other: one.sources == other.sources)
    return {frozenset(match.pair): match for match in matches}


def test_one_name_in_one_town_is_linked_with_its_reasons() -> None:
    match = found(MINALOGIC, OTHER)[frozenset({"doc", "reg"})]
    assert match.state == "same"
    assert match.decided_by == "rule"
    assert "both are in Grenoble" in match.speaks_for


def test_a_second_body_that_is_as_like_keeps_both_open() -> None:
    matches = found(MINALOGIC, OTHER, replace(OTHER, iri="reg2"))
    assert {match.state for match in matches.values()} == {"candidate"}
    assert any("about as like" in text for match in matches.values() for text in match.speaks_against)


def test_a_name_alone_is_not_enough() -> None:
    match = found(MINALOGIC, replace(OTHER, country="", places=()))[frozenset({"doc", "reg"})]
    assert match.state == "candidate"


def test_one_name_in_two_towns_or_in_a_town_of_an_unknown_country_waits() -> None:
    for there in (replace(OTHER, places=("Lyon",)), replace(OTHER, country="")):
        assert found(MINALOGIC, there)[frozenset({"doc", "reg"})].state == "candidate"


def test_nothing_is_concluded_through_a_third() -> None:
    alias = replace(MINALOGIC, iri="list", names=("Minalogic Partenaires", "Pôle Isérois Numérique"), sources=("list",))
    third = Body("far", ("Pôle Isérois Numérique",), country="FR", places=("Grenoble",), sources=("map",))
    matches = found(MINALOGIC, alias, third)
    assert matches[frozenset({"doc", "list"})].state == matches[frozenset({"list", "far"})].state == "same"
    assert matches.get(frozenset({"doc", "far"})) is None or matches[frozenset({"doc", "far"})].state != "same"


def test_what_is_most_alike_of_two_sources_is_a_candidate_where_neither_has_a_better_one() -> None:
    ours = Body("doc", ("Alfastadt Betaland Corporation",), sources=("document",))
    theirs = Body("reg", ("Alfastadt Betaland Wirtschaftspflege GmbH",), sources=("register",))
    assert found(ours, theirs)[frozenset({"doc", "reg"})].score < OPEN
    better = replace(theirs, iri="reg2", names=("Alfastadt Betaland Corporation",))
    assert frozenset({"doc", "reg"}) not in found(ours, theirs, better)
