"""Answers: the cells of their rows, and the formats that every door writes."""

import html
import importlib
import json as json_module
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain
from typing import Any, Final, Self
from urllib.parse import urlencode

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from clustergraph.languages.composition import composed
from clustergraph.languages.reader import LANG, chosen, usual
from clustergraph.questions.question import Question
from clustergraph.release.licences import LicensedSource
from clustergraph.spreadsheet import separated
from clustergraph.terms import PREFIXES

Value = str | int | float | bool | None
Words = Callable[[str], str]
"""Gives the label of an IRI, or the IRI itself."""
Bound = Mapping[str, Sequence[NamedNode | Literal]]

_XSD: Final = PREFIXES["xsd"]
_INTEGERS: Final = {_XSD + name for name in ("integer", "int", "long", "nonNegativeInteger")}
_NUMBERS: Final = {_XSD + name for name in ("decimal", "double", "float")}


@dataclass(frozen=True)
class Cell:
    """One value of an answer: what to show, and the IRI where the value is a thing."""

    value: Value
    iri: str | None = None

    @property
    def shown(self) -> str:
        """The value as people read it.

        >>> Cell(12.50).shown, Cell(True).shown, Cell(1249000000000.0).shown, Cell(None).shown
        ('12.5', 'true', '1249000000000', '')
        >>> Cell(2888913.33).shown, Cell(1 / 3).shown
        ('2888913.33', '0.333333')
        """
        if self.value is None:
            return ""
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, float):
            cents = f"{self.value:.2f}"
            if float(cents) == self.value:  # an amount of money is shown to the cent
                return cents.rstrip("0").rstrip(".")
            return f"{self.value:g}" if abs(self.value) < 1e6 else f"{self.value:.0f}"
        return self.value if isinstance(self.value, str) else str(self.value)


Rows = Sequence[Sequence[Cell]]


def cell(term: NamedNode | BlankNode | Literal | Triple | None, words: Words) -> Cell:
    """Return a term of a solution as a cell; a thing is shown by its label."""
    match term:
        case None:
            return Cell(None)
        case NamedNode():
            return Cell(words(term.value), term.value)
        case Literal():
            return Cell(_value(term))
        case _:
            return Cell(str(term))


def _value(literal: Literal) -> Value:
    """Return the value of a literal, or its text where its type is not a plain one, or the text not of its type.

    >>> [_value(Literal(text, datatype=NamedNode(_XSD + "integer"))) for text in ("7", "seven")]
    [7, 'seven']
    """
    datatype = literal.datatype.value
    try:
        if datatype in _INTEGERS:
            return int(literal.value)
        if datatype in _NUMBERS:
            number = float(literal.value)
            return number if math.isfinite(number) else literal.value
    except ValueError:
        return literal.value
    if datatype == _XSD + "boolean":
        return literal.value in ("true", "1")
    return composed(literal.value, literal.language)


def with_iris(columns: Sequence[str], rows: Rows, things: Sequence[bool]) -> tuple[tuple[str, ...], Rows]:
    """Return columns and rows where each column of things has one of their IRIs behind it.

    >>> with_iris(["who", "n"], [[Cell("AFIL", "x:afil"), Cell(3)]], [True, False])[0]
    ('who', 'who_iri', 'n')
    """
    names = ([column, f"{column}_iri"][: 1 + thing] for column, thing in zip(columns, things, strict=True))
    cells = ([[each, Cell(each.iri)][: 1 + thing] for each, thing in zip(row, things, strict=True)] for row in rows)
    return tuple(chain.from_iterable(names)), [tuple(chain.from_iterable(row)) for row in cells]


