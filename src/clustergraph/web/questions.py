"""The named questions: a list, and for each a form with its answer, as a page or in the formats of tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from clustergraph import store
from clustergraph.ask.resolve import iri_of
from clustergraph.errors import ClustergraphError, QuestionError
from clustergraph.questions import Parameter, Question, find
from clustergraph.store.embedded import Release
from clustergraph.web import answers
from clustergraph.web.answers import TYPES, Asked, choose_format, not_acceptable, table_of
from clustergraph.web.catalogue import by_subject, catalogue
from clustergraph.web.http import Problem, RequestError, respond, tag
from clustergraph.web.pages import page, page_response
from clustergraph.web.service import Service

LISTED_CHOICES: Final = 40
"""Up to how many choices are shown as a list; more are suggested while typing."""


async def index(request: Request) -> Response:
    """List the questions, for people by subject, for programs with parameters and columns."""
    service: Service = request.app.state.service
    release = service.release
    questions = await catalogue(service, release)
    name = choose_format(request, request.path_params.get("extension", ""))
    if name == "json":
        content = json.dumps([describe(q) for q in questions.values()], ensure_ascii=False, indent=1).encode()
        return respond(request, content, "application/json", tag(content), _headers(release))
    if name != "html":
        raise not_acceptable()
    content = page("questions.html", release=release, groups=by_subject(questions.values()))
    return page_response(request, content, release)


async def answer(request: Request) -> Response:
    """Answer a question."""
    service: Service = request.app.state.service
    release = _release(request, service)
    name, dot, extension = request.path_params["name"].partition(".")
    asked = answers.read(request, await _question(service, release, name), extension if dot else "")
    if asked.format == "html":
        return await _page(request, service, release, asked)
    if asked.format == "xml":
        table = await table_of(service, release, asked)
        query = asked.question.bound(await answers.bound_terms(service, release, asked))
        if len(table.rows) < table.total:
            query = f"{query}\nLIMIT {asked.limit} OFFSET {asked.offset}"
        content = await service.answer(release, store.Request(query, "xml", max_bytes=service.settings.result_bytes))
    elif asked.format == "svg":
        table, content = None, await _chart(service, release, asked)
    else:
        table = await table_of(service, release, asked)
        content = answers.written(asked, table, release, await answers.evidence_of(service, release, asked))
    headers = {**_headers(release), **(answers.links(asked, table) if table else {})}
    return respond(request, content, answers.content_type(asked.format), tag(release.digest, content), headers)


def describe(question: Question) -> dict[str, object]:
    """Return a question as JSON members."""
    return {
        "name": question.name,
        "title": question.title,
        "description": question.description,
        "tags": list(question.tags),
        "parameters": [
            {
                "name": p.name,
                "label": p.label,
                "type": p.type,
                "of": p.of,
                "required": p.required,
                "many": p.many,
                "default": list(p.default),
            }
            for p in question.parameters.values()
        ],
        "columns": dict(question.columns),
        "view": {"kind": question.view.kind, **{part: list(names) for part, names in question.view.columns.items()}},
        "address": f"/questions/{question.name}",
    }


def _headers(release: Release) -> dict[str, str]:
    return {"X-Clustergraph-Release": release.digest}


def _release(request: Request, service: Service) -> Release:
    """Return the release that is asked for, which is the current one unless a permanent link names another."""
    digest = request.query_params.get("release")
    if digest in (None, service.release.digest):
        return service.release
    found = service.released(digest)
    if found is None:
        raise RequestError(
            HTTPStatus.NOT_FOUND, f"release {digest} is not kept here", "leave 'release' out for the current one"
        )
    return found


async def _question(service: Service, release: Release, name: str) -> Question:
    try:
        return find(await catalogue(service, release), name)
    except QuestionError as error:
        raise RequestError(HTTPStatus.NOT_FOUND, error.message, error.advice) from error


async def _chart(service: Service, release: Release, asked: Asked) -> bytes:
    """Return the picture of an answer.

    Raises:
        RequestError: there is none.
    """
    chart = await answers.chart_of(service, release, asked, await table_of(service, release, asked))
    if not chart:
        kind = asked.question.view.kind
        why = "this question is shown as a table" if kind == "table" else f"there is nothing to draw as a {kind}"
        raise RequestError(HTTPStatus.NOT_ACCEPTABLE, why, f"see {asked.address()}", Vary="Accept")
    return chart.encode()


async def _page(request: Request, service: Service, release: Release, asked: Asked) -> Response:
    """Show the form, and under it the answer or what is wrong."""
    choices = {p.name: await answers.choices_of(service, release, p) for p in asked.question.parameters.values()}
    shown: dict[str, object] = {}
    status = HTTPStatus.OK
    try:
        missing = [p for p in asked.question.parameters.values() if p.required and p.name not in asked.given]
        if asked.given or not missing:
            shown["table"] = table = await table_of(service, release, asked)
            shown["chart"] = await answers.chart_of(service, release, asked, table)
            shown["evidence"] = await answers.evidence_of(service, release, asked)
    except ClustergraphError as error:
        problem = Problem.of(error)
        status, shown["problem"] = problem.status, problem
    content = page(
        "question.html",
        release=release,
        asked=asked,
        question=asked.question,
        choices={name: _preferred(found) for name, found in choices.items()},
        usual={name: _usual(asked.question.parameters[name], found) for name, found in choices.items()},
        bound=await _bound(service, release, asked),
        listed=LISTED_CHOICES,
        formats=[name for name in TYPES if name not in ("html", "svg") or shown.get("chart")][1:],
        permanent=asked.address(release=release.digest),
        **shown,
    )
    return page_response(request, content, release, status)


async def _bound(service: Service, release: Release, asked: Asked) -> str:
    """Return the query with the given values in it, or as it stands where one of them does not fit."""
    try:
        return asked.question.bound(await answers.bound_terms(service, release, asked))
    except RequestError:
        return asked.question.query


def _usual(parameter: Parameter, choices: Mapping[str, str]) -> str:
    """Return what a parameter is where nothing is given, by name."""
    names = {iri: name for name, iri in reversed(list(choices.items()))}
    return ", ".join(names.get(iri_of(value), value) for value in parameter.default)


def _preferred(choices: Mapping[str, str]) -> list[str]:
    """Return one name for each choice, sorted."""
    names: dict[str, str] = {}
    for name, iri in choices.items():
        names.setdefault(iri, name)
    return sorted(names.values(), key=str.casefold)
