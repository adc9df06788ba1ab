"""A parameter of a question keeps the rows that it should: filtered inside is filtered afterwards.

`meanings.yaml` says what each parameter means, apart from the query of its question. A value is tried that many rows
have, one that few have, and one that nothing has; at night every value that a row has, and some that none has.
Two parameters together keep what each of them keeps.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode

from clustergraph.graph import Graph
from clustergraph.questions import question as questions
from clustergraph.questions.parameters import needs_choices
from clustergraph.questions.question import Parameter, Question
from clustergraph.terms import PREFIXES, expand
from tests.conftest import ROOT, examples

Row = Mapping[str, str]
"""The cells of a row by column, as SPARQL writes them."""
Rows = set[tuple[str, ...]]

EMPTY = "<x:none>"
"""An empty cell, in a pattern."""
NOTHING = "<x:nothing>"
"""A thing of which the graph says nothing."""
HEADER = "".join(f"PREFIX {name}: <{space}>\n" for name, space in PREFIXES.items())
QUESTIONS = questions.load(ROOT / "queries")
WRITTEN = yaml.safe_load((Path(__file__).parent / "meanings.yaml").read_text("utf-8"))
EVERYWHERE = WRITTEN.pop("everywhere")


@dataclass(frozen=True)
class Meaning:
    """What a parameter means, as `meanings.yaml` says it."""

    question: Question
    parameter: Parameter
    column: str = ""
    rows: str = ""
    plain: str = ""
    each: str = ""
    at: Sequence[str] = ()
    without: Sequence[str] = ()
    unordered: Sequence[str] = ()
    base: Any = None
    given: Mapping[str, Any] = field(default_factory=dict)
    values: Sequence[Any] = ()
    alone: str = ""
    why: str = ""

    def __str__(self) -> str:
        return "-".join([self.question.name, self.parameter.name, *map(str, self.given)])

    @property
    def simple(self) -> bool:
        """Whether it keeps whole rows of the answer without parameters, whatever else is given."""
        other = self.at or self.without or self.given or self.base is not None or self.parameter.default or self.alone
        return bool(self.column or self.rows) and not other

    @property
    def pattern(self) -> str:
        if self.column and self.values:
            return f"FILTER (?{self.column} = ?given)"
        return f"BIND (?{self.column} AS ?given)" if self.column else self.rows

    @property
    def used(self) -> list[str]:
        """The columns that the pattern names."""
        return [name for name in self.question.columns if re.search(rf"\?{name}\b", self.pattern)]

    @property
    def compared(self) -> list[str]:
        return [name for name in self.at or self.question.columns if name not in self.without]

    def cells(self, row: Row, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the cells of a row in some columns, those of a pair in one order."""
        pair = dict(zip(self.unordered, sorted(row[name] for name in self.unordered), strict=True))
        return tuple({**row, **pair}[name] for name in columns)


def meanings(question: Question, parameter: Parameter) -> list[Meaning]:
    """Return the meanings of a parameter: as written, or by the column of its name, or by what it means everywhere."""
    written = WRITTEN.get(question.name, {}).get(parameter.name)
    if written is not None:
        return [read(question, parameter, entry) for entry in listed(written)]
    if parameter.name in question.columns:
        return [Meaning(question, parameter, column=parameter.name)]
    patterns = EVERYWHERE.get(parameter.name, ())
    return [Meaning(question, parameter, rows=p) for p in patterns if p[1:].split()[0] in question.columns][:1]


def read(question: Question, parameter: Parameter, entry: str | Mapping[str, Any]) -> Meaning:
    if isinstance(entry, str):
        return Meaning(question, parameter, rows=entry)
    return Meaning(question, parameter, **{"given" if key == "with" else key: part for key, part in entry.items()})


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def terms(question: Question, name: str, values: Any) -> list[str]:
    """Return values of a parameter as SPARQL writes them."""
    return [str(term(question.parameters[name].type, value)) for value in listed(values)]


def term(type_: str, value: Any) -> NamedNode | Literal:
    if type_ in ("iri", "code"):
        return expand(value)
    if type_ == "date":
        return Literal(value, datatype=expand("xsd:date"))
    return Literal(value)  # a number or a truth value has its type


