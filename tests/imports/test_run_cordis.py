"""The shipped profile cordis, on tables of our own making in the layouts of the official downloads."""

from __future__ import annotations

import csv
import gzip
import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook
from pyoxigraph import DefaultGraph, Quad, QuerySolutions, RdfFormat, Store, parse

from clustergraph.imports.profile import ImportProfile
from clustergraph.imports.run import Imported, Order, run
from clustergraph.layers import PACKAGED
from clustergraph.terms import PREFIXES
from tests.conftest import PUBLISHED

SAMPLES = PUBLISHED / "cordis-official-samples"
SLICE = PUBLISHED / "cordis-h2020" / "cordis-h2020projects-slice-csv.zip"
PROJECT = [
    "id",
    "acronym",
    "status",
    "title",
    "startDate",
    "endDate",
    "totalCost",
    "ecMaxContribution",
    "legalBasis",
    "topics",
    "ecSignatureDate",
    "frameworkProgramme",
    "masterCall",
    "subCall",
    "fundingScheme",
    "nature",
    "objective",
    "contentUpdateDate",
    "rcn",
    "grantDoi",
]
ORGANIZATION = [
    "projectID",
    "projectAcronym",
    "organisationID",
    "vatNumber",
    "name",
    "shortName",
    "SME",
    "activityType",
    "street",
    "postCode",
    "city",
    "country",
    "nutsCode",
    "geolocation",
    "organizationURL",
    "contactForm",
    "contentUpdateDate",
    "rcn",
    "order",
    "role",
    "ecContribution",
    "netEcContribution",
    "totalCost",
    "endOfParticipation",
    "active",
]
ALPINE = {
    "id": "101000001",
    "acronym": "ALPINE",
    "title": "Wood of the Alps",
    "startDate": "2023-01-01",
    "endDate": "2025-12-31",
    "totalCost": "0",
    "ecMaxContribution": "75000",
    "legalBasis": "HORIZON.3.2",
    "frameworkProgramme": "HORIZON",
    "topics": "HORIZON-EIE-2022-CONNECT-01-01; HORIZON-EIE-2022-CONNECT-01-02",
    "subCall": "HORIZON-EIE-2022-CONNECT-01",
    "masterCall": "HORIZON-EIE-2022-CONNECT-01",
    "fundingScheme": "HORIZON-CSA",
    "rcn": "250001",
}
LEADER = {
    "projectID": "101000001",
    "organisationID": "900000001",
    "name": "WOOD CLUSTER",
    "shortName": "WOOD",
    "SME": "false",
    "activityType": "OTH",
    "city": "Innsbruck",
    "country": "AT",
    "nutsCode": "AT332",
    "role": "coordinator",
    "order": "1",
    "organizationURL": "http://wood.example.org",
    "vatNumber": "ATU12345678",
    "ecContribution": "50000,5",
    "netEcContribution": "40000.25",
    "endOfParticipation": "false",
}


def text(heads: list[str], *rows: dict[str, str]) -> str:
    """Return a table as CORDIS writes it: semicolons between, quotes around everything."""
    lines = [heads, *([row.get(head, "") for head in heads] for row in rows)]
    return "".join(";".join(f'"{cell}"' for cell in line) + "\n" for line in lines)


def imported(folder: Path, *, name: str = "cordis", **tables: str) -> tuple[Imported, Store]:
    """Import the packaged profile from a ZIP of tables, and return what has come of it."""
    path = folder / "cordis.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for table, content in tables.items():
            archive.writestr(f"{table}.csv", content)
    return taken(folder, path, name=name)


def taken(folder: Path, *paths: Path, name: str = "cordis", skip: bool = False) -> tuple[Imported, Store]:
    profile = ImportProfile.read(PACKAGED / "imports" / name)
    done = run(Order(profile, paths, folder / "imports", skip=skip))
    store = Store()
    quads = parse(gzip.decompress(done.target.read_bytes()), format=RdfFormat.N_QUADS)
    store.extend(Quad(*quad.triple, DefaultGraph()) for quad in quads)
    return done, store


def rows(store: Store, query: str) -> list[tuple[str, ...]]:
    found = store.query(query, prefixes=dict(PREFIXES))
    assert isinstance(found, QuerySolutions)
    return sorted(tuple("" if term is None else term.value.split("/")[-1] for term in row) for row in found)


