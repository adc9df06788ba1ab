"""What the routes share: the releases that are served, what is known of each, the workers, and a cache of answers."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import anyio
from cachetools import LRUCache
from fastapi import Query
from starlette.requests import Request
from starlette.types import Message

from clustergraph import __version__
from clustergraph.engine import store
from clustergraph.engine.fetches import Fetches
from clustergraph.engine.pool import Pool, of_query
from clustergraph.engine.worker import Limits, StoredBytes
from clustergraph.errors import ClustergraphError, OverLimitError
from clustergraph.graph import Graph
from clustergraph.languages.messages import FOLDER
from clustergraph.languages.reader import chosen
from clustergraph.matching import shown
from clustergraph.pipeline import material
from clustergraph.preparation import opened, prepare
from clustergraph.questions.names import ListedChoices
from clustergraph.questions.parameters import needs_choices
from clustergraph.questions.question import Parameter, Question
from clustergraph.questions.values import SUGGESTED, Values, every_value, suggested, values_of
from clustergraph.release.manifest import Release
from clustergraph.release.releases import Releases, pointed
from clustergraph.release.withdrawn import FILE, Withdrawn
from clustergraph.settings import Settings
from clustergraph.sparql.hints import may_need
from clustergraph.terms import expand
from clustergraph.web.assets import ASSETS
from clustergraph.web.metrics import ANSWERED, Metrics, outcome_of
from clustergraph.web.middleware import event, while_there
from clustergraph.web.problems import RequestError
from clustergraph.web.responses import tag

Result = TypeVar("Result")
ReleaseName = Annotated[
    str | None,
    Query(alias="release", description="the digest of a release; what such an address has never changes"),
]

_SHARE: Final = 4
"""An answer is kept if the cache has room for so many of its size."""
_BESIDE: Final = 200
"""About how many bytes an answer that is kept takes in memory beside itself."""
_HEAD: Final = 2_000
"""About how many bytes a whole response takes in memory beside its body."""
_OF_EVIDENCE: Final = "SELECT ?class { ?class rdfs:subClassOf* ?top VALUES ?top { cg:Statement cg:Source cg:Note } }"
_RELEASES: Final = 4
"""What is known of so many releases is kept: of the current one, and of those that permanent links name."""


class Service:
    """One data root that is being served."""

    def __init__(self, root: Path, settings: Settings, address: str) -> None:
        """Read the current release, which must be there."""
        self.settings = settings
        self.address = settings.base_url.rstrip("/") or address
        """Where clients find the service, as pages and descriptions show it: no header of a request has a say in it."""
        self.endpoint = f"{self.address}/sparql"
        """What relative IRIs of queries are relative to."""
        open_ = partial(opened, memory_quads=settings.memory_quads, columns=settings.columns)
        self.pool = Pool(settings, open_, [prepare, material.prepare, shown.prepare])
        late = "this was not done in {value:g} seconds, and nothing of it is given"
        less = "the service may be busy: try again in a moment, or ask for less, for instance for one thing"
        limits = of_query(settings)
        self.job_limits = replace(limits, seconds=replace(limits.seconds, message=late, advice=less))
        """Of what is found on a graph for a page, other than by a query of the client's own."""
        self.fetches = Fetches(settings, self.pool)
        # One budget: half for results as the engine gives them, half for whole responses.
        half = settings.cache_bytes // 2
        self.cache: LRUCache[Hashable, bytes] = LRUCache(half, getsizeof=lambda answer: len(answer) + _BESIDE)
        self.responses: LRUCache[Hashable, tuple[Message, ...]] = LRUCache(half, getsizeof=_size)
        """Whole responses, by what they depend on; see `clustergraph.web.middleware.Replay`."""
        self.metrics = Metrics(self)
        self.reading = anyio.CapacityLimiter(1)
        """For queries that take long to read: one at a time."""
        texts = sorted([*(Path(__file__).parent / "templates").iterdir(), *FOLDER.glob("*.po")])
        looks = [path.read_bytes() for path in texts], [each.version for each in ASSETS.values()]
        self.fingerprint = tag(__version__, settings, self.address, looks)
        """Stands for what else than the release determines an answer: the program and its settings."""
        self._served: LRUCache[str, Served] = LRUCache(_RELEASES)
        self._releases = Releases(root)
        self._pointer = str(self._releases.pointer)
        self._list = str(root / FILE)
        self._withdrawn, self._listed = Withdrawn(), 0
        self._target = pointed(self._pointer)
        self._release = self._releases.release()

    @property
    def release(self) -> Release:
        """The release that is current at this moment; there may be none any more (ReleaseError)."""
        target = pointed(self._pointer)
        if target != self._target:
            self._release = self._releases.release()
            self._target = target
        return self._release

    @property
    def withdrawn(self) -> Withdrawn:
        """What has been withdrawn, by the list beside the releases, which is read again when it is another one."""
        try:
            stamp = os.stat(self._list).st_mtime_ns  # noqa: PTH116 - asked for every thing
        except OSError:
            stamp = 0
        if stamp != self._listed:
            self._withdrawn, self._listed = Withdrawn.read(self._releases.root), stamp
        return self._withdrawn

    def kept_releases(self) -> list[Release]:
        """Return the releases that are kept, the newest first; their manifests are read for it."""
        return self._releases.all()

    def reload(self) -> None:
        """Look again which release is current, even if nothing seems to have changed."""
        self._target = None

    def earlier(self, release: Release) -> Release | None:
        """Return the newest release that is older than one, if it is kept here."""
        older = (each for each in self._releases.all() if each.created < release.created)
        return next(older, None)

    def served(self, digest: str | None = None) -> Served:
        """Return a release with what is known of it: the current one, or the one with a digest, if it is kept."""
        release = self.release
        if digest not in (None, release.digest):
            folder = self._releases.home / digest
            if not digest.isalnum() or not folder.is_dir():
                advice = "leave 'release' out for the current one"
                raise RequestError(HTTPStatus.NOT_FOUND, f"release {digest} is not kept here", advice)
            release = Release.read(folder)
        if release.digest not in self._served:
            self._served[release.digest] = Served(self, release)
        return self._served[release.digest]

    async def filled(self, text: str, *, update: bool = False) -> str:
        """Return a query or update with what other hosts say in it, where they may be asked and answer well."""
        with self.metrics.refusal(), while_there() as (client, number):
            return await self.fetches.fill(text, client, number, update=update)

    async def answer(self, release: Release, request: store.Request, *, keep: bool = True) -> bytes:
        """Return the answer of a release, from the cache if it is there."""
        answer = await self.fetch(release, request, keep=keep)
        return answer if isinstance(answer, bytes) else answer.read()

    async def fetch(self, release: Release, request: store.Request, *, keep: bool = True) -> bytes | StoredBytes:
        """Return the answer of a release as `answer` does; a large one may be in a file."""
        key = tag(release.digest, request)
        kept = self.cache.get(key)
        if kept is not None:
            self.metrics.cached()
            return kept
        answer = await self._ask(release, request)
        return self.keep(key, answer) if keep else answer

    def keep(self, key: Hashable, answer: bytes | StoredBytes) -> bytes | StoredBytes:
        """Put an answer into the cache unless it is large, and return it."""
        if len(answer) <= self.cache.maxsize // _SHARE:
            self.cache[key] = answer = answer if isinstance(answer, bytes) else answer.read()
        return answer

    async def _ask(self, release: Release, request: store.Request) -> bytes | StoredBytes:
        """Have a worker answer, which is counted."""
        begun, outcome = time.perf_counter(), ANSWERED
        # For ASK one match is enough. A query that only looks like it gains nothing.
        light = "ASK" in request.query.partition("{")[0].upper().split()
        try:
            with while_there() as (client, number):
                return await self.pool.run(
                    release.path, Graph.answer, request, client=client, number=number, light=light, whole=False
                )
        except BaseException as error:
            outcome = outcome_of(error)
            raise
        finally:
            seconds = time.perf_counter() - begun
            self.metrics.query(outcome, seconds)
            if seconds > self.settings.slow_query_seconds:
                text = {"query": request.query} if self.settings.log_queries else {}
                digest = hashlib.sha256(request.query.encode("utf-8", "replace")).hexdigest()[:16]
                event(logging.WARNING, "slow query", seconds=round(seconds, 3), outcome=outcome, digest=digest, **text)


