"""Work on the graph as a whole, in a process of its own that is ended at its deadline."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import anyio
import anyio.to_process

from clustergraph.store import OverLimitError
from clustergraph.store.embedded import Release
from clustergraph.web.service import Service

if TYPE_CHECKING:
    from clustergraph.graph import Graph

Given = ParamSpec("Given")
Result = TypeVar("Result")


async def apart(
    service: Service,
    release: Release,
    work: Callable[Concatenate[Graph, Given], Result],
    *given: Given.args,
    **named: Given.kwargs,
) -> Result:
    """Return what some work on the graph of a release gives; it must be a function of a module.

    Raises:
        OverLimitError: it took too long.
    """
    seconds = service.settings.query_seconds
    with anyio.move_on_after(seconds):
        return await anyio.to_process.run_sync(_work, str(release.path), work, given, named, cancellable=True)
    raise OverLimitError(
        f"this was not found in {seconds:g} seconds, and nothing of it is given",
        limit="query_seconds",
        value=seconds,
        advice="ask for less, for instance for fewer rows with 'limit'",
    )


@lru_cache(maxsize=1)
def _graph(release: str) -> Graph:
    from clustergraph.graph import Graph  # the web process needs none of what this brings

    return Graph.open(Path(release))


def _work(release: str, work: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> Any:  # noqa: ANN401 - what the work gives
    return work(_graph(release), *given, **named)
