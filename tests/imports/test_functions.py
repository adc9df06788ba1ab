"""Functions that the queries of profiles can call."""

from typing import Any

import pytest
from pyoxigraph import NamedNode, QuerySolutions, Store

from clustergraph.imports.functions import FUNCTION, FUNCTIONS
from clustergraph.terms import SCHEME


def value(call: str) -> Any:
    text = f"PREFIX f: <{FUNCTION}> SELECT ({call} AS ?value) {{}}"
    found = Store().query(text, custom_functions=dict(FUNCTIONS))
    assert isinstance(found, QuerySolutions)
    term = next(iter(found))["value"]
    return term and term.value


def parts(cell: str) -> list[str]:
    found = (value(f'f:part("{cell}", {number})') for number in range(1, 6))
    return [each for each in found if each]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("fotónica; salud ;", ["fotónica", "salud"]),
        ("aerospace, defence; health", ["aerospace, defence", "health"]),
        ("Energie, Umwelt", ["Energie", "Umwelt"]),
        ("• zdrowie • energia", ["zdrowie", "energia"]),
        ("energi / vand", ["energi", "vand"]),
        ("IT/TIC", ["IT/TIC"]),
    ],
)
def test_a_cell_has_parts(cell: str, expected: list[str]) -> None:
    assert parts(cell) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014", "2014"),
        ("2014-05", "2014-05"),
        ("05/2014", "2014-05"),
        ("3.5.2014", "2014-05-03"),
        ("31/05/2014", "2014-05-31"),
        ("05/05/2014", "2014-05-05"),
        ("2014-05-03T00:00:00", "2014-05-03"),
    ],
)
def test_a_date_is_as_precise_as_it_is_written(text: str, expected: str) -> None:
    assert value(f'f:date("{text}")') == expected


@pytest.mark.parametrize("text", ["03/05/2014", "31.02.2014", "spring 2014", "99"])
def test_what_is_no_date_or_two_dates_is_none(text: str) -> None:
    assert value(f'f:date("{text}")') is None


@pytest.mark.parametrize(
    "label",
    ["additive manufacturing", "Additive Fertigung", "impresión 3D", "3D-printing", "druk 3D", "additiv fremstilling"],
)
def test_a_code_is_found_by_its_labels_in_any_language(label: str) -> None:
    assert value(f'f:code("{label}", <{SCHEME}field>)') == f"{SCHEME}field/additive-manufacturing"


def test_a_label_that_only_resembles_that_of_a_code_finds_none() -> None:
    assert value(f'f:code("additive manufacturing of toys", <{SCHEME}field>)') is None


def test_a_region_is_looked_for_in_its_country() -> None:
    assert value('f:region("Galicia", f:letters(f:country("España")))') == "http://data.europa.eu/nuts/code/ES11"


def test_a_person_is_told_with_the_reason() -> None:
    assert value('f:person("Frau Musterfrau")') == "a form of address stands before the name"
    assert value('f:person("Muster GmbH")') is None


def test_every_function_gives_nothing_for_a_text_without_letters() -> None:
    one = {"slug": '"—"', "country": '"—"', "person": '"—"', "date": '"—"'}
    assert {name: value(f"f:{name}({text})") for name, text in one.items()} == dict.fromkeys(one)
    assert NamedNode(f"{FUNCTION}slug") in FUNCTIONS
