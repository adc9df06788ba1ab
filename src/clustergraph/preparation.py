"""What a worker opens and reads before its first job: it can open no file later."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from time import process_time
from typing import Final, Self

from clustergraph.charts import land
from clustergraph.columns import file
from clustergraph.engine import sandbox
from clustergraph.engine.store import Embedded
from clustergraph.errors import ClustergraphError
from clustergraph.formats import table_formats
from clustergraph.graph import Graph
from clustergraph.languages import messages
from clustergraph.languages.reader import reading, usual
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.answer_table import AnswerTable
from clustergraph.questions.card import KINDS
from clustergraph.questions.facets import facets_of
from clustergraph.questions.names import ListedChoices
from clustergraph.questions.sections import Section
from clustergraph.release.artefacts import COLUMNS, dump_of, folder_of
from clustergraph.release.manifest import Release
from clustergraph.terms import address

WARMING: Final = 5.0
"""For how many seconds of a processor a release is asked what most pages ask when it is loaded, at most."""
WARMING_FROM_DISK: Final = 30.0
"""The same of a release that is read from disk."""
_BEHIND: Final = 10


def opened(release: Path, in_memory: bool, *, memory_quads: int, columns: int = 1) -> Graph | None:
    """Return the graph of a release for a worker; None where it is to be held in memory and is too large for that.

    Raises:
        ReleaseError: it cannot be opened.
    """
    if in_memory and Release.read(release).quads > memory_quads:
        if cached := _elsewhere(partial(_filled, release, columns)):
            _CACHED.clear()
            _CACHED[release] = cached
        return None
    found = file.open_(folder_of(release, COLUMNS)) if columns else None
    engine = Embedded.in_memory(release, dump_of(release), found) if in_memory else Embedded(release, None, found)
    graph = Graph(engine, digest=Release.read(release).digest)
    _ = graph.origins, graph.name_index, graph._conflicts
    if release in _CACHED:
        _CACHED[release].fill(graph)
    if in_memory:
        # In a thread of its own: the engine would go on with the same random numbers in all who share this one.
        warming = Thread(target=warm, args=(graph,))
        warming.start()
        warming.join()
    return graph


@dataclass(frozen=True)
class ReleaseCache:
    """What a graph has cached, which can be handed over to another graph of the same release."""

    answers: Mapping[tuple[str, str], AnswerTable]
    choices: Mapping[str, ListedChoices]
    sections: Mapping[str, Section]

    @classmethod
    def of(cls, graph: Graph) -> Self:
        """Return what a graph has cached."""
        return cls(graph._answers.tables, graph._lookup.listed, graph.sections)

    def fill(self, graph: Graph) -> None:
        """Put it into the caches of a graph."""
        graph._answers.keep(self.answers)
        graph._lookup.listed.update(self.choices)
        vars(graph)["sections"] = self.sections


_CACHED: Final[dict[Path, ReleaseCache]] = {}
"""What is cached of a release that is too large for memory: of the last one that was asked for."""


def _filled(release: Path, columns: int) -> bytes:
    """Return what is cached of a release on disk by asking it what most pages ask, pickled."""
    graph = opened(release, False, memory_quads=0, columns=columns)
    assert graph is not None
    warm(graph, WARMING_FROM_DISK)
    return pickle.dumps(ReleaseCache.of(graph))


def _elsewhere(work: Callable[[], bytes]) -> ReleaseCache | None:
    """Return what another process learns, which goes behind all others: whoever opens a store on disk cannot fork."""
    server, (inward, outward) = os.getpid(), os.pipe()
    if os.fork() == 0:
        try:
            sandbox.confine(server)
            os.nice(_BEHIND)
            with os.fdopen(outward, "wb") as file:
                file.write(work())
        finally:
            os._exit(0)
    os.close(outward)
    with os.fdopen(inward, "rb") as file:
        content = file.read()
    os.wait()
    cached: ReleaseCache | None = pickle.loads(content) if content else None  # noqa: S301 - our own process has sent it
    return cached


def warm(graph: Graph, seconds: float = WARMING) -> None:
    """Ask a graph what most pages ask, so that all who share it find that known; after some seconds nothing more."""
    until = process_time() + seconds
    with reading(usual()):
        for ask in _usual_jobs(graph):
            if process_time() > until:
                break
            with suppress(ClustergraphError):
                ask()


def _usual_jobs(graph: Graph) -> Iterator[Callable[[], object]]:
    """Yield what pages ask: the lists with what can be chosen in them, one card of each kind, and a search."""
    yield graph.catalogue
    for name, question in graph.questions.items():
        if facets_of(question):
            yield partial(graph.excerpt, QuestionCall(name), address)
    for kinds in KINDS.values():
        things = graph.select(f"SELECT ?thing {{ VALUES ?kind {{ {' '.join(kinds)} }} ?thing a ?kind }} LIMIT 1")
        for row in things:
            yield partial(graph.thing, row["thing"].value)
            yield partial(graph.card, row["thing"].value)
    yield partial(graph.search, "cluster")


def prepare() -> None:
    """Import and read whatever a job on a graph needs: a worker can open no file later."""
    import xlsxwriter.workbook  # noqa: F401

    from clustergraph.charts import views  # noqa: F401
    from clustergraph.questions import (  # noqa: F401
        assistance,
        calendar,
        codelists,
        evidence,
        explanation,
        lineage,
        ontology,
        samples,
        search,
        section_statements,
        suggestions,
        thing_comparison,
        usage,
        values,
        verdicts,
    )

    for library in ("pyarrow.ipc", "pyarrow.parquet") if table_formats() else ():
        import_module(library)
    messages.load()
    for name in land.LAYERS:
        land.layer(name)
