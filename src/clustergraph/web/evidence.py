"""Evidence for the rows of an answer, worked out in a process of its own that is ended at its deadline."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import anyio
import anyio.to_process

from clustergraph.store import OverLimitError
from clustergraph.store.embedded import Release
from clustergraph.web.http import RequestError
from clustergraph.web.service import Service

MOST_ROWS = 50
"""For how many rows evidence is given at a time."""


async def evidence(
    service: Service, release: Release, name: str, given: dict[str, list[str]], offset: int, limit: int
) -> list[dict[str, Any]]:
    """Return the evidence of some rows of an answer, as `clustergraph.ask.because` tells it, with the text.

    Raises:
        OverLimitError: it took too long.
        RequestError: more rows are asked for than are given.
    """
    if limit > MOST_ROWS:
        advice = f"give limit={MOST_ROWS} or less, and page with offset"
        raise RequestError(HTTPStatus.BAD_REQUEST, f"evidence is given for {MOST_ROWS} rows at a time", advice)
    seconds = service.settings.query_seconds
    with anyio.move_on_after(seconds):
        return await anyio.to_process.run_sync(_work, str(release.path), name, given, offset, limit, cancellable=True)
    raise OverLimitError(
        f"the evidence was not found in {seconds:g} seconds, and nothing of it is given",
        limit="query_seconds",
        value=seconds,
        advice="ask for fewer rows with 'limit'",
    )


@lru_cache(maxsize=1)
def _graph(release: str) -> Any:  # noqa: ANN401 - the graph is imported in the other process only
    from clustergraph.graph import Graph  # the web process needs none of what this brings

    return Graph.open(Path(release))


def _work(release: str, name: str, given: dict[str, list[str]], offset: int, limit: int) -> list[dict[str, Any]]:
    graph = _graph(release)
    answer = graph.ask(name, **given)
    found = []
    for row in range(offset, min(offset + limit, len(answer))):
        proofs = graph.evidence(answer, row)
        found.append({**graph.because.document(proofs), "text": graph.because.text(proofs).splitlines()})
    return found