def test_a_project_of_horizon_europe_has_its_grant_under_topics_calls_and_parts(tmp_path: Path) -> None:
    legal = text(
        ["projectID", "legalBasis", "title"],
        {"projectID": "101000001", "legalBasis": "HORIZON.3.2.3", "title": "Joint"},
    )
    topics = text(["projectID", "topic", "title"], {"topic": "HORIZON-EIE-2022-CONNECT-01-01", "title": "Networks"})
    _, store = imported(tmp_path, project=text(PROJECT, ALPINE), legalBasis=legal, topics=topics)
    assert rows(store, "SELECT ?n ?s ?e { ?p a cg:Project ; skos:prefLabel ?n ; cg:start ?s ; cg:end ?e }") == [
        ("ALPINE", "2023-01-01", "2025-12-31")
    ]
    assert rows(
        store,
        "SELECT ?g ?s ?a ?v { ?g cg:scheme ?s OPTIONAL { ?g cg:actionType ?a } OPTIONAL { ?g cg:amount/cg:value ?v } }",
    ) == [
        ("cordis-101000001", "horizon-eie-2022-connect-01-01", "csa", "75000"),
        ("cordis-101000001-2", "horizon-eie-2022-connect-01-02", "", ""),
    ]
    within = rows(store, "SELECT ?s ?w { ?s cg:withinScheme ?w }")
    assert ("horizon-eie-2022-connect-01-01", "horizon-eie-2022-connect-01") in within
    assert {("horizon-3-2-3", "horizon-3-2"), ("horizon-3-2", "horizon-3"), ("horizon-3", "horizon-europe")} <= {
        *within
    }
    assert ("horizon-eie-2022-connect-01-01", "Networks") in rows(store, "SELECT ?s ?n { ?s skos:altLabel ?n }")


def test_who_takes_part_has_role_contribution_region_and_identifiers(tmp_path: Path) -> None:
    helper = LEADER | {
        "organisationID": "900000002",
        "role": "thirdParty",
        "SME": "true",
        "ecContribution": "0.0",
        "netEcContribution": "10000",
    }
    guest = LEADER | {
        "organisationID": "900000003",
        "role": "associatedPartner",
        "netEcContribution": "",
        "ecContribution": "",
    }
    organization = text(ORGANIZATION, LEADER, helper, guest)
    _, store = imported(tmp_path, project=text(PROJECT, ALPINE), organization=organization)
    query = "SELECT ?o ?r ?c ?s { ?p cg:participant ?o ; cg:role ?r ; cg:sme ?s OPTIONAL { ?p cg:contribution ?c } }"
    assert rows(store, query) == [
        ("pic-900000001", "coordinator", "40000.25", "false"),
        ("pic-900000002", "third-party", "10000", "true"),
        ("pic-900000003", "unfunded-partner", "", "false"),
    ]
    about = (
        "SELECT DISTINCT ?c ?t ?r ?w ?k { ?o cg:country ?c ; cg:place ?t ; cg:region ?r ; cg:website ?w ; cg:kind ?k }"
    )
    assert rows(store, about) == [("AUT", "at-innsbruck", "AT332", "wood.example.org", "other")]
    assert rows(store, "SELECT ?r ?u { ?r cg:nutsCode ?c ; cg:within ?u }") == [
        ("AT3", "AUT"),
        ("AT33", "AT3"),
        ("AT332", "AT33"),
    ]
    schemes = rows(store, "SELECT DISTINCT ?n { ?o a cg:Organisation ; adms:identifier/skos:notation ?n }")
    assert {("900000001",), ("ATU12345678",)} <= {*schemes}


def test_codes_of_countries_are_those_of_cordis(tmp_path: Path) -> None:
    codes = {"EL": "GRC", "UK": "GBR", "XK": "XKX", "RE": "FRA", "": "", "ZZ": ""}
    listed = [LEADER | {"organisationID": f"90000001{n}", "country": code} for n, code in enumerate(codes)]
    _, store = imported(tmp_path, project=text(PROJECT, ALPINE), organization=text(ORGANIZATION, *listed))
    found = rows(store, "SELECT ?o ?c { ?o a cg:Organisation OPTIONAL { ?o cg:country ?c } }")
    assert [country for _, country in found] == [*codes.values()]
    assert rows(store, "SELECT ?n { ?o skos:note ?n }") == [("country ZZ",)]


