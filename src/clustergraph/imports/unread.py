"""What of a table is not taken as its columns mean it: cells that became notes, and unknown words for fields."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from clustergraph.rdf.lines import Line
from clustergraph.terms import SCHEME, expand

_NOTE_KIND, _CELL, _TEXT = expand("cg:noteKind"), expand("note-kind:unread-cell"), expand("dcterms:description")
_IN_SCHEME, _THEME, _LABEL = expand("skos:inScheme"), NamedNode(f"{SCHEME}theme"), expand("skos:prefLabel")
_MARKS: Final = (f"{_NOTE_KIND} {_CELL} ".encode(), f"{_IN_SCHEME} {_THEME} ".encode())
_LISTED: Final = 1000
"""How many cells are kept."""


class UnreadCell(NamedTuple):
    """A cell that could not be read as what its column is."""

    row: int
    column: str
    value: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.value!r}"


@dataclass
class Unread:
    """What of the rows of a table is not taken as its columns mean it."""

    cells: list[UnreadCell] = field(default_factory=list)
    """The first ones of them."""
    count: int = 0
    """How many cells there are."""
    words: Counter[str] = field(default_factory=Counter)
    """Words for fields that are none of the thesaurus, each with the number of rows."""

    def add(self, row: int, lines: Sequence[Line]) -> None:
        """Look at what a row says."""
        if not any(mark in line for mark in _MARKS for line in lines):
            return
        quads = list(parse(b"".join(lines), format=RdfFormat.N_QUADS))
        found = [UnreadCell(row, *_parted(text)) for text in _texts(quads, (_NOTE_KIND, _CELL), _TEXT)]
        self.cells += found[: _LISTED - len(self.cells)]
        self.count += len(found)
        self.words.update(_texts(quads, (_IN_SCHEME, _THEME), _LABEL))

    def told(self, cells: int = _LISTED, words: int = _LISTED) -> Iterator[str]:
        """Yield in words what is not taken, naming so many cells and words."""
        if self.cells:
            what = "its column is, and became a note" if self.count == 1 else "their column is, and became notes"
            listed = _listed([str(each) for each in self.cells[:cells]], self.count)
            yield f"{_counted(self.count, 'cell')} could not be read as what {what}: {listed}"
        if self.words:
            named = [f"{word} ({_counted(rows, 'row')})" for word, rows in self.words.most_common(words)]
            what = "word for a field is" if len(self.words) == 1 else "words for fields are"
            yield f"{len(self.words):,} {what} none of the thesaurus: {_listed(named, len(self.words))}"


def _parted(text: str) -> tuple[str, str]:
    """Return the column and the value that the text of a note names."""
    column, _, value = text.partition(": ")
    return column, value


def _texts(quads: Sequence[Quad], mark: tuple[object, object], predicate: object) -> list[str]:
    """Return the texts that things with a mark have, in their order."""
    marked = {quad.subject for quad in quads if (quad.predicate, quad.object) == mark}
    chosen = (quad for quad in quads if quad.subject in marked and quad.predicate == predicate)
    return sorted(quad.object.value for quad in chosen if isinstance(quad.object, Literal))


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _listed(shown: Sequence[str], count: int) -> str:
    more = [f"and {count - len(shown):,} more"] if count > len(shown) else []
    return "; ".join([*shown, *more])
