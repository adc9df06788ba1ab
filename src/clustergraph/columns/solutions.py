"""Solutions as columns: for each variable the numbers of its terms, one for each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustergraph.columns.dictionary import UNBOUND, Ids, Mask

MOST_ROWS: Final = 5_000_000
"""More rows than this are not made."""


class Uncovered(Exception):  # noqa: N818 - no error: the store answers
    """Says why a query is not answered from columns."""


@dataclass(frozen=True)
class Solutions:
    """Rows of solutions."""

    columns: Mapping[str, Ids]
    length: int

    @classmethod
    def one(cls) -> Solutions:
        """Return the one row that binds nothing."""
        return cls({}, 1)

    @classmethod
    def none(cls, names: Iterable[str] = ()) -> Solutions:
        """Return no row."""
        return cls({name: np.zeros(0, np.int64) for name in names}, 0)

    def take(self, places: NDArray[np.intp] | Mask) -> Solutions:
        """Return some of the rows."""
        length = int(np.count_nonzero(places)) if places.dtype == np.bool_ else len(places)
        return Solutions({name: column[places] for name, column in self.columns.items()}, length)

    def only(self, names: Iterable[str]) -> Solutions:
        """Return the rows with some of their columns."""
        wanted = set(names)
        return Solutions({name: column for name, column in self.columns.items() if name in wanted}, self.length)

    def added(self, columns: Mapping[str, Ids]) -> Solutions:
        """Return the rows with more columns."""
        return Solutions({**self.columns, **columns}, self.length)

    def column(self, name: str) -> Ids:
        """Return a column; a variable that there is not is unbound."""
        found = self.columns.get(name)
        return np.full(self.length, UNBOUND, np.int64) if found is None else found

    @property
    def certain(self) -> set[str]:
        """The variables that have a value in each row."""
        return {name for name, column in self.columns.items() if not self.length or int(column.min()) >= 0}

    def codes(self, names: Sequence[str]) -> tuple[Ids, NDArray[np.intp]]:
        """Return a number for each row, the same where some columns are, from 0 on, and the first place of each."""
        return codes([self.column(name) for name in names], self.length)

    def distinct(self, names: Sequence[str] | None = None) -> Solutions:
        """Return each row once, with some of the columns or with all."""
        kept = self if names is None else self.only(names)
        _, first = kept.codes([*kept.columns])
        return kept if len(first) == kept.length else kept.take(np.sort(first))

    def split(self, names: Iterable[str]) -> Iterator[tuple[NDArray[np.intp], Solutions]]:
        """Yield rows that have values for the same of some columns, without the columns that have none, and places."""
        unsure = [name for name in names if name in self.columns and name not in self.certain]
        if not unsure:
            yield np.arange(self.length), self
            return
        number, first = codes([self.columns[name] != UNBOUND for name in unsure], self.length)
        for code, place in enumerate(first.tolist()):
            places = np.flatnonzero(number == code)
            open_ = {name for name in unsure if self.columns[name][place] == UNBOUND}
            yield places, self.take(places).only(name for name in self.columns if name not in open_)

    def joined(self, other: Solutions) -> Solutions:
        """Return the rows that fit to rows of other ones: where both have a value it is the same."""
        shared = [name for name in self.columns if name in other.columns]
        parts = [_joined(mine, theirs) for _, mine in self.split(shared) for _, theirs in other.split(shared)]
        return parts[0] if len(parts) == 1 else stacked(parts)

    def without(self, other: Solutions) -> Solutions:
        """Return the rows to which none of others fits that has a value in common with them (MINUS)."""
        shared = [name for name in self.columns if name in other.columns]
        kept = np.ones(self.length, np.bool_)
        for places, mine in self.split(shared):
            for _, theirs in other.split(shared):
                both = [name for name in shared if name in mine.columns and name in theirs.columns]
                if both:
                    kept[places] &= ~mine.in_other(theirs, both)
        return self.take(kept)

    def in_other(self, other: Solutions, shared: Sequence[str]) -> Mask:
        """Return which rows are among others by some columns."""
        both = [np.concatenate([self.columns[name], other.columns[name]]) for name in shared]
        number, _ = codes(both, self.length + other.length)
        return np.isin(number[: self.length], number[self.length :])


def _joined(left: Solutions, right: Solutions) -> Solutions:
    """Join rows by the columns of both."""
    shared = [name for name in left.columns if name in right.columns]
    mine, theirs = matches(left, right, shared)
    columns = {name: column[theirs] for name, column in right.columns.items() if name not in left.columns}
    return left.take(mine).added(columns)


def bounded(length: int) -> int:
    """Return how many rows are to be made, if they are not too many."""
    if length > MOST_ROWS:
        raise Uncovered(f"{length:,} rows are too many")
    return length


def codes(columns: Sequence[Ids], length: int) -> tuple[Ids, NDArray[np.intp]]:
    """Return a number for each row of some columns, and the first place of each number; see `Solutions.codes`."""
    number, first = np.zeros(length, np.int64), np.zeros(min(length, 1), np.intp)
    for column in columns:
        _, place, code = np.unique(column, return_index=True, return_inverse=True)
        if len(first) <= 1:
            number, first = code.astype(np.int64), place
        else:
            _, first, number = np.unique(number * len(place) + code, return_index=True, return_inverse=True)
    return number, first


def matches(left: Solutions, right: Solutions, shared: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which rows of two fit to each other by some columns: their places."""
    if not shared:
        bounded(left.length * right.length)
        return np.repeat(np.arange(left.length), right.length), np.tile(np.arange(right.length), left.length)
    if len(shared) == 1:
        mine, theirs = left.columns[shared[0]], right.columns[shared[0]]
    else:
        both = [np.concatenate([left.columns[name], right.columns[name]]) for name in shared]
        number, _ = codes(both, left.length + right.length)
        mine, theirs = number[: left.length], number[left.length :]
    order = np.argsort(theirs, kind="stable")
    ordered = theirs[order]
    start = np.searchsorted(ordered, mine)
    many = np.searchsorted(ordered, mine, "right") - start
    length = bounded(int(many.sum()))
    place = np.repeat(np.arange(left.length), many)
    found = np.arange(length) - np.repeat(np.cumsum(many) - many - start, many)
    return place, order[found]


def stacked(parts: Sequence[Solutions]) -> Solutions:
    """Return the rows of several one after the other; what one of them does not have is unbound."""
    names = dict.fromkeys(name for part in parts for name in part.columns)
    length = bounded(sum(part.length for part in parts))
    return Solutions({name: np.concatenate([part.column(name) for part in parts]) for name in names}, length)
