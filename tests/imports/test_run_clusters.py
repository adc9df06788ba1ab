"""Lists of clusters in eight languages, imported as a user would; all clusters are invented."""

import csv
from pathlib import Path

import pytest

from tests.commands import run
from tests.conftest import ROOT
from tests.imports.imported import LISTS, found, project, said, take, written

FIRST = {
    "en": ("association", "IE05", "more-than 50", "2009", "ecei-cluster-management-excellence", "gold"),
    "fr": ("association loi 1901", "FRJ2", "more-than 120", "2005", "pole-de-competitivite", "gold"),
    "de": ("e. V.", "DE1", "exactly 1250", "2011-03-01", "go-cluster", "silver"),
    "it": ("consorzio", "ITC1", "more-than 80", "2010", "cluster-tecnologico-nazionale", "bronze"),
    "es": ("asociación", "ES24", "exactly 75", "2008", "aei", "gold"),
    "pt": ("associação", "PT15", "more-than 90", "2012", "cluster-de-competitividade", "silver"),
    "pl": ("stowarzyszenie", "PL82", "more-than 150", "2003", "krajowy-klaster-kluczowy", "gold"),
    "da": ("forening", "DK04", "about 200", "2013", "national-klyngeorganisation", "gold"),
}
"""By language legal form, region, members, foundation, a label and a level of the first cluster."""
NUMBERS = {
    "75": ["exactly 75"],
    "1.250": ["exactly 1250"],
    "1 250": ["exactly 1250"],
    ">50": ["more-than 50"],
    "50+": ["at-least 50"],
    "≥ 50": ["at-least 50"],
    "min. 50": ["at-least 50"],
    "ca. 120": ["about 120"],
    "~120": ["about 120"],
    "100-150": ["at-least 100", "less-or-equal 150"],
    "ca. 100 – 150": ["about-at-least 100", "about-at-most 150"],
    "od 100 do 150": ["at-least 100", "less-or-equal 150"],
    "bis zu 60": ["less-or-equal 60"],
    "<60": ["less-or-equal 60"],
    "120 (2023)": ["exactly 120"],
    "120 Unternehmen": ["exactly 120"],
    "12, 15 or 18": [],
    "viele": [],
    "-5": [],
    "(-5)": [],
    "−12 members": [],
}
"""Cells, and the figures that they give."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the lists of all languages."""
    folder = project(tmp_path_factory.mktemp("clusters"))
    for language in FIRST:
        take(folder, "clusters", LISTS / f"clusters-{language}.csv", "--name", language)
    return folder


def first_name(language: str) -> str:
    with (LISTS / f"clusters-{language}.csv").open(encoding="utf-8-sig", newline="") as file:
        text = file.read()
        return next(csv.reader(text.splitlines()[1:], csv.Sniffer().sniff(text, ",;\t")))[0]


@pytest.mark.parametrize("language", FIRST)
def test_a_list_is_read_in_whatever_language_its_headings_are(folder: Path, language: str) -> None:
    store, (form, region, members, founded, label, level) = said(folder, language), FIRST[language]
    cluster = f'?c skos:prefLabel "{first_name(language)}"@und ; cg:kind organisation-kind:cluster . '
    assert found(store, cluster + "?c cg:legalForm ?x", "x") == [(form,)]
    assert found(store, cluster + "?c cg:region ?x", "x") == [(region,)]
    assert found(store, cluster + "?c cg:founded ?x", "x") == [(founded,)]
    figure = "?f cg:subject ?c ; cg:measure measure:members ; cg:bound ?b ; cg:value ?v"
    assert [" ".join(row) for row in found(store, cluster + figure, "b", "v")] == [members]
    assert (label,) in found(store, cluster + "?a cg:holder ?c ; cg:label ?x", "x")
    assert found(store, cluster + "?a cg:holder ?c ; cg:level ?x", "x") == [(level,)]
    assert len(found(store, cluster + "?f cg:subject ?c ; cg:measure measure:smes ; cg:asOf ?x", "x")) == 1


@pytest.mark.parametrize("language", FIRST)
def test_a_column_that_fits_nothing_is_a_note_with_its_heading(folder: Path, language: str) -> None:
    with (LISTS / f"clusters-{language}.csv").open(encoding="utf-8-sig", newline="") as file:
        text = file.read()
    head, row = list(csv.reader(text.splitlines()[:2], csv.Sniffer().sniff(text, ",;\t")))
    notes = found(
        said(folder, language), "?n a cg:Note ; cg:noteKind note-kind:further-column ; dcterms:description ?x", "x"
    )
    assert (f"{head[-1]}: {row[-1]}",) in notes