def shown(term: NamedNode | BlankNode | Literal | None) -> str:
    return EMPTY if term is None else str(term)


def bare(text: str) -> str:
    """Return a literal without its language."""
    return re.sub(r'"@[\w-]+$', '"', text)


@dataclass
class Asker:
    """Asks the graph, each query once."""

    graph: Graph
    known: dict[str, list[Row]] = field(default_factory=dict)

    def select(self, query: str) -> list[Row]:
        if query not in self.known:
            solutions = self.graph.select(query)
            names = [variable.value for variable in solutions.variables]
            self.known[query] = [{name: shown(row[name]) for name in names} for row in solutions]
        return self.known[query]

    def answer(self, meaning: Meaning, **values: Sequence[str]) -> list[Row]:
        """Return the answer to the question, with what a meaning gives, and values as SPARQL writes them."""
        given = {name: terms(meaning.question, name, value) for name, value in meaning.given.items()}
        return self.select(meaning.question.bound({**given, **values}))  # type: ignore[arg-type]  # as text

    def unfiltered(self, meaning: Meaning) -> list[Row]:
        name = meaning.parameter.name
        base = ["UNDEF"] if meaning.base is None else terms(meaning.question, name, meaning.base)
        return self.answer(meaning, **{name: base})

    def kept(self, meaning: Meaning) -> tuple[list[str], dict[str, Rows]]:
        """Return the columns that are compared, and by value the rows that it should keep."""
        found: dict[str, Rows] = defaultdict(set)
        if meaning.plain:
            rows = self.select(HEADER + meaning.plain.replace("{", f"{{ {tried(meaning)} ", 1))
            columns = [name for name in re.findall(r"\?(\w+)", head(meaning.plain)) if name != "given"]
            for row in rows:
                found[self.value(meaning, row["given"])].add(meaning.cells(row, columns))
            return columns, found
        base = self.unfiltered(meaning)
        values = self.matches(meaning, base)
        for row in base:
            for value in values[meaning.cells(row, meaning.used)]:
                found[value].add(meaning.cells(row, meaning.compared))
        return meaning.compared, found

    def matches(self, meaning: Meaning, rows: Iterable[Row]) -> dict[tuple[str, ...], set[str]]:
        """Return for the cells of rows, in the columns that a pattern names, which values match it."""
        names = " ".join(f"?{name}" for name in meaning.used)
        block = " ".join(sorted({f"({' '.join(meaning.cells(row, meaning.used))})" for row in rows}))
        table = f"VALUES ({names}) {{ {block} }}" if names else ""
        query = f"{HEADER} SELECT DISTINCT ?given {names} {{ {table} {tried(meaning)} {meaning.pattern} }}"
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for row in self.select(query):
            if row["given"] != EMPTY:
                found[meaning.cells(row, meaning.used)].add(self.value(meaning, row["given"]))
        return found

    def value(self, meaning: Meaning, text: str) -> str:
        """Return a value as it is asked for: a text has no language."""
        return bare(text) if meaning.parameter.type == "text" else text

    def tested(self, meaning: Meaning, kept: Mapping[str, Rows]) -> list[str]:
        """Return the values to test: those that can be given, that most rows have first, then some that none has."""
        choices = {f"<{iri}>": None for iri in self.graph.choices(meaning.parameter)}
        found = sorted(kept, key=lambda value: (-len(kept[value]), value))
        if not choices:
            return found + [value for value in terms_of(meaning) if value not in kept]
        if meaning.values:
            return [*terms_of(meaning), NOTHING]
        others = [value for value in choices if value not in kept][:3]
        return [value for value in found if value in choices] + others + [NOTHING]


def head(query: str) -> str:
    """Return the names of the columns of a SELECT query."""
    return re.sub(r"\([^()]*(?:\([^()]*\))?[^()]*\bAS\s+(\?\w+)\)", r"\1", query.partition("{")[0])