def test_comma_and_point_dates_of_two_kinds_and_people_who_left(tmp_path: Path) -> None:
    project = ALPINE | {
        "startDate": "01/02/2015",
        "totalCost": "120000,75",
        "ecMaxContribution": "99000.5",
        "frameworkProgramme": "H2020",
    }
    left = LEADER | {"endOfParticipation": "true", "ecContribution": "123,5", "netEcContribution": ""}
    _, store = imported(tmp_path, project=text(PROJECT, project), organization=text(ORGANIZATION, left))
    assert rows(store, "SELECT ?s { ?p a cg:Project ; cg:start ?s }") == [("2015-02-01",)]
    assert rows(store, "SELECT ?m ?v { ?f cg:measure ?m ; cg:value ?v }") == [
        ("eu-contribution", "99000.5"),
        ("total-cost", "120000.75"),
    ]
    assert rows(store, "SELECT ?c ?l { ?p cg:contribution ?c ; cg:leftEarly ?l }") == [("123.5", "true")]


def test_a_row_without_a_name_is_known_by_its_number(tmp_path: Path) -> None:
    _, store = imported(
        tmp_path, project=text(PROJECT, ALPINE), organization=text(ORGANIZATION, LEADER | {"name": "", "shortName": ""})
    )
    assert rows(store, "SELECT ?n (LANG(?n) AS ?l) { ?o a cg:Organisation ; skos:prefLabel ?n }") == [
        ("PIC 900000001", "zxx")
    ]


def test_a_title_that_begins_with_a_quote_written_wrongly_is_read(tmp_path: Path) -> None:
    topics = (
        '"projectID";"topic";"title"\n"821040";"JTI-CS2-2017-CfP07-AIR-02-54";""Seals for FTB#2 Wing""\n'
        '"870232";"WF-01-2018";"Widening Fellowships"\n'
    )
    _, store = imported(tmp_path, topics=topics)
    titles = {title for _, title in rows(store, "SELECT ?s ?n { ?s skos:altLabel ?n }")}
    assert "Widening Fellowships" in titles
    assert any("Seals for FTB#2 Wing" in title for title in titles)


def test_the_older_layout_has_other_heads_and_its_persons_are_left(tmp_path: Path) -> None:
    project = text(
        [
            "rcn",
            "id",
            "acronym",
            "status",
            "programme",
            "topics",
            "frameworkProgramme",
            "title",
            "startDate",
            "endDate",
            "projectUrl",
            "objective",
            "totalCost",
            "ecMaxContribution",
            "call",
            "fundingScheme",
            "coordinator",
            "coordinatorCountry",
            "participants",
            "participantCountries",
            "subjects",
        ],
        {
            "rcn": "85001",
            "id": "211001",
            "acronym": "OLD",
            "programme": "FP7-ICT",
            "frameworkProgramme": "FP7",
            "startDate": "2008-01-01",
            "projectUrl": "http://old.example.org",
            "call": "FP7-ICT-2007-1",
            "fundingScheme": "CP-FP",
        },
    )
    organizations = text(
        [
            "projectRcn",
            "projectID",
            "projectAcronym",
            "role",
            "id",
            "name",
            "shortName",
            "activityType",
            "endOfParticipation",
            "ecContribution",
            "country",
            "street",
            "city",
            "postCode",
            "organizationUrl",
            "vatNumber",
            "contactForm",
            "contactLastNames",
        ],
        {
            "projectRcn": "85001",
            "projectID": "211001",
            "role": "hostInstitution",
            "id": "900000009",
            "name": "OLD BODY",
            "country": "EL",
            "city": "ATHINA",
            "contactLastNames": "Nobody",
        },
    )
    done, store = imported(tmp_path, project=project, organizations=organizations)
    assert rows(store, "SELECT ?p ?s ?w { ?g cg:activity ?p ; cg:scheme ?s . ?p cg:website ?w }") == [
        ("cordis-211001", "fp7-ict-2007-1", "old.example.org")
    ]
    assert rows(store, "SELECT ?s { ?s cg:withinScheme funding:fp7 }") == [("fp7-ict",), ("fp7-ict-2007-1",)]
    assert rows(store, "SELECT ?o ?r { ?p cg:participant ?o ; cg:role ?r }") == [("pic-900000009", "host-institution")]
    assert b"Nobody" not in gzip.decompress(done.target.read_bytes())


