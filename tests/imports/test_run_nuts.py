"""The shipped profile nuts, on tables of our own making and on those of Eurostat."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import PUBLISHED
from tests.imports.test_run_cordis import rows, taken

CODES = PUBLISHED / "nuts" / "NUTS_AT_2021.csv"
TABLE = """CNTR_CODE,NUTS_ID,NAME_LATN,NUTS_NAME
EL,EL,Elláda,Ελλάδα
EL,EL3,Attiki,Αττική
EL,EL30,Attiki,Αττική
EL,EL303,Kentrikos Tomeas Athinon,Κεντρικός Τομέας Αθηνών
"""


def table(folder: Path, name: str, content: str = TABLE) -> Path:
    path = folder / name
    path.write_text(content, "utf-8")
    return path


def test_regions_have_code_level_names_and_what_they_lie_within(tmp_path: Path) -> None:
    _, store = taken(tmp_path, table(tmp_path, "NUTS_AT_2021.csv"), name="nuts")
    query = "SELECT ?r ?l ?v ?u { ?r a cg:Region ; cg:nutsLevel ?l ; cg:nutsVersion ?v ; cg:within ?u }"
    assert rows(store, query) == [
        ("EL3", "1", "2021", "GRC"),
        ("EL30", "2", "2021", "EL3"),
        ("EL303", "3", "2021", "EL30"),
    ]
    assert rows(store, "SELECT ?n ?a { nuts:EL3 skos:prefLabel ?n ; skos:altLabel ?a }") == [("Attiki", "Αττική")]


def test_the_version_stands_in_the_name_of_the_file(tmp_path: Path) -> None:
    _, store = taken(tmp_path, table(tmp_path, "NUTS_AT_2016.csv"), name="nuts")
    assert rows(store, "SELECT DISTINCT ?v { ?r cg:nutsVersion ?v }") == [("2016",)]
    _, store = taken(tmp_path, table(tmp_path, "regions.csv"), name="nuts")
    assert rows(store, "SELECT DISTINCT ?v { ?r cg:nutsVersion ?v }") == []


def test_an_outline_is_a_geometry_of_its_region_or_country(tmp_path: Path) -> None:
    content = 'CNTR_CODE,NUTS_ID,NUTS_NAME,wkt\nLI,LI,Liechtenstein,"POLYGON((9.5 47,9.6 47,9.6 47.2,9.5 47))"\n'
    _, store = taken(tmp_path, table(tmp_path, "NUTS_RG_2021.csv", content), name="nuts")
    assert rows(store, "SELECT ?p ?g { ?p geo:hasGeometry ?g . ?g geo:asWKT ?w }") == [("LIE", "nuts-li-2021")]


@pytest.mark.skipif(not CODES.is_file(), reason="the codes of NUTS are not beside the project (CLUSTERGRAPH_TEST_DATA)")
def test_the_codes_of_2021_are_taken_whole(tmp_path: Path) -> None:
    done, store = taken(tmp_path, CODES, name="nuts")
    assert [(each.read, each.taken) for each in done.taken] == [(2010, 1973)]  # countries give nothing but outlines
    assert rows(store, "SELECT ?l (COUNT(?r) AS ?n) { ?r cg:nutsLevel ?l } GROUP BY ?l") == [
        ("1", "125"),
        ("2", "334"),
        ("3", "1514"),
    ]