@dataclass
class Served:
    """A release that is served, with what is known of it already."""

    service: Service
    release: Release
    _known: dict[Hashable, Any] = field(default_factory=dict)

    async def do(self, job: Callable[..., Result], *given: Any) -> Result:  # noqa: ANN401 - what the job takes
        """Have a worker do a job on the graph of the release: a method of `Graph`, or a function that takes one."""
        return await self._run(self.service.job_limits, job, *given)

    async def soon(self, job: Callable[..., Result], *given: Any) -> Result:  # noqa: ANN401 - what the job takes
        """Have a job done as `do` does; of a large release only what does not keep a page waiting.

        Raises:
            OverLimitError: it takes longer.
        """
        limits = self.service.job_limits
        if self.large:
            limits = replace(limits, seconds=replace(limits.seconds, value=self.service.settings.page_seconds))
        return await self._run(limits, job, *given)

    async def _run(self, limits: Limits, job: Callable[..., Result], *given: Any) -> Result:  # noqa: ANN401
        with while_there() as (client, number):
            return await self.service.pool.run(
                self.release.path, job, *given, client=client, number=number, limits=limits
            )

    @property
    def large(self) -> bool:
        """Whether the release is read from disk."""
        return self.release.quads > self.service.settings.memory_quads

    async def once(self, job: Callable[..., Result], *given: Any) -> Result:  # noqa: ANN401 - what the job takes
        """Return what a job gives, as `do` does; what it gave before is given again."""
        return await self.kept((job, given), partial(self.do, job, *given))

    async def kept(self, key: Hashable, make: Callable[[], Awaitable[Result]]) -> Result:
        """Return what is kept under a key for readers of a language; it is made if it is not there yet."""
        key = (chosen(), key)
        if key not in self._known:
            self._known[key] = await make()
        found: Result = self._known[key]
        return found

    async def questions(self) -> dict[str, Question]:
        """Return the questions of the release, by name."""
        return await self.once(Graph.catalogue)

    async def evidence_classes(self) -> Mapping[str, str]:
        """Return the names of the classes that say how things are said, and not what there is, by IRI."""
        _, rows = await self.once(Graph.table, _OF_EVIDENCE)
        return {cell.iri: cell.shown for row in rows for cell in row if cell.iri}

    async def choices(self, parameter: Parameter) -> ListedChoices:
        """Return what a parameter can be, if that is not too much to be suggested; see `suggested`."""
        if not needs_choices(parameter):
            return ListedChoices()
        # Parameters of the same class have the same choices, whatever they are called.
        same = replace(parameter, name="", label="", required=False, many=False, default=())
        return await self.kept((suggested, same), partial(self._choices, same))

    async def _choices(self, parameter: Parameter) -> ListedChoices:
        if self._number(parameter) > SUGGESTED:
            return ListedChoices()
        try:
            return await self.soon(suggested, parameter)
        except OverLimitError:
            if self.large:
                return ListedChoices()  # and it is not tried again
            raise

    def _number(self, parameter: Parameter) -> int:
        """Return how many things a parameter can be in a large release, as far as that is known."""
        classes = parameter.of.split() if self.large and parameter.type == "iri" else []
        return sum(self.release.classes.get(expand(each).value, 0) for each in classes)

    async def values(self, question: Question, *, quickly: bool = False) -> Values:
        """Return what the parameters of a question can be given; quickly, without counting what is not counted yet."""
        if quickly and (chosen(), (values_of, (question.name,))) not in self._known:
            return {name: every_value(await self.choices(each)) for name, each in question.parameters.items()}
        return await self.once(values_of, question.name)

    async def hints(self, query: str) -> tuple[str, ...]:
        """Return what can match nothing in a query, with what may be meant; nothing if that cannot be found out now."""
        key = tag(self.release.digest, "hints", query)
        try:
            if not may_need(query, await self.once(Graph.terms)):
                return ()
            if (found := self.service.cache.get(key)) is None:
                found = "\n".join(await self.do(Graph.hints, query)).encode()
                self.service.keep(key, found)
        except ClustergraphError:
            return ()
        return tuple(found.decode().splitlines())


def served(request: Request) -> Served:
    """Return the release that is asked for: the current one, unless a permanent address names another."""
    service: Service = request.app.state.service
    return service.served(request.query_params.get("release"))


def _size(response: tuple[Message, ...]) -> int:
    return _HEAD + sum(len(message.get("body", b"")) for message in response)