@pytest.mark.parametrize("language", FIRST)
def test_no_contact_of_a_list_gets_into_the_graph(folder: Path, language: str) -> None:
    people = ("Mary Sample", "Jean Exemple", "Max Mustermann", "Mario Esempio", "José Muestra", "Maria da Amostra",
              "Jan Wzorowy", "Jens Eksempel")  # fmt: skip
    assert [str(quad) for quad in said(folder, language) if any(name in str(quad) for name in people)] == []


def test_a_field_is_one_of_the_thesaurus_by_its_label_and_else_stays_as_printed(folder: Path) -> None:
    store = said(folder, "de")
    assert {row[0] for row in found(store, "?c cg:thematicFocus ?x", "x")} >= {
        "advanced-materials",
        "additive-manufacturing",
    }
    printed = found(store, "?c cg:thematicFocus ?x . ?x a skos:Concept ; skos:prefLabel ?l", "l")
    assert printed == [("Schnitzkunst",)]


def test_regions_and_towns_have_their_names_as_their_country_writes_them(tmp_path: Path) -> None:
    rows = [["Nazwa klastra", "Kraj", "Województwo", "Miejscowość"], ["Klaster A", "Polska", "małopolskie", "Kraków"]]
    take(project(tmp_path), "clusters", written(tmp_path / "list.csv", rows), "--name", "list")
    store = said(tmp_path, "list")
    assert found(store, "?c cg:region/skos:prefLabel ?x", "x") == [("Małopolskie",)]
    assert found(store, "?c cg:place/skos:prefLabel ?x", "x") == [("Kraków",)]


def test_numbers_have_the_bounds_that_they_are_written_with(tmp_path: Path) -> None:
    rows = [
        ["Cluster name", "Country", "Members"],
        *([f"Cluster {n}", "Spain", cell] for n, cell in enumerate(NUMBERS)),
    ]
    take(project(tmp_path), "clusters", written(tmp_path / "numbers.csv", rows), "--name", "numbers")
    store = said(tmp_path, "numbers")
    given = {
        cell: [
            " ".join(row)
            for row in found(
                store, f'?c skos:prefLabel "Cluster {n}"@und . ?f cg:subject ?c ; cg:bound ?b ; cg:value ?v', "b", "v"
            )
        ]
        for n, cell in enumerate(NUMBERS)
    }
    assert given == NUMBERS
    assert found(store, "?f cg:asOf ?d", "d") == [("2023",)]
    unread = sorted(f"members: {cell}" for cell, figures in NUMBERS.items() if not figures)
    assert found(store, "?n dcterms:description ?x", "x") == [(text,) for text in unread]


def test_what_cannot_be_read_for_sure_is_a_note(tmp_path: Path) -> None:
    head = ["Cluster name", "Country", "Region", "Founded", "Website", "Label", "Email"]
    rows = [
        [
            "Sample One",
            "United Kingdom",
            "West Sussex",
            "03/05/2014",
            "see our page",
            "best of all",
            "mary.sample@example.org",
        ],
        ["Sample Two", "Atlantis", "Centro", "in spring", "Example.ORG/About/", "", "Office@Example.org"],
    ]
    take(project(tmp_path), "clusters", written(tmp_path / "unsure.csv", [head, *rows]), "--name", "unsure")
    store = said(tmp_path, "unsure")
    notes = [row[0] for row in found(store, "?n a cg:Note ; dcterms:description ?x", "x")]
    assert notes == sorted(["region: West Sussex", "founded: 03/05/2014", "website: see our page", "label: best of all",
                            "country: Atlantis", "region: Centro", "founded: in spring"])  # fmt: skip
    assert found(store, "?c cg:website ?x", "x") == [("example.org/About",)]
    assert found(store, "?c cg:email ?x", "x") == [("office@example.org",)]


