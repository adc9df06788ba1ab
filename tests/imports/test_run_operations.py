"""Lists of operations in the layouts of three authorities and in one of no authority; all names are invented."""

from pathlib import Path

import pytest

from tests.commands import run
from tests.conftest import PUBLISHED
from tests.imports.imported import LISTS, found, project, said, take

LAYOUTS = ("austria", "denmark", "northern-ireland", "other")
AUTHORITIES = PUBLISHED / "structural-funds-lists"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the lists of all layouts."""
    folder = project(tmp_path_factory.mktemp("operations"))
    for layout in LAYOUTS:
        take(folder, "operations", LISTS / f"operations-{layout}.csv", "--name", layout)
    return folder


def figures(folder: Path, layout: str, operation: str) -> list[str]:
    """Return the figures of an operation, each with its measure and unit."""
    pattern = f'?p skos:prefLabel "{operation}"@und . ?f cg:subject ?p ; cg:measure ?m ; cg:value ?v ; cg:unit ?u'
    return [" ".join(row) for row in found(said(folder, layout), pattern, "m", "v", "u")]


def test_amounts_and_rates_are_read_as_each_list_writes_them(folder: Path) -> None:
    assert figures(folder, "austria", "Erweiterung der Musterhalle") == [
        "eligible-expenditure 403514.06 eur", "eu-cofinancing-rate 18.13 percent"]  # fmt: skip
    assert figures(folder, "denmark", "Eksempel på vækst") == [
        "eu-cofinancing-rate 50 percent", "eu-contribution 7707397 dkk", "total-cost 15414794 dkk"]  # fmt: skip
    assert figures(folder, "northern-ireland", "Develop a sample") == [
        "eligible-expenditure 2888913.33 gbp", "eu-contribution 1733348 gbp"]  # fmt: skip
    assert figures(folder, "northern-ireland", "Design advice for firms")[0] == "eligible-expenditure 124883 gbp"
    assert figures(folder, "other", "Nowa hala") == ["eligible-expenditure 403514.06 pln"]


def test_an_amount_without_a_currency_is_a_note(folder: Path) -> None:
    assert figures(folder, "other", "Nowy płot") == []
    assert ("expenditure: 2000.5",) in found(said(folder, "other"), "?n dcterms:description ?x", "x")


@pytest.mark.parametrize(
    ("layout", "operation", "dates"),
    [
        ("austria", "Erweiterung der Musterhalle", ("2016-06-27", "2017-06-30")),
        ("denmark", "Eksempel på vækst", ("2014-04-24", "2017-02-28")),
        ("northern-ireland", "Develop a sample", ("2013-03-18", "2016-09-18")),
        ("other", "Nowa hala", ("2016-06-27", "2017-06-30")),
    ],
)
def test_dates_are_read_in_each_fashion(folder: Path, layout: str, operation: str, dates: tuple[str, str]) -> None:
    pattern = f'?p skos:prefLabel "{operation}"@und ; cg:start ?s ; cg:end ?e'
    assert found(said(folder, layout), pattern, "s", "e") == [dates]


def test_an_operation_has_its_programme_fund_category_and_region(folder: Path) -> None:
    grant = "?g cg:scheme ?s . ?s cg:withinScheme ?f"
    assert {row[1] for row in found(said(folder, "denmark"), grant, "s", "f")} == {"erdf", "esf"}
    assert found(said(folder, "austria"), "?g cg:actionType ?x", "x") == [("intervention-001",), ("intervention-060",)]
    assert found(said(folder, "northern-ireland"), "?g cg:actionType ?x", "x")[0] == ("intervention-057",)
    assert found(said(folder, "austria"), "?p a cg:Project ; cg:region ?x", "x") == [("AT22",), ("AT31",)]
    assert found(said(folder, "denmark"), "?p a cg:Project ; cg:region ?x", "x") == [("DK05",)]
    assert ("region: National pulje",) in found(said(folder, "denmark"), "?n dcterms:description ?x", "x")


def test_partners_take_part_and_the_beneficiary_of_a_partnership_coordinates(folder: Path) -> None:
    parts = "?t a cg:Participation ; cg:participant ?o ; cg:role ?r . ?o skos:prefLabel ?n"
    roles = dict(found(said(folder, "denmark"), parts, "n", "r"))
    assert roles == {
        "Væksthus Eksempel": "coordinator",
        "Eksempel Kommune": "partner",
        "Eksempel Universitet": "partner",
    } | {"Eksempel Kommune": roles["Eksempel Kommune"]}


@pytest.mark.parametrize(
    ("layout", "row", "rule"),
    [
        ("austria", 3, "a sole trader bears the name of a person"),
        ("denmark", 4, "a sole trader bears the name of a person"),
        ("northern-ireland", 3, "a form of address stands before the name"),
        ("other", 3, "the list marks a natural person"),
    ],
)
def test_natural_persons_are_left_out_and_listed_by_row_without_their_names(
    tmp_path: Path, layout: str, row: int, rule: str
) -> None:
    told = take(project(tmp_path), "operations", LISTS / f"operations-{layout}.csv")
    assert "2 taken, 1 left out" in told or "3 taken, 1 left out" in told
    assert f"the profile takes nothing from them: rows {row} ({rule})\n" in told
    record = (tmp_path / "data" / "imports" / "operations.trig").read_text("utf-8")
    assert "cg:rowsLeftOut 1" in record
    assert f"Rows that are left out by the profile: {row} ({rule})" in record
    everything = told + record + "".join(map(str, said(tmp_path, "operations")))
    assert [name for name in ("Mustermann", "Jens Eksempel", "John Sample", "Gospodarstwo") if name in everything] == []


def test_a_partner_who_is_a_natural_person_is_left_out_alone_and_the_row_is_listed(tmp_path: Path) -> None:
    told = take(project(tmp_path), "operations", LISTS / "operations-denmark.csv")
    part = "2 (a partner: the name is only that of a person)"
    assert f"left out of rows that are taken: rows {part}\n" in told
    assert f"Parts of rows that are left out: {part}" in (tmp_path / "data" / "imports" / "operations.trig").read_text(
        "utf-8"
    )
    names = found(said(tmp_path, "operations"), "?p cg:participant/skos:prefLabel ?n", "n")
    assert ("Eksempel Universitet",) in names
    assert ("Jens Eksempel",) not in names


@pytest.mark.skipif(not AUTHORITIES.exists(), reason="the lists are not beside the project (CLUSTERGRAPH_TEST_DATA)")
@pytest.mark.parametrize(
    ("file", "taken", "left"),
    [
        ("at-2014-2020/Vorhabensliste_IWB_EFRE_AT2014-2020_Download.csv", 48, "33 (a sole trader bears the name"),
        ("at-2014-2020/Vorhabensliste_IWB_EFRE_AT2014-2020_Download.xlsx", 48, "33 (a sole trader bears the name"),
        ("dk-2014-2020/ERDF_Denmark_2014-2020.contacts-blanked.csv", 107, ""),
        ("uk-ni-2014-2020/ERDF_Northern_Ireland_2014-2020.csv", 196, ""),
        ("uk-ni-2014-2020/ERDF_Northern_Ireland_2014-2020_original.xlsx", 196, ""),
    ],
)
def test_a_list_that_an_authority_has_published_is_read_whole(tmp_path: Path, file: str, taken: int, left: str) -> None:
    told = take(project(tmp_path), "operations", AUTHORITIES / file)
    assert f"{taken} taken" in told
    assert (f"takes nothing from them: rows {left}" if left else "taken; ") in told
    assert len(found(said(tmp_path, "operations"), "?p a cg:Project", "p")) == taken


@pytest.mark.slow
@pytest.mark.skipif(not AUTHORITIES.exists(), reason="the lists are not beside the project (CLUSTERGRAPH_TEST_DATA)")
def test_the_lists_of_three_authorities_are_valid_together(tmp_path: Path) -> None:
    assert run(tmp_path, "init", "mine").returncode == 0
    for number, file in enumerate(sorted(AUTHORITIES.rglob("*.csv"))):
        take(tmp_path / "mine", "operations", file, "--name", f"operations-{number}")
    done = run(tmp_path / "mine", "validate")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_what_comes_out_is_valid_and_answers_the_questions(folder: Path) -> None:
    built = run(folder, "build")
    assert built.returncode == 0, built.stdout + built.stderr
    asked = {
        "participants": ("--activity", "Erweiterung der Musterhalle", "Muster Metallbau GmbH"),
        "figures": ("--measure", "eligible-expenditure", "403514.06"),
        "projects": ("--document", "List of operations (northern-ireland)", "Develop a sample"),
    }
    for question, (parameter, value, expected) in asked.items():
        assert expected in run(folder, "ask", question, parameter, value, "--format", "csv").stdout


def test_a_polish_list_with_a_title_blanks_in_numbers_and_the_currency_in_a_heading_is_read(tmp_path: Path) -> None:
    file = project(tmp_path) / "lista.csv"
    file.write_text(
        "Lista projektów 2023;;;;\n;;;;\n"
        "Tytuł projektu;Nazwa beneficjenta;Wartość ogółem (PLN);Wydatki kwalifikowalne (PLN);Kraj\n"
        "Nowa hala;Wzorowy Zakład sp. z o.o.;1 000 000,00;900 000,50;Polska\n"
        "Nowy most;Wzorowy Zakład sp. z o.o.;1\u00a0234\u00a0567,80;;Polska\n",
        "utf-8",
    )
    told = take(tmp_path, "operations", file, "--name", "lista")
    assert "the headings stand in row 3" in told
    assert "amounts are in PLN, as the headings say" in told
    assert figures(tmp_path, "lista", "Nowa hala") == ["eligible-expenditure 900000.5 pln", "total-cost 1000000 pln"]
    assert figures(tmp_path, "lista", "Nowy most") == ["total-cost 1234567.8 pln"]


def test_an_import_of_which_no_row_can_be_taken_is_an_error_and_writes_nothing(tmp_path: Path) -> None:
    file = project(tmp_path) / "wrong.csv"
    file.write_text("Operation name;Beneficiary;Start date;Country\nA;B Ltd;soon;Spain\n", "utf-8")
    done = run(tmp_path, "import", "operations", str(file), "--on-error", "skip")
    assert done.returncode == 2
    assert "no row can be taken" in done.stderr
    assert [*(tmp_path / "data" / "imports").iterdir()] == []
