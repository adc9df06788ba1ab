"""What the rows of an answer rest on, and why there are none."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from clustergraph.store.embedded import Release
from clustergraph.web.apart import apart
from clustergraph.web.http import RequestError
from clustergraph.web.service import Service

if TYPE_CHECKING:
    from clustergraph.graph import Graph

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
    return await apart(service, release, _evidence, name, given, offset, limit)


async def why_empty(service: Service, release: Release, name: str, given: dict[str, list[str]]) -> str:
    """Say why an answer has no rows.

    Raises:
        OverLimitError: it took too long.
    """
    return await apart(service, release, _why_empty, name, given)


def _evidence(graph: Graph, name: str, given: dict[str, list[str]], offset: int, limit: int) -> list[dict[str, Any]]:
    answer = graph.ask(name, **given)
    found = []
    for row in range(offset, min(offset + limit, len(answer))):
        proofs = graph.evidence(answer, row)
        text = graph.because.text(proofs).splitlines()
        found.append({"statement": answer.statement(row), **graph.because.document(proofs), "text": text})
    return found


def _why_empty(graph: Graph, name: str, given: dict[str, list[str]]) -> str:
    return graph.why_empty(graph.ask(name, **given))