def test_cells_that_cannot_be_read_as_what_their_column_is_are_told_with_their_row(tmp_path: Path) -> None:
    head = ["Nazwa klastra", "Kraj", "Rok powstania", "Liczba członków", "Stan na dzień", "Opis"]
    rows = [
        ["Klaster A", "Polska", "2001", "120", "2024", "wczoraj"],
        ["Klaster B", "Polsska", "wczoraj", "-5", "32.13.2020", ""],
        *([f"Klaster {n}", "Polska", "", "dużo", "", ""] for n in range(9)),
    ]
    told = take(project(tmp_path), "clusters", written(tmp_path / "wrong.csv", [head, *rows]), "--name", "wrong")
    unread = "13 cells could not be read as what their column is, and became notes: row 3, as of: '32.13.2020'; "
    unread += "row 3, country: 'Polsska'; row 3, founded: 'wczoraj'; row 3, members: '-5'; row 4, members: 'dużo'; "
    assert unread in told
    assert "; row 9, members: 'dużo'; and 3 more" in told
    record = (tmp_path / "data" / "imports" / "wrong.trig").read_text("utf-8")
    assert "row 12, members: 'dużo'\"" in record
    store = said(tmp_path, "wrong")
    assert found(store, "?f a cg:Figure ; cg:value ?x", "x") == [("120",)]
    assert ("country: Polsska",) in found(store, "?n cg:noteKind note-kind:unread-cell ; dcterms:description ?x", "x")
    further = found(store, "?n cg:noteKind note-kind:further-column ; dcterms:description ?x", "x")
    assert further == [("Opis: wczoraj",)]


def test_words_for_fields_that_are_none_of_the_thesaurus_are_told_with_how_many_rows_have_them(tmp_path: Path) -> None:
    head = ["Cluster name", "Country", "Fields"]
    rows = [
        ["One", "Spain", "Basketry; Additive manufacturing"],
        ["Two", "Spain", "Basketry"],
        ["Three", "Spain", "Tin toys"],
    ]
    told = take(project(tmp_path), "clusters", written(tmp_path / "fields.csv", [head, *rows]), "--name", "fields")
    text = "2 words for fields are none of the thesaurus: Basketry (2 rows); Tin toys (1 row)"
    assert text in told
    assert text in (tmp_path / "data" / "imports" / "fields.trig").read_text("utf-8")


def test_a_region_of_level_1_or_2_has_a_point_for_the_map(folder: Path) -> None:
    assert found(said(folder, "es"), "?r cg:nutsCode ?c ; cg:latitude ?n ; cg:longitude ?e", "c", "n", "e") == [
        ("ES24", "41.5", "-0.7")
    ]


def test_what_a_list_does_not_say_can_be_given_with_it(tmp_path: Path) -> None:
    file = tmp_path / "regions.csv"
    file.write_bytes("Cluster;Región\nClúster Muestra;Cataluña\n".encode("cp1252"))
    take(
        project(tmp_path), "clusters", file, "--encoding", "cp1252", "--value", "country=España",
        "--publisher", "Ministerio de Muestra", "--licence", "https://creativecommons.org/publicdomain/zero/1.0/",
    )  # fmt: skip
    assert found(said(tmp_path, "clusters"), "?c cg:country ?s ; cg:region ?x", "s", "x") == [("ESP", "ES51")]
    record = (tmp_path / "data" / "imports" / "clusters.trig").read_text("utf-8")
    assert '"Ministerio de Muestra"' in record
    assert "publicdomain/zero" in record


@pytest.mark.parametrize(
    ("option", "told"),
    [("country", "gives no value"), ("county=Spain", "no column 'county'"), ("--licence=free", "is no address")],
)
def test_an_option_that_says_nothing_usable_is_told(tmp_path: Path, option: str, told: str) -> None:
    options = [option] if option.startswith("--") else ["--value", option]
    done = run(project(tmp_path), "import", "clusters", str(LISTS / "clusters-es.csv"), *options)
    assert done.returncode == 2
    assert told in done.stderr


def test_the_same_cluster_twice_is_refused(tmp_path: Path) -> None:
    rows = [
        ["Name", "Country"],
        ["Sample Cluster", "Spain"],
        ["Sample Cluster", "Portugal"],
        ["Sample Cluster", "Spain"],
    ]
    done = run(project(tmp_path), "import", "clusters", str(written(tmp_path / "twice.csv", rows)))
    assert done.returncode == 2
    assert "row 4" in done.stderr
    assert not list((tmp_path / "data").glob("imports/*.nq.gz"))


def test_the_list_of_the_docs_is_taken_whole(tmp_path: Path) -> None:
    assert "42 rows, 42 taken" in take(project(tmp_path), "clusters", ROOT / "docs" / "example" / "klastry-polska.csv")
    store = said(tmp_path, "clusters")
    placed = found(store, "?c cg:kind organisation-kind:cluster ; cg:region ?r", "c")
    assert len(placed) > 30
    assert ("krajowy-klaster-kluczowy",) in found(store, "?a cg:label ?x", "x")


