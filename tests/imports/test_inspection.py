"""What the values of a column may be: one reading is taken, two are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from clustergraph.imports.inspection import inspect
from clustergraph.imports.rows import Canonical

GERMAN = {"decimalChar": ",", "groupChar": "."}


def decimal(**form: str) -> dict[str, Any]:
    return {"datatype": {"base": "decimal", "format": form}}


def day(form: str | list[str]) -> dict[str, Any]:
    return {"datatype": {"base": "date", "format": form}}


@pytest.mark.parametrize(
    ("texts", "kind", "members"),
    [
        (["1.234", "5.678,5"], "", decimal(decimalChar=",", groupChar=".")),
        (["2.888.913,33", "139.701,67"], "amount", decimal(decimalChar=",", groupChar=".")),
        (["12,5", "3"], "", decimal(decimalChar=",")),
        (["1499998,5", "1499998.5"], "", decimal(decimalChar="either")),
        (["1 200,50 €", "300 €"], "amount", decimal(decimalChar=",", groupChar=" ", pattern="#,##0 ¤")),
        (["18,13 %"], "amount", decimal(decimalChar=",")),
        ([Canonical("403514.06"), Canonical("5")], "", {"datatype": "decimal"}),
        (["n/a", "5", "-"], "count", {"datatype": "integer", "null": ["", "-", "n/a"]}),
        (
            ["1.234", "567"],
            "count",
            {"datatype": {"base": "integer", "format": {"decimalChar": ",", "groupChar": "."}}},
        ),
        (["067", "123"], "", {}),
        (["24.04.2014", "1.12.2015"], "", day("d.M.yyyy")),
        (["01/02/2014", "13/04/2015"], "", day("d/M/yyyy")),
        (["1/13/2014", "2/3/2015"], "", day("M/d/yyyy")),
        (["18.03.13", "04.02.13"], "date", day("d.M.yy")),
        (["2005", "2006"], "date", day("yyyy")),
        (["2005", "2006"], "", {"datatype": "integer"}),
        (["2005", "03/2006", "01/02/2007", "31/12/2007"], "date", day(["d/M/yyyy", "yyyy", "MM/yyyy"])),
        (["01/13/2014", "14/03/2015"], "", {}),
        (["Yes", "no"], "", {"datatype": {"base": "boolean", "format": "yes|no"}}),
        (["www.a.example.org", "https://b.example.org/x"], "address", {"datatype": "anyURI"}),
        (["Water;Energy", "Food"], "list", {"separator": ";"}),
        (["AFIL", "1,5"], "text", {}),
    ],
)
def test_what_can_be_read_in_one_way_is_taken(texts: list[str], kind: str, members: dict[str, Any]) -> None:
    found = inspect(texts, kind)
    assert (found.members, found.questions) == (members, [])


@pytest.mark.parametrize(
    ("texts", "kind", "question", "answers"),
    [
        (["1.234", "5.678"], "", "what is '1.234'?", ["1.234", "1234"]),
        (["1,234"], "amount", "what is '1,234'?", ["1.234", "1234"]),
        (["01/02/2014"], "date", "what is '01/02/2014'?", ["2014-02-01 (d/M/yyyy)", "2014-01-02 (M/d/yyyy)"]),
        (
            ["12", "13", "14", "ca. 50", "20"],
            "count",
            "1 of 5 values cannot be read as the others, 'ca. 50' for one: are they mistakes?",
            ["mistakes, and the others are as 12", "no, all are texts"],
        ),
        (["Water, Energy", "Food"], "list", "is 'Water, Energy' one thing or several?", ["parted at ,", "one"]),
    ],
)
def test_what_can_be_read_in_two_ways_is_asked(texts: list[str], kind: str, question: str, answers: list[str]) -> None:
    (asked,) = inspect(texts, kind).questions
    assert (asked.text, list(asked.answers)) == (question, answers)
