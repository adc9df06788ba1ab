"""Natural persons are told from bodies by the words of their names. All names are invented."""

import pytest

from clustergraph.imports.persons import PersonSign, person


@pytest.mark.parametrize(
    "name",
    [
        "private person", "natural person", "Privatperson", "natürliche Person", "Personne physique", "persona fisica",
        "Particular", "pessoa singular", "Osoba fizyczna", "fysisk person", "anonymisiert",
    ],
)  # fmt: skip
def test_lists_mark_natural_persons_in_words(name: str) -> None:
    assert person(name) is PersonSign.MARKED


@pytest.mark.parametrize(
    "name",
    ["Herr Mustermann", "Frau Dr. Musterfrau", "Mr Sample", "Mrs. A. Sample", "Dr Sample", "M. Exemple", "Mme Exemple",
     "Sig. Esempio", "Sra. Muestra", "Pani Wzorowa", "Prof. Muster", "Hr. Eksempel"],
)  # fmt: skip
def test_a_form_of_address_tells_a_person(name: str) -> None:
    assert person(name) is PersonSign.ADDRESSED


@pytest.mark.parametrize(
    "name",
    ["Max Mustermann e.U.", "Tischlerei Max Mustermann e.U.", "Eksempel Byg v/Jens Eksempel",
     "John Sample t/a Sample Farms", "Firma Handlowa Jan Wzorowy JDG", "Marie Exemple entrepreneur individuel",
     "Ditta individuale Mario Esempio"],
)  # fmt: skip
def test_a_sole_trader_with_the_name_of_a_person_is_a_person(name: str) -> None:
    assert person(name) is PersonSign.TRADER


@pytest.mark.parametrize(
    "name",
    ["Max Mustermann", "MUSTERMANN Erika", "Mustermann, Erika", "Jean-Pierre Exemple", "José Muestra Modelo",
     "J. Sample", "Peter and Mary Sample", "Hans & Karen Eksempel", "Maria da Amostra", "Jan Wzorowy"],
)  # fmt: skip
def test_a_name_that_is_only_that_of_a_person_tells_a_person(name: str) -> None:
    assert person(name) is PersonSign.NAMED


@pytest.mark.parametrize(
    "name",
    ["Max Mustermann GmbH", "John Sample & Sons Limited", "Muster Beratung e.U.", "Dr. Muster Institut",
     "DI Muster Verband", "Universität Musterstadt", "Eksempel Kommune", "Klaster Wzorowy",
     "Sample", "Sample Free Range Eggs", "ABC 24",
     "Maria Muster Klinik", "Sample Consulting", "Don Muster"],
)  # fmt: skip
def test_a_body_is_no_person_even_where_it_is_called_after_one(name: str) -> None:
    assert person(name) is None