def test_sheets_that_declare_one_cell_are_read_whole(tmp_path: Path) -> None:
    paths = []
    for name, heads, row in (("project", PROJECT, ALPINE), ("organization", ORGANIZATION, LEADER)):
        book = Workbook()
        assert book.active is not None
        book.active.title = name
        book.active.append(heads)
        book.active.append([row.get(head) for head in heads])
        written = BytesIO()
        book.save(written)
        paths.append(tmp_path / f"{name}.xlsx")
        with zipfile.ZipFile(written) as old, zipfile.ZipFile(paths[-1], "w") as new:
            for member in old.namelist():
                new.writestr(member, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', old.read(member)))
    _, store = taken(tmp_path, *paths)
    assert rows(store, "SELECT ?o ?c { ?p cg:participant ?o ; cg:contribution ?c }") == [("pic-900000001", "40000.25")]


def test_a_role_that_is_not_known_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "project.csv").write_text(text(PROJECT, ALPINE), "utf-8")
    bad = LEADER | {"organisationID": "900000002", "role": "guest"}
    (tmp_path / "organization.csv").write_text(text(ORGANIZATION, LEADER, bad), "utf-8")
    done, store = taken(tmp_path, tmp_path / "project.csv", tmp_path / "organization.csv", skip=True)
    assert rows(store, "SELECT ?o { ?p cg:participant ?o }") == [("pic-900000001",)]
    refused = "".join(path.read_text("utf-8") for path in done.refused)
    assert "guest" in refused
    assert "coordinator|participant" in refused


def test_themes_are_concepts_of_euroscivoc_with_those_above(tmp_path: Path) -> None:
    themes = text(
        ["projectID", "euroSciVocCode", "euroSciVocPath", "euroSciVocTitle"],
        {
            "projectID": "101000001",
            "euroSciVocCode": "/23/43/251/1077",
            "euroSciVocTitle": "spectroscopy",
            "euroSciVocPath": "/natural sciences/physical sciences/optics/spectroscopy",
        },
        {
            "projectID": "101000001",
            "euroSciVocCode": "/23/999999",
            "euroSciVocTitle": "brand new",
            "euroSciVocPath": "/natural sciences/brand new",
        },
    )
    _, store = imported(tmp_path, project=text(PROJECT, ALPINE), euroSciVoc=themes)
    assert rows(store, "SELECT ?n { ?p cg:thematicFocus/skos:prefLabel ?n }") == [("brand new",), ("spectroscopy",)]
    above = rows(store, "SELECT ?a { ?t skos:prefLabel 'spectroscopy'@en ; skos:broaderTransitive/skos:prefLabel ?a }")
    assert above == [("natural sciences",), ("optics",), ("physical sciences",)]
    assert ("euroscivoc-999999",) in rows(store, "SELECT ?t { ?p cg:thematicFocus ?t }")


@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the samples of CORDIS are not beside the project (CLUSTERGRAPH_TEST_DATA)"
)
def test_the_official_samples_are_taken_whole(tmp_path: Path) -> None:
    path = tmp_path / "horizon.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in (SAMPLES / "he-head100").glob("*_df_100.csv"):
            archive.write(file, file.name.replace("_df_100", ""))
    done, store = taken(tmp_path, path)
    assert [(each.read, each.taken) for each in done.taken] == [(100, 100)] * 5 + [(100, 0)]  # no link is of a web site
    assert len(rows(store, "SELECT DISTINCT ?p { ?p a cg:Project }")) == 100
    with (SAMPLES / "he-head100" / "organization_df_100.csv").open(encoding="utf-8", newline="") as file:
        expected = sum(float(row["netEcContribution"] or row["ecContribution"] or 0) for row in csv.DictReader(file))
    sums = rows(store, "SELECT (SUM(?c) AS ?sum) { ?p cg:contribution ?c }")
    assert float(sums[0][0]) == pytest.approx(expected)


@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the samples of CORDIS are not beside the project (CLUSTERGRAPH_TEST_DATA)"
)
def test_the_official_topics_of_h2020_are_taken_whole(tmp_path: Path) -> None:
    done, store = taken(tmp_path, SAMPLES / "h2020-csv-official" / "topics.csv")
    assert [(each.read, each.taken) for each in done.taken] == [(35_389, 35_389)]
    wrong = "SELECT ?t { funding:jti-cs2-2017-cfp07-air-02-54 skos:altLabel ?t }"
    assert rows(store, wrong) == [('"Seals for FTB#2 Wing with Additive Manufacturing Technologies"',)]


@pytest.mark.skipif(not SLICE.is_file(), reason="the slice of H2020 is not beside the project (CLUSTERGRAPH_TEST_DATA)")
def test_the_slice_of_h2020_is_taken_whole(tmp_path: Path) -> None:
    done, store = taken(tmp_path, SLICE)
    assert [(each.read, each.taken) for each in done.taken] == [(158, 158), (2396, 2396)]
    assert rows(store, "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?p cg:participant ?o }") == [("1603",)]