@pytest.mark.slow
def test_what_comes_out_is_valid_and_answers_the_questions(folder: Path) -> None:
    built = run(folder, "build")
    assert built.returncode == 0, built.stdout + built.stderr
    asked = run(folder, "ask", "clusters", "--country", "Poland", "--format", "json").stdout
    assert "Klaster Wzorowy Lotniczy" in asked
    assert "more than 150 (2023-12-31, newest)" in asked
    assert "Gold" in run(folder, "ask", "labels", "--place", "Poland").stdout
    assert run(folder, "ask", "clusters", "--format", "svg").stdout.startswith("<svg")
    assert run(folder, "export", "eccp", "--out", "eccp").returncode == 0
    assert "Klaster Wzorowy Lotniczy" in (folder / "eccp" / "profiles.csv").read_text("utf-8-sig")
    assert "150" in run(folder, "ask", "figures", "--based-in", "Poland", "--measure", "members").stdout


def test_an_error_names_the_option_and_the_likely_encoding(tmp_path: Path) -> None:
    text = "Nazwa klastra;Kraj;Miejscowość\nŚląski Klaster;Polska;Łódź\n"
    file = project(tmp_path) / "lista.csv"
    file.write_text(text, "windows-1250")
    done = run(tmp_path, "import", "clusters", str(file))
    assert done.returncode == 2
    assert "say which it is in: --encoding windows-1250" in done.stderr
    take(tmp_path, "clusters", file, "--encoding", "windows-1250")
    assert found(said(tmp_path, "clusters"), "?c cg:kind organisation-kind:cluster ; skos:prefLabel ?x", "x")
    file.write_bytes(text.encode("windows-1250").replace("Miejscowość".encode("windows-1250"), b"Miasto"))
    done = run(tmp_path, "import", "clusters", str(file))
    assert "say which it is in: --encoding windows-1250" in done.stderr


def test_a_text_that_is_called_a_workbook_is_refused(tmp_path: Path) -> None:
    file = project(tmp_path) / "list.xlsx"
    file.write_text("# A list of clusters\n", "utf-8")
    done = run(tmp_path, "import", "clusters", str(file))
    assert "list.xlsx: this is no workbook" in done.stderr


def test_mended_rows_keep_what_was_said_with_their_import(tmp_path: Path) -> None:
    file = project(tmp_path) / "list.csv"
    file.write_text("Cluster name;Members\nOne, or so;12\nOne, or so;13\n", "utf-8-sig")
    licence = "https://creativecommons.org/licenses/by/4.0/"
    said_of_it = ["--title", "Clusters of Spain", "--publisher", "An agency", "--licence", licence]
    dates = ["--issued", "2024-03", "--retrieved", "2024-05-31", "--value", "country=Spain", "--on-error", "skip"]
    take(tmp_path, "clusters", file, *said_of_it, *dates)
    refused = tmp_path / "data" / "imports" / "clusters.clusters.refused.csv"
    text = refused.read_bytes().decode("utf-8-sig")
    head, row = text.splitlines()
    assert head == "Cluster name;Members;row;column;value;expected"
    assert row.startswith("One, or so;13;3;")
    assert refused.read_bytes().startswith(b"\xef\xbb\xbf")
    refused.write_text(text.replace("One, or so;13", "Two, or so;13"), "utf-8-sig")
    take(tmp_path, "clusters", refused)
    record = (tmp_path / "data" / "imports" / "clusters-mended.trig").read_text("utf-8")
    for each in ("Clusters of Spain (clusters-mended)", "An agency", licence, "2024-03", "2024-05-31", "country=Spain"):
        assert each in record
    assert len(found(said(tmp_path, "clusters-mended"), "?c cg:kind ?k ; cg:country ?x", "x")) == 1


def test_a_newer_list_names_the_clusters_that_are_new_gone_and_changed(tmp_path: Path) -> None:
    head = ["Cluster name", "Country", "Members", "Hobby"]
    rows = [["Alpha", "Spain", "10", "chess"], ["Beta", "Spain", "20", "go"], ["Gamma", "Spain", "30", "darts"]]
    file = project(tmp_path) / "list.csv"
    take(tmp_path, "clusters", written(file, [head, *rows]))
    newer = [["Delta", "Spain", "5", ""], ["Beta", "Spain", "21", "go"], ["Gamma", "Spain", "30", "darts"]]
    told = take(tmp_path, "clusters", written(file, [head, *newer]), "--dry-run")
    assert "  cg:Organisation: 1 new, 1 gone, 1 changed\n" in told
    assert "    new: Delta (row 2)\n    gone: Alpha (row 2)\n    changed: Beta (row 3)\n" in told


def test_a_usage_error_names_what_is_typed(tmp_path: Path) -> None:
    done = run(project(tmp_path), "import", "clusters", "list.csv", "--nonsense")
    assert done.returncode == 2
    assert "import [OPTIONS] PROFILE FILES..." in done.stderr
    assert "import tables" not in done.stderr
