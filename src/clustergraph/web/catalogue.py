"""The questions that a release carries."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from clustergraph.questions import CATALOGUE_QUERY, Question, parse
from clustergraph.store.embedded import Release
from clustergraph.terms import QUERY
from clustergraph.web.service import Service


async def catalogue(service: Service, release: Release) -> dict[str, Question]:
    """Return the questions that a release carries, by name."""
    rows = await service.rows(release, CATALOGUE_QUERY)
    names = [row["question"].value.removeprefix(QUERY) for row in rows]
    return {name: _parsed(name, row["select"].value) for name, row in zip(names, rows, strict=True)}


def by_subject(questions: Iterable[Question]) -> list[tuple[str, list[Question]]]:
    """Return questions grouped by their first tag, in the order of the alphabet."""
    ordered = sorted(questions, key=lambda question: (question.tags[:1], question.title))
    return [(subject, list(found)) for subject, found in groupby(ordered, key=lambda question: question.tags[0])]


@lru_cache(maxsize=1024)
def _parsed(name: str, text: str) -> Question:
    """Read a question once, since reading YAML takes longer than most answers."""
    return parse(Path(f"{name}.rq"), text)
