"""The text of a cell as values, in the formats of CSVW."""

from __future__ import annotations

from typing import Any

import pytest

from clustergraph.errors import SourceError
from clustergraph.imports.cells import Column
from clustergraph.imports.rows import Canonical, CellError

COMMA = {"base": "decimal", "format": {"decimalChar": ",", "groupChar": "."}}
EITHER = {"base": "decimal", "format": {"decimalChar": "either"}}
MONEY = {"base": "decimal", "format": {"decimalChar": ",", "groupChar": " ", "pattern": "#,##0.00 ¤"}}
DAYS = {"base": "date", "format": ["d.M.yyyy", "yyyy-MM-dd"]}
FOUNDED = {"base": "date", "format": ["yyyy", "MM/yyyy", "dd/MM/yyyy"]}


def column(datatype: Any = "string", **more: Any) -> Column:
    return Column.from_csvw({"name": "x", "datatype": datatype, **more})


@pytest.mark.parametrize(
    ("datatype", "text", "expected"),
    [
        ("string", "  Pôle\u00a0SCS\n", "Pôle SCS"),
        (COMMA, "1.234.567,80", "1234567.8"),
        (COMMA, "-0,50", "-0.5"),
        (COMMA, "18,13 %", "0.1813"),
        (EITHER, "1499998,5", "1499998.5"),
        (EITHER, "1499998.50", "1499998.5"),
        (MONEY, "1\u202f234,50 €", "1234.5"),
        (MONEY, "1 234,50 PLN", "1234.5"),
        (COMMA, Canonical("403514.06"), "403514.06"),
        ("integer", "0057", "57"),
        ("double", "1.5E3", "1500.0"),
        (DAYS, "3.2.2014", "2014-02-03"),
        (DAYS, "2014-02-03", "2014-02-03"),
        ({"base": "date", "format": "dd.MM.yyyy"}, Canonical("2014-02-03"), "2014-02-03"),
        ({"base": "date", "format": "dd.MM.yy"}, "18.03.13", "2013-03-18"),
        (FOUNDED, "2005", "2005"),
        (FOUNDED, "03/2005", "2005-03"),
        ({"base": "dateTime", "format": "yyyy-MM-dd HH:mm:ss"}, "2023-12-26 14:40:12", "2023-12-26T14:40:12"),
        ({"base": "boolean", "format": "Y|N"}, "N", "false"),
        ("boolean", "True", "true"),
        ("anyURI", "https://example.org/a b".replace(" ", "%20"), "https://example.org/a%20b"),
        ("anyURI", "www.example.org", "http://www.example.org"),
        ({"base": "string", "format": "[A-Z]{2}"}, "FR", "FR"),
    ],
)
def test_a_text_is_read_as_its_format_says(datatype: Any, text: str, expected: str) -> None:
    assert [each.value for each in column(datatype).read(text)] == [expected]


@pytest.mark.parametrize(
    ("datatype", "text", "expected"),
    [
        (COMMA, "1234.5", "a number such as 1.234,5"),
        (COMMA, "1.23,5", "a number such as 1.234,5"),
        ("decimal", "1,234", "a number such as 1234.5"),
        (EITHER, "1.234,5", "a number such as 1234.5 or 1234,5"),
        ("decimal", "1.5E+07", "a number such as 1234.5"),
        ("integer", "5.5", "a whole number such as 1234"),
        ("nonNegativeInteger", "-1", "a whole number from 0 such as 1234"),
        ({"base": "decimal", "minimum": "0", "maximum": "1"}, "2", "a number such as 1234.5, from 0 to 1"),
        (DAYS, "31.2.2014", "a date as d.M.yyyy or yyyy-MM-dd"),
        ({"base": "date", "format": "dd.MM.yyyy"}, Canonical("2014-12-31T23:00:00"), "a date as dd.MM.yyyy"),
        ({"base": "boolean", "format": "Y|N"}, "J", "Y or N"),
        ("anyURI", "info@example.org", "an address such as https://example.org/"),
        ("anyURI", "none", "an address such as https://example.org/"),
        ({"base": "string", "format": "[A-Z]{2}"}, "France", "a text as [A-Z]{2}"),
    ],
)
def test_what_is_no_value_is_an_error_that_tells_what_was_expected(datatype: Any, text: str, expected: str) -> None:
    with pytest.raises(CellError) as error:
        column(datatype).read(text)
    assert error.value.expected == expected
    assert (error.value.value, error.value.column) == (text, "x")


def test_a_cell_has_no_value_or_several() -> None:
    fields = column(separator=";", null=["n/a", "-"])
    assert [each.value for each in fields.read("Water; Energy ;-;Water")] == ["Water", "Energy"]
    assert fields.read("") == fields.read("n/a") == ()
    assert column(default="0", datatype="integer").read("")[0].value == "0"
    with pytest.raises(CellError, match="it is empty"):
        column(required=True).read(" ")


def test_a_text_has_the_language_of_its_column() -> None:
    (literal,) = column(lang="fr").read("Pôle")
    assert literal.language == "fr"


@pytest.mark.parametrize(
    ("described", "what"),
    [
        ({"name": "no variable"}, "the name of a column"),
        ({"name": "x", "datatyp": "string"}, "which CSVW does not know"),
        ({"name": "x", "datatype": "money"}, "there is no datatype 'money'"),
        ({"name": "x", "datatype": {"base": "date", "format": ["dd/MM/yyyy", "MM/dd/yyyy"]}}, "one date as"),
        ({"name": "x", "datatype": {"base": "date", "format": "Day"}}, "no part of a date"),
        (
            {"name": "x", "datatype": {"base": "decimal", "format": {"decimalChar": "either", "groupChar": "."}}},
            "neither",
        ),
        ({"name": "x", "datatype": {"base": "string", "format": "["}}, "no regular expression"),
        ({"name": "x", "datatype": {"base": "boolean", "format": "Y"}}, "no format of truth values"),
    ],
)
def test_a_column_that_cannot_be_used_is_told(described: dict[str, Any], what: str) -> None:
    with pytest.raises(SourceError, match=what):
        Column.from_csvw(described)