def terms_of(meaning: Meaning) -> list[str]:
    if meaning.parameter.type == "boolean" and not meaning.values:
        return terms(meaning.question, meaning.parameter.name, [True, False]) if not meaning.plain else []
    return terms(meaning.question, meaning.parameter.name, list(meaning.values)) if meaning.values else []


def tried(meaning: Meaning) -> str:
    nothing = [NOTHING] if needs_choices(meaning.parameter) else []
    return f"VALUES ?given {{ {' '.join(terms_of(meaning) + nothing)} }}" if meaning.values else ""


MEANINGS = [m for q in QUESTIONS.values() for parameter in q.parameters.values() for m in meanings(q, parameter)]


@pytest.fixture(scope="module")
def asker(graph: Graph) -> Asker:
    return Asker(graph)


def wrong(asker: Asker, meaning: Meaning, few: bool) -> dict[str, dict[str, Rows]]:
    """Return by value the rows that are lost, and those that are too many."""
    columns, kept = asker.kept(meaning)
    values = asker.tested(meaning, kept)
    if few and len(values) > 3:
        values = [values[0], values[len(values) // 2], values[-1]]
    found = {}
    for value in values:
        rows = {meaning.cells(row, columns) for row in asker.answer(meaning, **{meaning.parameter.name: [value]})}
        should = kept.get(value, set())
        if rows != should:
            found[value] = {"lost": should - rows, "too many": rows - should}
    return found


def kinds(*names: str) -> list[Meaning]:
    """Return the meanings that are said in one of some ways."""
    return [meaning for meaning in MEANINGS if any(getattr(meaning, name) for name in names)]


def test_every_parameter_has_a_meaning() -> None:
    known = {(m.question.name, m.parameter.name) for m in MEANINGS}
    every = {(q.name, name) for q in QUESTIONS.values() for name in q.parameters}
    written = {(name, parameter) for name, entries in WRITTEN.items() for parameter in entries}
    assert (every - known, written - every) == (set(), set())


@pytest.mark.parametrize("meaning", kinds("column", "rows", "plain"), ids=str)
def test_a_parameter_keeps_the_rows_that_it_should(asker: Asker, meaning: Meaning) -> None:
    assert wrong(asker, meaning, few=True) == {}


@pytest.mark.night
@pytest.mark.parametrize("meaning", kinds("column", "rows", "plain"), ids=str)
def test_a_parameter_keeps_the_rows_that_it_should_with_every_value(asker: Asker, meaning: Meaning) -> None:
    assert wrong(asker, meaning, few=False) == {}


@pytest.mark.parametrize("meaning", kinds("each"), ids=str)
def test_every_row_is_as_the_value_says(asker: Asker, meaning: Meaning) -> None:
    pattern = replace(meaning, rows=meaning.each)
    for value in terms_of(meaning):
        rows = asker.answer(meaning, **{meaning.parameter.name: [value]})
        matches = asker.matches(pattern, rows)
        assert [row for row in rows if value not in matches[pattern.cells(row, pattern.used)]] == []


PAIRS = [
    (one, other)
    for question in QUESTIONS.values()
    for simple in [[m for m in MEANINGS if m.question is question and m.simple]]
    for place, one in enumerate(simple)
    for other in simple[place + 1 :]
    if one.parameter.name != other.parameter.name
]


@settings(max_examples=examples(100))
@drawn(st.data())
def test_two_parameters_keep_what_each_of_them_keeps(asker: Asker, data: st.DataObject) -> None:
    one, other = data.draw(st.sampled_from(PAIRS))
    columns, first = asker.kept(one)
    _, second = asker.kept(other)
    mine = data.draw(st.sampled_from(asker.tested(one, first)))
    # Two values that have a row in common tell more than two that have none.
    near = sorted(value for value, rows in second.items() if rows & first.get(mine, set())) or asker.tested(
        other, second
    )
    theirs = data.draw(st.sampled_from(near))
    answer = asker.answer(one, **{one.parameter.name: [mine], other.parameter.name: [theirs]})
    rows = {one.cells(row, columns) for row in answer}
    assert rows == first.get(mine, set()) & second.get(theirs, set())