@dataclass(frozen=True)
class Answer:
    """The answer to a question."""

    question: Question
    columns: tuple[str, ...]
    terms: Sequence[Mapping[str, NamedNode | BlankNode | Literal | None]] = ()
    """The RDF terms of each row."""
    query: str = ""
    """The query with its parameters bound."""
    given: Mapping[str, list[str]] = field(default_factory=dict)
    """The parameters as they were given."""
    bound: Bound = field(default_factory=dict)
    """The terms that they mean."""
    words: Words = str
    notes: tuple[str, ...] = ()
    """What was taken for what, where that is not plain."""
    sources: tuple[LicensedSource, ...] = ()
    """The sources with a licence of their own that say something of what is in it."""

    @cached_property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells of all rows."""
        return self.part(0, len(self))

    def part(self, offset: int, limit: int) -> tuple[tuple[Cell, ...], ...]:
        """Return the cells of some rows."""
        terms = self.terms[offset : offset + limit]
        return tuple(tuple(cell(row[column], self.words) for column in self.columns) for row in terms)

    def with_iris(self, rows: Rows) -> tuple[tuple[str, ...], Rows]:
        """Return the columns and some rows; behind each column of things is one of their IRIs."""
        things = [any(isinstance(row[column], NamedNode) for row in self.terms) for column in self.columns]
        return with_iris(self.columns, rows, things)

    def statement(self, row: int) -> str:
        """Return what a row states, in words."""
        (cells,) = self.part(row, 1)
        return self.question.statement({c: cell.shown for c, cell in zip(self.columns, cells, strict=True)})

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.terms)

    def __repr__(self) -> str:
        """Return a line that says what it is."""
        return f"<Answer to {self.question.name}: {len(self)} rows of {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        """Return the first rows as a table, for notebooks; things lead to their IRIs."""
        head = "".join(f"<th>{html.escape(column)}</th>" for column in self.columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{_html(cell)}</td>' for cell in row)}</tr>" for row in self.part(0, _NOTEBOOK_ROWS)
        )
        more = f"; the first {_NOTEBOOK_ROWS} are shown" if len(self) > _NOTEBOOK_ROWS else ""
        title = f"{html.escape(self.question.title)} ({len(self)} rows{more})"
        return f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """Yield each row as a dictionary from column to what is shown."""
        for row in self.rows:
            yield {column: cell.value for column, cell in zip(self.columns, row, strict=True)}

    def to_pandas(self, *, iris: bool = False) -> Any:  # noqa: ANN401 - a pandas.DataFrame, where pandas is installed
        """Return the rows as a pandas DataFrame; with ``iris``, behind each column of things is one of their IRIs.

        Raises:
            ImportError: pandas is not installed.
        """
        columns, rows = self.with_iris(self.rows) if iris else (self.columns, self.rows)
        values = [[cell.value for cell in row] for row in rows]
        return _library("pandas").DataFrame(values, columns=list(columns))

    def to_polars(self, *, iris: bool = False) -> Any:  # noqa: ANN401 - a polars.DataFrame, where polars is installed
        """Return the rows as a polars DataFrame; a column with values of several types holds texts; see `to_pandas`.

        Raises:
            ImportError: polars is not installed.
        """
        columns, rows = self.with_iris(self.rows) if iris else (self.columns, self.rows)
        cells = {column: [row[place] for row in rows] for place, column in enumerate(columns)}
        return _library("polars").DataFrame({c: _of_one_type(values) for c, values in cells.items()})


def _library(name: str) -> Any:  # noqa: ANN401 - a module that may not be there
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{name} is not installed; run: pip install {name}") from error


def _html(cell: Cell) -> str:
    """Return a cell as HTML; only what is on the web is a link."""
    text = html.escape(cell.shown)
    on_web = cell.iri and cell.iri.startswith(("http://", "https://"))
    return f'<a href="{html.escape(cell.iri or "")}">{text}</a>' if on_web else text


_NOTEBOOK_ROWS: Final = 100
PAGE_ROWS: Final = 100
"""How many rows the page for people has, unless ``limit`` says otherwise."""
MOST_ROWS: Final = 10_000
"""The largest ``limit``, and how many rows the other formats have unless it says otherwise."""


FLAGS: Final = ("evidence", "iris", "excel")
"""What a client can ask for with ``true``."""
CHOSEN: Final = ("sort", "contains", "columns")
"""By what a client chooses rows and columns of an answer, beside the parameters of the question."""
AS_ANSWERED: Final = ("xml", "rq")
"""The formats that hold the answer, or its query, as it is: there is nothing to choose in them."""


@dataclass(frozen=True)
class QuestionCall:
    """A question as a client of the service asks it: some rows of its answer, in a format."""

    question: str
    """Its name."""
    given: Mapping[str, list[str]] = field(default_factory=dict)
    format: str = "html"
    limit: int = PAGE_ROWS
    offset: int = 0
    evidence: bool = False
    iris: bool = False
    """Whether tables have a column of IRIs behind each column of things."""
    excel: bool = False
    """Whether CSV begins with the mark by which Excel reads accents."""
    sort: str = ""
    """The column by which the rows are sorted, with a minus before it if the greatest are first."""
    contains: str = ""
    """A text that one of the columns must have."""
    columns: tuple[str, ...] = ()
    """The columns that are wanted; all, or those that a page shows by itself, if there are none."""
    view: str = ""
    """What a page shows: the picture, the table, or both."""

    def address(self, name: str = "", **changed: int | str) -> str:
        """Return the address of the same answer for the same reader, in a format and with some parameters changed.

        >>> QuestionCall("clusters", {"cluster": ["AFIL"]}, sort="-members").address("csv", limit=5)
        '/questions/clusters.csv?cluster=AFIL&limit=5&sort=-members'
        """
        pairs = [(key, value) for key, values in self.given.items() for value in values]
        flags = {name: str(getattr(self, name)).lower() for name in FLAGS}
        part = {"sort": self.sort, "contains": self.contains, "columns": " ".join(self.columns), "view": self.view}
        own = {"limit": self.limit, "offset": self.offset, **flags, **part, **changed}
        defaults = {"limit": self.usual_limit, "offset": 0, **dict.fromkeys(FLAGS, "false")}
        left_out = {*(CHOSEN if name in AS_ANSWERED else ()), *(["view"] if name else [])}
        pairs += [(k, str(v)) for k, v in own.items() if k not in left_out and v != defaults.get(k, "")]
        pairs += [(LANG, language)] if (language := chosen()) not in (None, usual()) else []
        path = self.path + (f".{name}" if name else "")
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def with_value(self, name: str, value: str, *, many: bool = True) -> Self:
        """Return the same with a value for a parameter, beside those that it has if it takes many.

        >>> QuestionCall("clusters", {"country": ["Italy"]}, offset=100).with_value("country", "Spain").address()
        '/questions/clusters?country=Italy&country=Spain'
        """
        values = [*(self.given.get(name, ()) if many else ()), value]
        return replace(self, given={**self.given, name: values}, offset=0)

    def without(self, name: str, value: str = "") -> Self:
        """Return the same without a value of a parameter, or without any of its values."""
        values = [each for each in self.given.get(name, ()) if value and each != value]
        given = {key: each for key, each in {**self.given, name: values}.items() if each}
        return replace(self, given=given, offset=0)

    def sorted_by(self, column: str) -> Self:
        """Return the same sorted by a column: upwards, downwards if it is that already, and then not any more.

        >>> [QuestionCall("q", sort=each).sorted_by("n").sort for each in ("", "n", "-n")]
        ['n', '-n', '']
        """
        following = {column: f"-{column}", f"-{column}": ""}
        return replace(self, sort=following.get(self.sort, column), offset=0)

    @property
    def path(self) -> str:
        """Its address without format and parameters."""
        return f"/questions/{self.question}"

    @property
    def usual_limit(self) -> int:
        """How many rows there are, unless ``limit`` says otherwise."""
        return usual_limit(self.format)


def usual_limit(format_: str) -> int:
    """Return how many rows a format has, unless ``limit`` says otherwise."""
    return PAGE_ROWS if format_ == "html" else MOST_ROWS


@dataclass(frozen=True)
class WrittenAnswer:
    """Some rows of an answer in a format."""

    content: bytes
    total: int
    """How many rows there are in all."""
    notes: tuple[str, ...] = ()
    """See `Answer.notes`."""


def _of_one_type(cells: Sequence[Cell]) -> list[Value]:
    """Return the values of a column, numbers as they are or all with a fraction, and mixed ones as they are shown.

    >>> _of_one_type([Cell(1), Cell(2.5)]), _of_one_type([Cell(1997), Cell("Cluj"), Cell(None)])
    ([1.0, 2.5], ['1997', 'Cluj', None])
    """
    types = {type(cell.value) for cell in cells if cell.value is not None}
    if types == {int, float}:
        return [cell.value if cell.value is None else float(cell.value) for cell in cells]
    if len(types) > 1:
        return [None if cell.value is None else cell.shown for cell in cells]
    return [cell.value for cell in cells]


def csv(columns: Sequence[str], rows: Rows, delimiter: str = ",") -> str:
    r"""Return CSV, or TSV; no cell is taken for a formula by a spreadsheet.

    >>> csv(["who", "n"], [[Cell("AFIL", "https://example.org/afil"), Cell(3)]])
    'who,n\r\nAFIL,3\r\n'
    """
    return separated([columns, *([cell.shown for cell in row] for row in rows)], delimiter)


def objects(columns: Sequence[str], rows: Rows) -> list[dict[str, object]]:
    """Return an object for each row; a thing is an object with its label and IRI."""

    def value(cell: Cell) -> object:
        return {"label": cell.value, "iri": cell.iri} if cell.iri else cell.value

    return [{column: value(cell) for column, cell in zip(columns, row, strict=True)} for row in rows]


def json(columns: Sequence[str], rows: Rows) -> str:
    """Return the objects of the rows as a JSON array."""
    return json_module.dumps(objects(columns, rows), ensure_ascii=False, indent=1) + "\n"


def document(
    call: QuestionCall,
    release: str,
    answer: Answer,
    rows: Rows,
    why_empty: str = "",
    evidence: list[dict[str, Any]] | None = None,
    summary: str = "",
) -> str:
    """Return a JSON document with some rows of an answer of a release, and all there is to say of them."""
    members = {
        "question": call.question,
        "title": answer.question.title,
        "parameters": call.given,
        **({"notes": answer.notes} if answer.notes else {}),
        **({"sources": [each.document() for each in answer.sources]} if answer.sources else {}),
        "release": release,
        "permanent": call.address("json", release=release),
        **({"summary": summary} if summary else {}),
        "total": len(answer),
        **{name: getattr(call, name) for name in CHOSEN if getattr(call, name) and name != "columns"},
        "columns": {column: answer.question.columns.get(column, "") for column in answer.columns},
        "rows": objects(answer.columns, rows),
        **({"why_empty": why_empty} if why_empty else {}),
        **({"evidence": evidence} if evidence is not None else {}),
    }
    return json_module.dumps(members, ensure_ascii=False, indent=1)


def markdown(columns: Sequence[str], rows: Rows) -> str:
    """Return a Markdown table.

    >>> print(markdown(["a"], [[Cell("x|y")]]), end="")
    | a |
    | --- |
    | x\\|y |
    """
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(cell.shown.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


WRITERS: Final[Mapping[str, Callable[[Sequence[str], Rows], str]]] = {
    "csv": csv,
    "tsv": partial(csv, delimiter="\t"),
    "json": json,
    "md": markdown,
}
"""What writes the rows of an answer, by the name of the format."""
