"""What is new: the releases that are kept, and what they have changed about a thing; as pages, JSON and Atom feeds."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Final
from urllib.parse import urlencode

import anyio
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.graph import Graph
from clustergraph.languages.messages import gettext, ngettext
from clustergraph.languages.notation import number
from clustergraph.questions.samples import words_for
from clustergraph.release.history import History, HistoryExtent, StatedChange
from clustergraph.release.manifest import Release
from clustergraph.sparql.guard import is_iri
from clustergraph.terms import HOME, compact, expand
from clustergraph.web.atom import MEDIA_TYPE, Entry, Feed
from clustergraph.web.pages import as_json, rendered, respond_as
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.responses import HTML, Offers, format_of
from clustergraph.web.service import Served, served

OFFERS: Final = Offers({"html": HTML, "json": ("application/json",), "atom": (MEDIA_TYPE,)})
_MOST: Final = 30
"""So many of the newest releases are told of."""
_CHANGES: Final = 200
"""So many changes of a release about a thing are told."""
_UNTOLD: Final = (expand("rdf:type").value, expand("cg:statedIn").value)
"""Properties that say nothing about a thing."""


@dataclass(frozen=True)
class ReleaseNews:
    """A release, and how much it has changed."""

    release: Release
    extent: HistoryExtent | None

    @property
    def summary(self) -> str:
        """How much it holds and has changed, in a sentence for the reader."""
        told = gettext("%(count)s statements in %(graphs)s parts.", count=number(self.release.quads),
                       graphs=number(len(self.release.graphs)))  # fmt: skip
        if self.extent and self.extent.earlier:
            gone, new = number(self.extent.gone), number(self.extent.new)
            told += " " + gettext(
                "Against the one before %(new)s statements are new and %(gone)s are gone.", new=new, gone=gone
            )
        return told

    @property
    def document(self) -> dict[str, object]:
        """The same as members of JSON."""
        release = self.release
        told = {"release": release.digest, "created": release.created, "version": release.version}
        return {**told, "statements": release.quads, "against": asdict(self.extent) if self.extent else None}


Shown = tuple[str, str]
"""The IRI of a thing, or nothing for a text, and the words for it."""


@dataclass(frozen=True)
class ToldChange:
    """What is gone and what is new in one property of one thing."""

    subject: Shown
    predicate: Shown
    gone: Sequence[Shown] = ()
    new: Sequence[Shown] = ()

    @property
    def sentence(self) -> str:
        """It in one line."""
        gone, new = (", ".join(words for _, words in part) for part in (self.gone, self.new))
        told = f"{gone} → {new}" if gone and new else f"− {gone}" if gone else f"+ {new}"
        return f"{self.subject[1]}, {self.predicate[1]}: {told}"


@dataclass(frozen=True)
class ThingNews:
    """What a release has changed about a thing."""

    release: Release
    changes: Sequence[ToldChange] = field(default_factory=list)
    cut: bool = False
    """Whether there are more."""

    @property
    def by_subject(self) -> list[tuple[Shown, list[ToldChange]]]:
        """The changes thing by thing."""
        return [(subject, list(same)) for subject, same in groupby(self.changes, attrgetter("subject"))]


async def releases(request: Request, wanted: Annotated[str, format_of(OFFERS)] = "") -> Response:
    """List the releases that are kept, the newest first."""
    here = served(request)
    found = await _kept(here)

    async def show() -> bytes:
        return await rendered("releases.html", here.release, news=found)

    async def tell() -> bytes:
        return as_json({"releases": [each.document for each in found]})

    async def feed() -> bytes:
        entries = [_entry_of_release(here, each) for each in found]
        return _feed(here, "/releases", "", gettext("Releases"), entries, found[-1].release.created)

    beside = [each.document for each in found]
    return await respond_as(request, OFFERS, wanted, {"html": show, "json": tell, "atom": feed}, beside)


async def changes(
    request: Request,
    thing: Annotated[str, Query(description="a whole IRI, or a name such as AFIL or organisation:afil")] = "",
    wanted: Annotated[str, format_of(OFFERS)] = "",
) -> Response:
    """Tell what the releases that are kept have changed about a thing."""
    here, kept = served(request), await _kept(served(request))
    iri, label = await _thing(here, thing.strip()) if thing.strip() else ("", "")
    if gone := iri and here.service.withdrawn.find(iri):
        raise RequestError(HTTPStatus.GONE, f"<{iri}> was withdrawn on {gone.date}", "it will not come back")

    async def found() -> list[ThingNews]:
        return await _changed(here, kept, iri) if iri else []

    async def show() -> bytes:
        names = {"given": thing, "iri": iri, "label": label, "news": await found(), "kept": len(kept)}
        return await rendered("changes.html", here.release, **names)

    async def tell() -> bytes:
        _need(iri)
        told = [{"release": each.release.digest, "created": each.release.created, "cut": each.cut,
                 "changes": [asdict(change) for change in each.changes]} for each in await found()]  # fmt: skip
        return as_json({"thing": iri, "label": label, "releases": told})

    async def feed() -> bytes:
        _need(iri)
        entries = [_entry_of_thing(here, each, iri, label) for each in await found()]
        title = gettext("Changes about %(thing)s", thing=label)
        return _feed(here, "/changes", f"?{urlencode({'thing': iri})}", title, entries, kept[-1].release.created)

    beside = [each.document for each in kept]
    return await respond_as(request, OFFERS, wanted, {"html": show, "json": tell, "atom": feed}, beside)


def _need(iri: str) -> None:
    if not iri:
        raise bad_request("there is no thing", "give one as the parameter 'thing', by its IRI or its name")


async def _kept(here: Served) -> list[ReleaseNews]:
    """Return the releases that are kept, the newest first: those up to the one that is served."""

    def read() -> list[ReleaseNews]:
        found = [each for each in here.service.kept_releases() if each.created <= here.release.created]
        return [ReleaseNews(each, _extent(each)) for each in found[:_MOST]]

    return await anyio.to_thread.run_sync(read)


def _extent(release: Release) -> HistoryExtent | None:
    history = History.of(release.path)
    return history.extent if history else None


async def _thing(here: Served, given: str) -> tuple[str, str]:
    """Return the IRI and label of a thing that is given by IRI or name; what is gone has no label."""
    if "://" in given and is_iri(given):
        return given, (await here.do(words_for, [given])).get(given) or compact(given).strip("<>")
    choice, _ = await here.do(Graph.named, given)
    return choice.iri, choice.label


async def _changed(here: Served, kept: Sequence[ReleaseNews], iri: str) -> list[ThingNews]:
    """Return what has changed about a thing, release by release, with labels."""

    def read() -> list[tuple[Release, list[StatedChange]]]:
        histories = ((each.release, History.of(each.release.path)) for each in kept)
        return [(release, history.about(iri, _CHANGES + 1) if history else []) for release, history in histories]

    found = [each for each in await anyio.to_thread.run_sync(read) if each[1]]
    every = [each for _, changes in found for each in changes]
    terms = {term for each in every for term in (each.subject, each.predicate, each.value if each.is_thing else "")}
    names = await here.do(words_for, sorted(terms - {""}))
    return [ThingNews(release, _told(about[:_CHANGES], names, iri), len(about) > _CHANGES) for release, about in found]


def _told(about: Sequence[StatedChange], names: Mapping[str, str], iri: str) -> list[ToldChange]:
    """Return changes property by property, those of the thing itself first."""

    def shown(term: str) -> Shown:
        return term, names.get(term) or compact(term).strip("<>")

    groups = defaultdict[tuple[str, str], tuple[dict[Shown, None], dict[Shown, None]]](lambda: ({}, {}))
    for each in about:
        if each.predicate not in _UNTOLD:
            value = shown(each.value) if each.is_thing else ("", each.value)
            groups[each.subject, each.predicate][each.new][value] = None
    ordered = sorted(groups, key=lambda pair: (pair[0] != iri, pair))
    return [ToldChange(shown(one), shown(other), *map(list, groups[one, other])) for one, other in ordered]


def _entry_of_release(here: Served, news: ReleaseNews) -> Entry:
    release = news.release
    title = gettext("Release %(digest)s", digest=release.short)
    place = f"{here.service.address}/?{urlencode({'release': release.digest})}"
    return Entry(f"{HOME.base}release/{release.digest}", title, release.created, place, news.summary)


def _entry_of_thing(here: Served, news: ThingNews, iri: str, label: str) -> Entry:
    count = len(news.changes)
    told = ngettext("%(num)d change", "%(num)d changes", count) % {"num": count}
    mark = hashlib.sha256(iri.encode()).hexdigest()[:16]
    place = f"{here.service.address}/changes?{urlencode({'thing': iri})}#{news.release.short}"
    text = "\n".join(each.sentence for each in news.changes)
    return Entry(
        f"{HOME.base}release/{news.release.digest}#{mark}", f"{label}: {told}", news.release.created, place, text
    )


def _feed(here: Served, path: str, query: str, title: str, entries: Sequence[Entry], since: str) -> bytes:
    """Return a feed; without entries it is as old as the first release that is kept."""
    release, host = here.release, here.service.address
    made = Feed(
        iri=f"{host}{path}.atom{query}",
        title=f"{release.site}: {title}",
        updated=entries[0].updated if entries else since,
        address=f"{host}{path}{query}",
        author=release.imprint.publisher_name or release.title,
        licence=release.imprint.licence,
        entries=entries,
    )
    return made.document()
