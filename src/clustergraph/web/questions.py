"""The named questions: a list, and for each a form with its answer as a page or a table."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final, NamedTuple, TypeVar
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clustergraph.errors import ClustergraphError, OverLimitError, QuestionError
from clustergraph.formats import answer_formats, missing_for
from clustergraph.graph import Graph
from clustergraph.languages.messages import N_
from clustergraph.languages.notation import yes_or_no
from clustergraph.languages.reader import ENGLISH, LANG, chosen
from clustergraph.questions.answer import (
    AS_ANSWERED,
    CHOSEN,
    FLAGS,
    MOST_ROWS,
    QuestionCall,
    WrittenAnswer,
    usual_limit,
)
from clustergraph.questions.catalogue import by_subject, description, matching, near, synonyms
from clustergraph.questions.names import AmbiguousNameError
from clustergraph.questions.parameters import iri_of, needs_choices
from clustergraph.questions.question import Parameter, Question, asked
from clustergraph.questions.selection import Excerpt
from clustergraph.questions.successors import Given
from clustergraph.questions.values import SUGGESTED
from clustergraph.terms import address
from clustergraph.web.pages import as_json, page_or_json, problem_page, rendered, respond_page
from clustergraph.web.problems import RequestError, bad_request
from clustergraph.web.responses import (
    HTML,
    PAGE_OR_JSON,
    Offers,
    address_tag,
    format_of,
    hint_header,
    respond,
    with_links,
)
from clustergraph.web.service import ReleaseName, Served, served
from clustergraph.web.snippets import of_question
from clustergraph.web.timelines import TWO_DATES, Timeline, timelines

Limit = Annotated[int | None, Query(ge=1, le=MOST_ROWS, description="how many rows there are at most")]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000, description="how many rows are left out before them")]
Evidence = Annotated[bool, Query(description="whether each row comes with what it rests on; in json and html")]
Iris = Annotated[bool, Query(description="whether columns of things have one of IRIs behind them, in tables")]
Sort = Annotated[
    str, Query(description="the column by which rows are sorted; with a minus before it the greatest first")
]
Contains = Annotated[str, Query(description="a text that one of the columns shown must have")]
Columns = Annotated[list[str] | None, Query(description="the columns that are given; else all, on pages some")]
View = Annotated[str, Query(description="what a page shows", json_schema_extra={"enum": ["picture", "table"]})]
Excel = Annotated[bool, Query(description="whether csv begins with the mark (BOM) by which Excel reads accents")]

EVIDENCE_ROWS: Final = 50
"""For how many rows evidence is given at a time."""
MOST_TEXT: Final = 200
"""So many characters of a text that rows must contain are looked for."""
LISTED_CHOICES: Final = 40
"""Up to how many choices are shown as a list; more are suggested while typing."""
OFFERS: Final = Offers({"html": HTML, **{name: each.media_types for name, each in answer_formats().items()}})
"""The formats of an answer, and that of the query which gives it."""
_UNFIT: Final = "this cannot be given in that format"
_PICTURES: Final = {
    "map": N_("map"),
    "bar": N_("bars"),
    "line": N_("lines"),
    "rivals": N_("rival values"),
    "network": N_("network"),
    "communities": N_("communities"),
}
"""What is drawn of an answer, by the kind of its view, in a word."""
RESERVED: Final = ("format", "limit", "offset", "release", "view", LANG, *CHOSEN, *FLAGS)
"""What no parameter of a question is called."""

Found = TypeVar("Found", Excerpt, WrittenAnswer)


async def index(
    request: Request,
    q: Annotated[str, Query(description="words that name, title or description must have")] = "",
    picture: Annotated[str, Query(description="the kind of the view, such as map")] = "",
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(PAGE_OR_JSON)] = "",
) -> Response:
    """List the questions, for people by subject, for programs with parameters and columns."""
    here = served(request)

    async def found() -> list[Question]:
        also = await here.once(synonyms) if q else {}
        return matching((await here.questions()).values(), q, also)

    def of_picture(questions: Sequence[Question]) -> list[Question]:
        return [each for each in questions if picture in ("", each.view.kind)]

    async def show() -> bytes:
        fitting = await found()
        drawn = Counter(each.view.kind for each in fitting if each.view.kind in _PICTURES)
        names = {
            "groups": by_subject(of_picture(fitting)),
            "text": q,
            "near": [] if fitting else near((await here.questions()).values(), q),
            "picture": picture,
            "pictures": _PICTURES,
            "drawn": {kind: drawn[kind] for kind in _PICTURES if drawn[kind]},
        }
        return await rendered("questions.html", here.release, **names)

    async def tell() -> list[dict[str, object]]:
        return [description(question) for question in of_picture(await found())]

    return await page_or_json(request, wanted, show, tell)


async def answer(
    request: Request,
    name: str,
    limit: Limit = None,
    offset: Offset = 0,
    evidence: Evidence = False,
    iris: Iris = False,
    excel: Excel = False,
    sort: Sort = "",
    contains: Contains = "",
    columns: Columns = None,
    view: View = "",
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
    wanted: Annotated[str, format_of(OFFERS)] = "",
) -> Response:
    """Answer a question; its own parameters are those that /questions tells. An old name leads to its successor."""
    here = served(request)
    name, _, extension = name.partition(".")
    try:
        question, given, old = asked(await here.questions(), name, given_parameters(request))
    except QuestionError as error:
        raise RequestError(HTTPStatus.NOT_FOUND, error.message, error.advice) from error
    if old:
        return _moved(request, question, given, extension)
    lacking = missing_for(extension or wanted)
    refused = f"this service has not installed {lacking}, which that format needs" if lacking else _UNFIT
    chosen = OFFERS.choose(request, extension or wanted, refused)
    usual = EVIDENCE_ROWS if evidence else usual_limit(chosen)
    if view not in ("", "picture", "table"):
        raise bad_request(f"view is {view[:100]!r}", "give picture or table, or leave it out for both")
    names = tuple(" ".join(columns or ()).replace(",", " ").split())
    call = QuestionCall(
        question.name,
        given,
        chosen,
        limit or usual,
        offset,
        evidence,
        iris,
        excel,
        sort,
        contains.strip()[:MOST_TEXT],
        names,
        view,
    )
    if call.format in AS_ANSWERED and (wrong := [name for name in CHOSEN if getattr(call, name)]):
        refused = f"{call.format} gives the answer of the question as it is, and does not take {' or '.join(wrong)}"
        raise RequestError(HTTPStatus.NOT_ACCEPTABLE, refused, "leave that out, or ask for json or csv")
    if chosen == "html":
        # A page that nothing is chosen for is a first look; whoever says how many rows wants them.
        chosen_rows = bool(given or offset or sort or call.contains) or limit is not None or evidence
        make = partial(_show, here, question, call, soon=here.large and not chosen_rows)
        return await respond_page(request, here.release, make)

    async def write() -> AnswerPart:
        if call.format == "rq" and not call.given:
            return AnswerPart(question.query.encode())
        found, why_empty = await _asked(here, call, Graph.written, call, here.service.settings.result_bytes)
        if call.format == "json" and why_empty:
            found = await here.do(Graph.written, call, here.service.settings.result_bytes, why_empty)
        if call.format in ("svg", "png") and not found.content:
            raise _no_picture(question, call)
        return AnswerPart(found.content, found.total, [*found.notes, why_empty])

    return await respond_part(request, here, call, write)


class AnswerPart(NamedTuple):
    """Some rows of an answer in a format, how many rows it has, and what there is to know of it."""

    content: bytes
    total: int | None = None
    """None where there are no other parts to lead to."""
    hints: Sequence[str] = ()


async def respond_part(
    request: Request, here: Served, call: QuestionCall, write: Callable[[], Awaitable[AnswerPart]]
) -> Response:
    """Respond with a part of an answer in its format, with links to the others and what there is to know of it."""
    late: dict[str, str] = {}

    async def content() -> bytes:
        part = await write()
        if part.total is not None:
            late.update(_links(call, part.total, part.hints))
        return part.content

    content_type, etag = OFFERS.content_type(call.format), address_tag(request, here.release, call.format)
    response = await respond(request, content, content_type, etag, release=here.release)
    response.headers.update(with_links(late, response.headers.get("link", "")))
    return response


def given_parameters(request: Request) -> Given:
    """Return the parameters of a question; one without a value counts as not given."""
    given = {key: [each.strip() for each in request.query_params.getlist(key)] for key in request.query_params}
    return {key: list(filter(None, values)) for key, values in given.items() if key not in RESERVED and any(values)}


def _moved(request: Request, question: Question, given: Given, extension: str) -> Response:
    """Return where the successor of an old question is asked for the same."""
    pairs = [(name, value) for name, values in given.items() for value in values]
    pairs += [(name, value) for name, value in request.query_params.multi_items() if name in RESERVED]
    path = f"/questions/{question.name}" + (f".{extension}" if extension else "")
    return RedirectResponse(f"{path}?{urlencode(pairs)}" if pairs else path, HTTPStatus.PERMANENT_REDIRECT)


async def _asked(
    here: Served, call: QuestionCall, job: Callable[..., Found], *given: object, soon: bool = False
) -> tuple[Found, str]:
    """Return some rows of an answer, and if it has none, why; evidence for them is refused where it does not fit."""
    if call.evidence and call.format not in ("html", "json"):
        refused = f"there is no room for evidence in {call.format}"
        raise RequestError(HTTPStatus.NOT_ACCEPTABLE, refused, "ask for json or html")
    if call.evidence and call.limit > EVIDENCE_ROWS:
        advice = f"give limit={EVIDENCE_ROWS} or less, and page with offset"
        raise bad_request(f"evidence is given for {EVIDENCE_ROWS} rows at a time", advice)
    found = await (here.soon if soon else here.do)(job, *given)
    if found.total:
        return found, ""
    try:
        return found, await here.do(Graph.why, call)
    except OverLimitError:
        return found, "no statement in the graph matches the question"


def _no_picture(question: Question, call: QuestionCall) -> RequestError:
    kind = question.view.kind
    why = "this question is shown as a table" if kind == "table" else f"there is nothing to draw as a {kind}"
    return RequestError(HTTPStatus.NOT_ACCEPTABLE, why, f"see {call.address()}", Vary="Accept")


def _links(call: QuestionCall, total: int, hints: Sequence[str]) -> dict[str, str]:
    """Return the Link header of a part of an answer (RFC 8288), and one that tells hints, if there are any."""
    places = {"first": 0, "last": max(0, (total - 1) // call.limit * call.limit)}
    if call.offset:
        places["prev"] = max(0, call.offset - call.limit)
    if call.offset + call.limit < total:
        places["next"] = call.offset + call.limit
    found = [f'<{call.address(call.format, offset=place)}>; rel="{rel}"' for rel, place in places.items()]
    return {
        "Link": ", ".join(found),
        "X-Clustergraph-Total": str(total),
        **hint_header("; ".join(" ".join(each.split()) for each in hints if each)),
    }


async def _show(here: Served, question: Question, call: QuestionCall, *, soon: bool) -> bytes | Response:
    """Show the form, and under it the answer, what is wrong, or where the whole answer is if it takes long."""
    parameters = question.parameters.values()
    shown: dict[str, object] = {"bound": question.query}
    problem: ClustergraphError | None = None
    try:
        if call.given or question.needs_only():
            found, shown["why_empty"] = await _asked(here, call, Graph.excerpt, call, address, soon=soon)
            shown |= {"table": found, "bound": found.query}
    except OverLimitError as error:
        shown["late"] = soon
        problem = None if soon else error
    except ClustergraphError as error:
        problem = error
    # An answer to a few is not kept waiting by the whole answer, in which the values are counted.
    try:
        offered = await here.values(question, quickly=bool(call.given) or here.large)
    except OverLimitError:
        offered = {}  # A name is found all the same.
    names = {each.iri: each.value for found in offered.values() for each in found}
    table = shown.get("table")
    facets = table.facets if isinstance(table, Excerpt) else ()
    things = [(each.parameter, each.values) for each in facets]
    things += [(question.parameters[name], tuple(values)) for name, values in offered.items()]
    iris = {each.iri for parameter, values in things if needs_choices(parameter) for each in values}
    called = await _called(here, iris)
    usual = {each.name: [_usual(each, value, {**names, **called}) for value in each.default] for each in parameters}
    told = {
        "asked": call,
        "question": question,
        "offered": offered,
        "usual": usual,
        "called": called,
        "listed": LISTED_CHOICES,
        "suggested": SUGGESTED,
        "meant": _meant(call, problem),
        "lines": await _lines(here, question, call),
        "permanent": call.address(release=here.release.digest),
        "same_request": of_question(here.service.address, call),
        **shown,
    }
    return await problem_page("question.html", problem, here.release, **told)


def _usual(parameter: Parameter, value: str, names: Mapping[str, str]) -> str:
    """Return what is meant where nothing is given, in words."""
    return yes_or_no(value == "true") if parameter.type == "boolean" else names.get(iri_of(value), value)


async def _called(here: Served, iris: set[str]) -> Mapping[str, str]:
    """Return how what can be chosen is called in the language of the reader: values are given by English names."""
    if chosen() in (None, ENGLISH):
        return {}
    return await here.once(Graph.names, tuple(sorted(iris)))


async def _lines(here: Served, question: Question, call: QuestionCall) -> list[Timeline]:
    """Return the lines of time of a question that takes the two dates."""
    if not TWO_DATES.keys() <= question.parameters.keys():
        return []
    given = {name: call.given.get(name, [""])[0] for name in TWO_DATES}
    same = replace(call, offset=0)
    return await timelines(here, given, lambda name, day: replace(same, given={**call.given, name: [day]}).address())


async def choices(
    request: Request,
    name: str,
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
) -> Response:
    """Tell what the parameters of a question can be given: values that have answers, with the number of rows.

    Of facets it is the number that each value leaves with what is given for the other parameters.
    """
    here = served(request)
    try:
        question, given, _ = asked(await here.questions(), name, given_parameters(request))
    except QuestionError as error:
        raise RequestError(HTTPStatus.NOT_FOUND, error.message, error.advice) from error

    async def tell() -> bytes:
        found = dict(await here.values(question))
        if given:
            left = await here.do(Graph.facets, QuestionCall(question.name, given))
            found |= {each.parameter.name: list(each.values) for each in left}
        return as_json({key: [asdict(each) for each in values] for key, values in found.items()})

    etag = address_tag(request, here.release, "choices")
    return await respond(request, tell, "application/json", etag, release=here.release)


def _meant(call: QuestionCall, problem: ClustergraphError | None) -> list[tuple[str, str]]:
    """Return for each thing that a name may mean the address that asks for it, and the thing in words."""
    if not isinstance(problem, AmbiguousNameError):
        return []

    def asking(short: str) -> QuestionCall:
        values = [short if value == problem.name else value for value in call.given[problem.parameter]]
        return replace(call, given={**call.given, problem.parameter: values})

    return [(asking(choice.short).address(), str(choice)) for choice in problem.choices]
