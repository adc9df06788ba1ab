"""Which thing of a graph a name means: one, several that are asked for, or none with what is near."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, QuerySolutions

from clustergraph.engine.store import Embedded
from clustergraph.errors import QueryError, QuestionError
from clustergraph.languages.messages import N_, gettext, translated
from clustergraph.languages.reader import chosen
from clustergraph.questions.names import KIND_QUERY, AmbiguousNameError, Choice, Choices, ListedChoices
from clustergraph.questions.parameters import choices_query, iri_of, taken, whole_query
from clustergraph.questions.question import Parameter
from clustergraph.questions.sections import Section
from clustergraph.terms import compact, expand

if TYPE_CHECKING:
    from clustergraph.questions.name_index import NameIndex
    from clustergraph.questions.search import Name
    from clustergraph.questions.traversal import Fact

_TERMS: Final = (N_("class"), N_("property"))
"""What a name is of that is no thing: its kind says it."""
_NEARLY: Final = 85
"""From this score on a name that is searched for is taken for the one that is found."""


class Lookup:
    """Looks up what names mean in one graph."""

    def __init__(
        self,
        engine: Embedded,
        label: Callable[[str], str],
        sections: Callable[[], Mapping[str, Section]],
        search: Callable[[str], list[Name]],
        index: NameIndex | None = None,
    ) -> None:
        """Take the store, what gives the label of an IRI, the sections of documents, what finds names, and their index.

        Without an index all names of a class are read.
        """
        self._engine = engine
        self._label = label
        self._sections = sections
        self._search = search
        self._index = index
        self.listed: dict[str, ListedChoices] = {}
        """The things that were read for their names, by the query for them."""

    def choices(self, parameter: Parameter) -> Choices:
        """Return the things that a parameter can be: from the index, where they are many."""
        return (self._index and self._index.many(parameter)) or self._borne(choices_query(parameter))

    @property
    def _all(self) -> Choices:
        return self._index.all if self._index else self._borne(whole_query())

    def _borne(self, query: str) -> ListedChoices:
        """Return the things of a query for their names."""
        if query not in self.listed:
            rows = ((row["thing"], row["name"].value, int(row["rank"].value)) for row in self._select(query))
            things = ((thing.value, name, rank) for thing, name, rank in rows if isinstance(thing, NamedNode))
            self.listed[query] = ListedChoices(things)
        return self.listed[query]

    def choice(self, iri: str) -> Choice:
        """Return a thing with its label and its kind: the list of a code, or the finest class and the document."""
        node, sections = NamedNode(iri), self._sections()
        kinds = [row["kind"].value for row in self._select(KIND_QUERY.format(node=node))]
        kind = _short(self._label(kinds[0])) if kinds else ""
        whole = f" of {sections[iri].title}" if iri in sections else ""
        return Choice(iri, self._label(iri), kind + whole)

    def told(self, found: Name) -> Name:
        """Return a name with the label of what bears it, and what that is, as they are told to a reader."""
        if chosen() is None:
            return found
        if found.kind == "question":
            return replace(found, label=translated(found.label), class_=gettext(found.class_))
        kind = gettext(found.class_) if found.kind in _TERMS else self.choice(found.iri).kind
        return replace(found, label=self._label(found.iri), class_=kind or found.class_)

    def called(self, name: str) -> list[Choice]:
        """Return the things that a name means best, of all things."""
        return [self.choice(iri) for iri in self._all.meant(name)[0]]

    def named(self, name: str) -> tuple[Choice, str]:
        """Return the thing that a name or IRI means, and a note if it is not plain that it does.

        Raises:
            AmbiguousNameError: several things bear the name equally well.
            QuestionError: nothing is called so.
        """
        if iri := iri_of(name):
            try:
                return self.choice(iri), ""
            except ValueError as error:
                raise QuestionError(f"{iri!r} is not an IRI") from error
        best, others = ([self.choice(iri) for iri in iris] for iris in self._all.meant(name))
        if len(best) > 1:
            raise AmbiguousNameError(name, best)
        if best:
            return best[0], taken(name, best[0], others) if others else ""
        return self._nearly(name)

    def _nearly(self, name: str) -> tuple[Choice, str]:
        """Return the thing whose name is nearly the same, with a note."""
        hits = [hit for hit in self._search(name) if hit.kind != "question"][:3]
        if not hits or hits[0].score < _NEARLY or (len(hits) > 1 and hits[1].score == hits[0].score):
            near = ", ".join(dict.fromkeys(hit.label for hit in hits))
            advice = f"did you mean one of: {near}?" if near else ""
            raise QuestionError(f"nothing is called {name!r}", advice=advice)
        found = self.choice(hits[0].iri)
        return found, f"nothing is called just {name!r}; it is taken for {found}"

    def fact(self, subject: str, predicate: str, value: str) -> Fact:
        """Return the one triple of the graph that names tell."""
        ends = self._meant(value, known=False)
        found = [
            (one, name, held)
            for one in self._meant(subject)
            for name in self._meant(predicate)
            for quad in self._engine.store.quads_for_pattern(one, name, None, DefaultGraph())
            if isinstance(held := quad.object, NamedNode | Literal) and (held in ends or held.value == value)
        ]
        for name, place in ((subject, 0), (predicate, 1), (value, 2)):
            rivals = [each for each in dict.fromkeys(fact[place] for fact in found) if isinstance(each, NamedNode)]
            if len(rivals) > 1:
                raise AmbiguousNameError(name, [self.choice(each.value) for each in rivals])
        if not found:
            raise QueryError(f"the graph does not say: {subject} {predicate} {value}")
        return found[0]

    def _meant(self, name: str, *, known: bool = True) -> list[NamedNode]:
        """Return what an IRI or a name may mean; where it is to be ``known``, that is something."""
        if name == "a":
            return [expand("rdf:type")]
        if iri := iri_of(name):
            return [NamedNode(iri)]
        best, others = self._all.meant(name)
        if known and not best:
            near = ", ".join(self._all.like(name))
            raise QuestionError(f"nothing is called {name!r}", advice=f"did you mean one of: {near}?" if near else "")
        return [NamedNode(iri) for iri in (*best, *others)]

    def _select(self, query: str) -> QuerySolutions:
        found = self._engine.query(query)
        assert isinstance(found, QuerySolutions)
        return found


def _short(label: str) -> str:
    """Return a label, or of an IRI that has none the short form."""
    return compact(label) if "://" in label else label
