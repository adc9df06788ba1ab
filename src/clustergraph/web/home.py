"""The start page: where clusters and regions are, how much there is, answers as pictures, and what is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.charts import PHONE, WIDTH
from clustergraph.charts.map import MOST_PLACES
from clustergraph.errors import ClustergraphError, OverLimitError
from clustergraph.graph import Graph
from clustergraph.languages.messages import N_
from clustergraph.questions.answer import QuestionCall
from clustergraph.questions.question import FIRST, Question
from clustergraph.questions.selection import Excerpt
from clustergraph.release.manifest import Release
from clustergraph.terms import CATALOGUE, INFERRED, ONTOLOGY, address
from clustergraph.web.pages import rendered, respond_page
from clustergraph.web.service import Served, served

_WHERE: Final = "where"
"""The question whose map is the first thing on the page."""
_PICTURED: Final = ("organisations-by-projects", "rival-figures", "partners-sharing-pilots")
"""Questions whose answers are shown as pictures."""
_KINDS: Final = {N_("clusters"): "Cluster", N_("regions"): "Region", N_("projects"): "Project"}
_FIRST: Final = (
    "clusters",
    "who-works-on",
    "clusters-fitting-priorities",
    "partners-by-place",
    "not-in",
    "how-many",
    "project-data",
    "rival-figures",
)
"""Questions to begin with."""
_NEW_GRAPHS: Final = 5
"""How many new sources are named."""

Shown = tuple[Question, Excerpt]


@dataclass(frozen=True)
class News:
    """What a release has that the one before it had not."""

    since: str
    """When the one before was made, ISO 8601."""
    more: Sequence[tuple[str, str, int]]
    """Of which class there are how many more things (or fewer): IRI, name and number."""
    sources: Sequence[tuple[str, str]]
    """New named graphs, with their names."""
    unnamed: int
    """How many more new graphs there are."""
    statements: int
    """How many more statements there are, or fewer."""


async def start(request: Request) -> Response:
    """Show what is in here."""
    here = served(request)

    async def make() -> bytes:
        scope = here.release.imprint.scope
        labels = await here.once(Graph.names, (*(ONTOLOGY + kind for kind in _KINDS.values()), *scope))
        questions = await here.questions()
        where = _WHERE if _WHERE in questions else FIRST
        pictures = [each for name in _PICTURED if (each := await _picture(here, questions, name, PHONE))]
        pictured = {question.name for question, _ in pictures}
        names = {
            "scope": [(iri, labels.get(iri, iri)) for iri in scope],
            "numbers": _numbers(here.release, len(questions)),
            "overview": await _picture(here, questions, where, WIDTH),
            "pictures": pictures,
            "documents": await here.once(Graph.documents),
            "examples": [each for each in _first(questions) if each.name not in pictured],
            "news": await _news(here, labels),
        }
        return await rendered("home.html", here.release, **names)

    return await respond_page(request, here.release, make)


def _first(questions: Mapping[str, Question]) -> list[Question]:
    return [questions[name] for name in _FIRST if name in questions] or list(questions.values())[: len(_FIRST)]


def _numbers(release: Release, questions: int) -> list[tuple[str, int, str]]:
    """Return where there is how much of what."""
    found = [(f"/questions/{name}", release.classes.get(ONTOLOGY + kind, 0), name) for name, kind in _KINDS.items()]
    return [*found, ("/questions", questions, N_("questions"))]


async def _picture(here: Served, questions: Mapping[str, Question], name: str, room: float) -> Shown | None:
    """Return a question with the first rows of its answer and their picture; none where nothing can be drawn soon."""

    async def made() -> Excerpt | None:
        try:
            return await here.soon(Graph.excerpt, QuestionCall(name, limit=MOST_PLACES), address, room)
        except OverLimitError:
            if here.large:
                return None  # and it is not tried again
            raise

    if name not in questions:
        return None
    try:
        found = await here.kept(("picture", name, room), made)
    except ClustergraphError:
        return None
    return (questions[name], found) if found and found.picture.svg else None


async def _news(here: Served, labels: Mapping[str, str]) -> News | None:
    """Return what is new since the release before; none where that is not kept."""

    async def made() -> News | None:
        before = await anyio.to_thread.run_sync(here.service.earlier, here.release)
        if before is None:
            return None
        new = [each for each in here.release.graphs if each not in {*before.graphs, INFERRED.value, CATALOGUE.value}]
        named = await here.do(Graph.names, tuple(new[:_NEW_GRAPHS]))
        more = [(ONTOLOGY + kind, _more(here.release, before, kind)) for kind in _KINDS.values()]
        return News(
            before.created,
            [(iri, labels.get(iri, ""), number) for iri, number in more if number],
            [(iri, named.get(iri, iri)) for iri in new[:_NEW_GRAPHS]],
            len(new[_NEW_GRAPHS:]),
            here.release.quads - before.quads,
        )

    return await here.kept(("news",), made)


def _more(release: Release, before: Release, kind: str) -> int:
    return release.classes.get(ONTOLOGY + kind, 0) - before.classes.get(ONTOLOGY + kind, 0)
