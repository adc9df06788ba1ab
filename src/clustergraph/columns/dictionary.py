"""The terms of a release as numbers, in the order of what N-Triples writes for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ids: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
UNBOUND: Final = -1
"""Stands where a variable has no value."""
INTEGER: Final = "^^<http://www.w3.org/2001/XMLSchema#integer>"
DECIMAL: Final = "^^<http://www.w3.org/2001/XMLSchema#decimal>"
_IRI, _BLANK = ord("<"), ord("_")


class Terms:
    """Terms that are numbered: those of a release, and after them those that a query makes."""

    def __init__(self, blob: memoryview, ends: NDArray[np.int64]) -> None:
        """Take the text of all terms, sorted, one after the other, and where each ends."""
        self._blob = blob
        self._ends = ends
        self._made: dict[str, int] = {}
        self._made_texts: list[str] = []
        self.iris = self._first(_IRI)
        """The number of the first IRI; before it stand the literals."""
        self.blanks = self._first(_BLANK)
        """The number of the first blank node."""

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> Terms:
        """Return sorted terms, numbered."""
        ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
        return cls(memoryview(b"".join(texts)), ends)

    def __len__(self) -> int:
        """Return how many terms the release has."""
        return len(self._ends)

    @property
    def blob(self) -> memoryview:
        """The text of the terms of the release."""
        return self._blob

    @property
    def ends(self) -> NDArray[np.int64]:
        """Where each of them ends."""
        return self._ends

    def own(self) -> Terms:
        """Return the same terms, to which others can be added without these."""
        return Terms(self._blob, self._ends)

    def text(self, number: int) -> str:
        """Return what N-Triples writes for a term."""
        if number >= len(self._ends):
            return self._made_texts[number - len(self._ends)]
        start = int(self._ends[number - 1]) if number else 0
        return str(self._blob[start : int(self._ends[number])], "utf-8")

    def texts(self, numbers: Ids) -> list[str]:
        """Return what N-Triples writes for terms."""
        return [self.text(number) for number in numbers.tolist()]

    def find(self, text: str) -> int:
        """Return the number of a term, or that of none."""
        place = self._place(text.encode())
        found = place < len(self._ends) and self.text(place) == text
        return place if found else self._made.get(text, UNBOUND)

    def _place(self, encoded: bytes) -> int:
        """Return how many terms come before a text."""
        low, high = 0, len(self._ends)
        while low < high:
            middle = (low + high) // 2
            start = int(self._ends[middle - 1]) if middle else 0
            if bytes(self._blob[start : int(self._ends[middle])]) < encoded:
                low = middle + 1
            else:
                high = middle
        return low

    def number(self, text: str) -> int:
        """Return the number of a term; one that the release does not have gets one."""
        number = self.find(text)
        if number == UNBOUND:
            number = self._made[text] = len(self._ends) + len(self._made_texts)
            self._made_texts.append(text)
        return number

    @property
    def has_triples(self) -> bool:
        """Whether a term is a triple."""
        return self._place(b"<<") != self._place(b"<=")

    def grown(self, made: Ids) -> tuple[Terms, Ids]:
        """Return terms that have some of those that a query made too, and for each number the one that it has there.

        Those that were there before keep their order; what is left out has no number.
        """
        texts = sorted((self.text(number).encode(), number) for number in np.unique(made).tolist())
        places = np.array([self._place(text) for text, _ in texts], np.int64)
        lengths = np.insert(np.diff(self._ends, prepend=0), places, [len(text) for text, _ in texts])
        begins = [int(self._ends[place - 1]) if place else 0 for place in places.tolist()]
        parts, at = list[bytes | memoryview](), 0
        for begin, (text, _) in zip(begins, texts, strict=True):
            parts += [self._blob[at:begin], text]
            at = begin
        numbers = np.full(len(self._ends) + len(self._made_texts), UNBOUND, np.int64)
        old = np.arange(len(self._ends))
        numbers[: len(old)] = old + np.searchsorted(places, old, "right")
        numbers[[number for _, number in texts]] = places + np.arange(len(places))
        return Terms(memoryview(b"".join([*parts, self._blob[at:]])), np.cumsum(lengths)), numbers

    def is_iri(self, ids: Ids) -> Mask:
        """Return which terms are IRIs."""
        return self._is(ids, self.iris, self.blanks, "<")

    def is_literal(self, ids: Ids) -> Mask:
        """Return which terms are literals."""
        return self._is(ids, 0, self.iris, '"')

    def is_blank(self, ids: Ids) -> Mask:
        """Return which terms are blank nodes."""
        return self._is(ids, self.blanks, len(self), "_")

    def _is(self, ids: Ids, first: int, end: int, begins: str) -> Mask:
        found: Mask = (ids >= first) & (ids < end)
        for place in np.flatnonzero(ids >= len(self)).tolist():
            found[place] = self.text(int(ids[place])).startswith(begins)
        return found

    def _first(self, letter: int) -> int:
        low, high = 0, len(self._ends)
        while low < high:
            middle = (low + high) // 2
            if self._blob[int(self._ends[middle - 1]) if middle else 0] < letter:
                low = middle + 1
            else:
                high = middle
        return low
