"""Answers as tables of Apache Arrow (https://arrow.apache.org/docs/format/Columnar.html), also as Parquet.

A column whose values are all of one kind is typed: numbers, truth values and days. All others are texts: of an IRI
itself, of a literal what is written. The metadata of each column says what it holds.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any, Final, NamedTuple

import numpy as np
from pyoxigraph import QueryBoolean, QuerySolutions

from clustergraph.columns.dictionary import Ids
from clustergraph.engine.sandbox import opening_files
from clustergraph.terms import VOCABULARIES

_XSD: Final = VOCABULARIES["xsd"]
_DAY: Final = len("2024-02-29")
_BITS: Final = 63


class EncodedColumn(NamedTuple):
    """A dictionary-encoded column.

    It has its different terms, as N-Triples writes them, and which of them stands in each row; -1 for none.
    """

    texts: Sequence[str]
    rows: Ids


def encoded(found: QuerySolutions | QueryBoolean) -> dict[str, EncodedColumn]:
    """Return the columns of what an engine has found; of an ASK the column ``boolean``."""
    if isinstance(found, QueryBoolean):
        return {"boolean": EncodedColumn([f'"{str(bool(found)).lower()}"^^<{_XSD}boolean>'], np.zeros(1, np.int64))}
    names = [variable.value for variable in found.variables]
    numbers: list[dict[object, int]] = [{None: -1} for _ in names]
    rows = [[known.setdefault(term, len(known) - 1) for known, term in zip(numbers, row, strict=True)] for row in found]
    places = np.array(rows, np.int64).reshape(-1, len(names)) if names else np.zeros((len(rows), 0), np.int64)
    texts = [[str(term) for term in known if term is not None] for known in numbers]
    return {name: EncodedColumn(texts[n], places[:, n]) for n, name in enumerate(names)}


def written(format_: str, columns: Mapping[str, EncodedColumn]) -> bytes:
    """Return columns as an Arrow stream, or as Parquet."""
    with opening_files(allowed=True):  # it looks for pandas, and for time zones
        arrow = importlib.import_module("pyarrow")
        made = [_column(arrow, name, column) for name, column in columns.items()]
        table = arrow.table([array for _, array in made], schema=arrow.schema([field for field, _ in made]))
        target = BytesIO()
        if format_ == "parquet":
            importlib.import_module("pyarrow.parquet").write_table(table, target, compression="zstd")
        else:
            with importlib.import_module("pyarrow.ipc").new_stream(target, table.schema) as stream:
                stream.write_table(table)
    return target.getvalue()


def _column(arrow: Any, name: str, column: EncodedColumn) -> tuple[Any, Any]:  # noqa: ANN401 - a library that need not be there
    """Return the field and the values of a column."""
    terms = [*map(_parts, column.texts)]
    kinds = {kind for _, kind in terms}
    kind = kinds.pop() if len(kinds) == 1 else "mixed" if kinds else ""
    values, type_ = _typed(arrow, [value for value, _ in terms], kind)
    places = arrow.array(column.rows, mask=column.rows < 0)
    array = arrow.array(values, type_).take(places) if values else arrow.nulls(len(column.rows), type_)
    return arrow.field(name, array.type, metadata={"holds": kind}), array


def _parts(text: str) -> tuple[str, str]:
    r"""Return what a term says, and its kind: iri, blank, the tag of a language with an @, or a datatype.

    >>> _parts('"a\\n"@en'), _parts('"1"^^<x:integer>'), _parts("<x:y>"), _parts("_:b")
    (('a\n', '@en'), ('1', 'x:integer'), ('x:y', 'iri'), ('b', 'blank'))
    """
    if text[0] == "<" and not text.startswith("<<"):
        return text[1:-1], "iri"
    if text[0] != '"':
        return text.removeprefix("_:"), "blank" if text[0] == "_" else "triple"
    end = text.rindex('"')
    value, kind = text[1:end], text[end + 1 :]
    return _unescaped(value), kind[3:-1] if kind[:2] == "^^" else kind or f"{_XSD}string"


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    if "\\U" in text:
        return text.encode("ascii", "backslashreplace").decode("unicode_escape")
    value: str = json.loads(f'"{text}"')
    return value


def _typed(arrow: Any, values: list[str], kind: str) -> tuple[list[Any], Any]:  # noqa: ANN401
    """Return values and their type; texts, where one of them is none of its datatype."""
    types: Mapping[str, tuple[Callable[[str], Any], Callable[[], Any]]] = {
        f"{_XSD}integer": (_integer, arrow.int64),
        f"{_XSD}decimal": (Decimal, partial(_decimal, arrow, values)),
        f"{_XSD}double": (_number, arrow.float64),
        f"{_XSD}float": (_number, arrow.float64),
        f"{_XSD}boolean": (_truth, arrow.bool_),
        f"{_XSD}date": (_date, arrow.date32),
    }
    if kind in types:
        read, type_ = types[kind]
        try:
            return [read(value) for value in values], type_()
        except (ValueError, ArithmeticError):
            return values, arrow.string()
    return values, arrow.string()


def _integer(text: str) -> int:
    number = int(text)
    if number.bit_length() > _BITS:
        raise ValueError(text)
    return number


def _decimal(arrow: Any, values: Iterable[str]) -> Any:  # noqa: ANN401
    """Return the type that holds all of some decimals exactly."""
    parts = [Decimal(value).as_tuple() for value in values]
    scale = max((-min(0, int(part.exponent)) for part in parts), default=0)
    whole = max((len(part.digits) + min(0, int(part.exponent)) for part in parts), default=1)
    return arrow.decimal128(max(1, max(whole, 0) + scale), scale)


def _number(text: str) -> float:
    return float(text.replace("INF", "inf"))


def _truth(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError(text)
    return text in ("true", "1")


def _date(text: str) -> date:
    if len(text) != _DAY:
        raise ValueError(text)
    return date.fromisoformat(text)
