"""Countries and regions are known by their codes and names, and only where that leaves no doubt."""

import pytest

from clustergraph.imports import territories


@pytest.mark.parametrize(
    "name", ["Spain", "Espagne", "Spanien", "Spagna", "España", "Espanha", "Hiszpania", "ES", "es", "ESP"]
)
def test_a_country_is_known_in_eight_languages_and_by_its_codes(name: str) -> None:
    assert territories.country(name) == "ESP"


def test_the_codes_of_the_union_for_greece_and_the_kingdom_are_known() -> None:
    assert [territories.country(code) for code in ("EL", "GR", "UK", "GB")] == ["GRC", "GRC", "GBR", "GBR"]


@pytest.mark.parametrize(
    ("name", "country", "code"),
    [
        ("ES51", "", "ES51"),
        ("Cataluña (ES51)", "", "ES51"),
        ("Catalonia", "ES", "ES51"),
        ("REGION DE MURCIA", "ES", "ES62"),
        ("Comunidad de Madrid", "ES", "ES30"),
        ("województwo śląskie", "PL", "PL22"),
        ("Region Sjælland", "DK", "DK02"),
        ("Baden-Wuerttemberg", "DE", None),
        ("Bundesland Tirol", "AT", "AT33"),
    ],
)
def test_a_region_is_known_by_code_or_by_name_within_its_country(name: str, country: str, code: str | None) -> None:
    assert territories.region(name, country) == code


def test_a_name_without_a_country_or_of_another_one_is_no_region() -> None:
    assert territories.region("Centro") is None
    assert territories.region("Centro", "FR") is None


def test_a_name_of_two_regions_of_a_country_is_neither() -> None:
    assert territories.region("West Sussex", "GB") is None
