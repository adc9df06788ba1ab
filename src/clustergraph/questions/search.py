"""Search: things, terms and questions by their names, without accents, mistyped, by acronym, in any language.

Candidates are the names that share most trigrams with what is typed; rapidfuzz then says how alike they are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from rapidfuzz import fuzz

from clustergraph.questions.names import plain

NAMES_QUERY: Final = """SELECT DISTINCT ?thing ?name ?type WHERE {
  ?thing skos:prefLabel|skos:altLabel|cg:acronym|cg:fullName|rdfs:label|skos:notation|cg:nutsCode|cg:isoCode ?name ;
    a ?type .
  FILTER NOT EXISTS { ?thing owl:deprecated true }
  FILTER NOT EXISTS { ?thing a ?finer . ?finer rdfs:subClassOf+ ?type FILTER (?finer != ?type) }
}"""
"""Gives every name of everything that has one, with its finest class."""

COUNTED: Final = {
    "property": ("statements", "statement"),
    "class": ("things", "thing"),
    "code": ("things have it", "thing has it"),
}
"""What is counted of a term of each kind, and the same for one."""
_CANDIDATES: Final = 150
_SAME: Final = 100.0
_LEAST_ALIKE: Final = 62.0
_PART: Final = 0.8
"""How much less a question is meant by the name of a parameter or column than by its title."""
_MOST_READ: Final = 40_000
"""How many names are looked at, those with the rarest trigrams first; a trigram that most names have says little."""


@dataclass(frozen=True)
class Name:
    """A name of a thing."""

    iri: str
    name: str
    label: str
    class_: str
    """The label of its finest class; of a code the name of its list; or else its kind."""
    score: float = 0.0
    """How well it fits what is searched for, from 0 to 100."""
    kind: str = "thing"
    """One of thing, class, property, code, question."""
    count: int | None = None
    """How many statements a property has, how many things a class, and how many have a code."""
    questions: Mapping[str, str] = field(default_factory=dict)
    """The questions that use a term: name and title."""

    @property
    def counted(self) -> str:
        """What there is of a term, in words; nothing for what is none.

        >>> Name("a", "has region", "has region", "property", kind="property", count=102).counted
        '102 statements'
        """
        return "" if self.count is None else f"{self.count:,} {COUNTED[self.kind][self.count == 1]}"


class Index:
    """Finds things by their names."""

    def __init__(self, names: Iterable[Name]) -> None:
        """Read the names."""
        self._names = list(names)
        self._plain = [plain(entry.name) for entry in self._names]
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._grams: dict[str, list[int]] = defaultdict(list)
        for place, text in enumerate(self._plain):
            self._exact[text].append(place)
            self._exact[_acronym(text)].append(place)
            for gram in _trigrams(text):
                self._grams[gram].append(place)

    def search(self, text: str, limit: int = 10) -> list[Name]:
        """Return the names that are most like a text, the best of each thing, and the best first.

        Whatever bears just that name is among them, even if that is more than the limit.

        >>> index = Index([Name("a", "ViaMéca", "ViaMéca", "cluster"), Name("b", "Minalogic", "Minalogic", "cluster")])
        >>> [hit.label for hit in index.search("viameka")]
        ['ViaMéca']
        """
        wanted = plain(text)
        if not wanted:
            return []
        best: dict[str, Name] = {}
        for place in self._candidates(wanted):
            entry = self._names[place]
            score = self._score(wanted, place)
            if entry.kind == "question" and entry.name != entry.label:
                score *= _PART
            if score >= _LEAST_ALIKE and (entry.iri not in best or best[entry.iri].score < score):
                best[entry.iri] = replace(entry, score=round(score, 1))
        found = sorted(best.values(), key=lambda hit: (-hit.score, hit.kind == "question", len(hit.label), hit.label))
        return found[: max(limit, sum(hit.score == _SAME for hit in found))]

    def _candidates(self, wanted: str) -> list[int]:
        shared: Counter[int] = Counter()
        grams = sorted(_trigrams(wanted), key=lambda gram: len(self._grams.get(gram, ())))
        read = 0
        for gram in grams:
            postings = self._grams.get(gram, ())
            if read and read + len(postings) > _MOST_READ:
                break
            shared.update(postings)
            read += len(postings)
        found = [place for place, _ in shared.most_common(_CANDIDATES)]
        return list(dict.fromkeys([*self._exact.get(wanted, ()), *found]))

    def _score(self, wanted: str, place: int) -> float:
        name = self._plain[place]
        if name == wanted:
            return _SAME
        if _acronym(name) == wanted:
            return 95.0
        if name.startswith(wanted) or f" {wanted}" in name:
            return 90.0 + 5.0 * len(wanted) / len(name)
        return max(
            fuzz.ratio(wanted, name), 0.9 * fuzz.token_sort_ratio(wanted, name), 0.85 * fuzz.WRatio(wanted, name)
        )


def _acronym(text: str) -> str:
    words = text.split()
    return "".join(word[0] for word in words) if len(words) > 1 else text


def _trigrams(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[place : place + 3] for place in range(len(padded) - 2)}
