"""Search finds things as people type them."""

from __future__ import annotations

import random
import string

import pytest

from clustergraph.graph import Graph
from clustergraph.questions.search import Index, Name


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("ViaMéca", "ViaMéca"),
        ("viameca", "ViaMéca"),
        ("viamca", "ViaMéca"),
        ("Poolnet", "Pool-Net"),
        ("pool net", "Pool-Net"),
        ("Plastipols", "Plastipolis"),
        ("Lombardia", "Lombardy"),
        ("Baden Wurttemberg", "Baden-Württemberg"),
        ("Frankreich", "France"),
        ("Nirgendwoland", None),
        ("Deutschland", "Germany"),
        ("CCIS", "Chamber of Commerce and Industry of Slovenia"),
        ("een", "Enterprise Europe Network"),
        ("vanguard", "Vanguard Initiative"),
        ("FRK", "Auvergne-Rhône-Alpes"),
        ("microtec sudwest", "microTEC Südwest"),
    ],
)
def test_names_are_found(graph: Graph, text: str, label: str | None) -> None:
    labels = [hit.label for hit in graph.search(text, 3)]
    if label is None:
        assert not any(hit.score > 90 for hit in graph.search(text))
    else:
        assert label in labels[:2]


def test_the_exact_name_comes_first(graph: Graph) -> None:
    for label in ("AFIL", "Eurecat", "FP7", "Lombardy", "bwcon"):
        assert graph.search(label)[0].label == label


def test_nothing_is_found_for_nothing(graph: Graph) -> None:
    assert graph.search("") == []
    assert graph.search("!?") == []
    assert graph.search("qqqqzzzzxxxx") == []


def test_a_thing_is_found_once_by_its_best_name(graph: Graph) -> None:
    hits = graph.search("pool-net", 20)
    assert len({hit.iri for hit in hits}) == len(hits)


def test_one_wrong_letter_among_many_names_is_forgiven() -> None:
    randomly = random.Random(5)
    names = ["".join(randomly.choices(string.ascii_lowercase, k=9)).title() + " Cluster" for _ in range(5000)]
    index = Index.of(Name(name, name, name, "cluster") for name in names)
    for name in randomly.sample(names, 40):
        place = randomly.randrange(1, 8)
        typed = name[:place] + "é" + name[place + 1 :]
        assert index.search(typed)[0].iri == name


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("addit", "Additive manufacturing"),
        ("addidive manufacturing", "Additive manufacturing"),
        ("plastip", "Plastipolis"),
        ("Plastipols", "Plastipolis"),
        ("lombard", "Lombardy"),
        ("lombrady", "Lombardy"),
        ("afl", "AFIL"),
        ("minalogc", "Minalogic"),
        ("nanosafpack", "Nanosafepack"),
        ("vanguard pilot", "Vanguard pilot: 3D Printing"),
        ("wiintec", "WIINTECH 2020"),
        ("robotic", "Advanced, collaborative and mobile robotics"),
    ],
)
def test_what_begins_so_comes_before_what_is_only_like_it(graph: Graph, text: str, first: str) -> None:
    hits = graph.search(text, 20)
    assert hits[0].label == first
    similar = [hit.is_similar for hit in hits]
    assert similar == sorted(similar)
    beginning = [hit.kind != "thing" for hit in hits if 90 <= hit.score < 95]
    assert beginning == sorted(beginning), "things come before terms"


def test_a_name_of_two_letters_is_not_like_a_word_that_has_them(graph: Graph) -> None:
    assert "Andorra" not in [hit.label for hit in graph.search("addit", 40)]
