"""The service in OpenAPI: a path for every question, with its typed parameters."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.questions.names import ListedChoices
from clustergraph.questions.question import Parameter, Question
from clustergraph.web.pages import as_json, page
from clustergraph.web.questions import LISTED_CHOICES, OFFERS
from clustergraph.web.responses import GRAPHS, RESULTS, address_tag, in_thread, respond
from clustergraph.web.service import Served, served

_SCHEMAS: Final = {
    "iri": {"type": "string", "description": "a label, a spelling, a code or an IRI"},
    "code": {"type": "string", "description": "a label or a code of the list"},
    "text": {"type": "string"},
    "number": {"type": "number"},
    "date": {"type": "string", "pattern": r"^\d{4}(-\d\d(-\d\d)?)?$"},
    "boolean": {"type": "boolean"},
}


async def openapi(request: Request) -> Response:
    """Give the OpenAPI document of the release that is served, which is written once."""
    here = served(request)

    async def make() -> bytes:
        return await here.kept(openapi, partial(_document, here, request.app))

    etag = address_tag(request, here.release, "openapi")
    return await respond(request, make, "application/json", etag, release=here.release)


async def _document(here: Served, app: FastAPI) -> bytes:
    questions = (await here.questions()).values()
    choices = {q.name: {name: await here.choices(p) for name, p in q.parameters.items()} for q in questions}

    def write() -> bytes:
        # What the routes say by themselves, and for every question an address with its own parameters.
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        paths = document["paths"]
        for methods in paths.values():
            methods["get"]["responses"].pop("422", None)
        imprint = here.release.imprint
        document["info"]["title"] = imprint.title or app.title
        if imprint.licence:
            document["info"]["license"] = {"name": imprint.licence_name, "url": imprint.licence}
        document["servers"] = [{"url": here.service.address}]
        document.pop("components", None)
        ours = [each for each in paths.pop("/questions/{name}")["get"]["parameters"] if each["in"] == "query"]
        offered = paths.pop("/questions/{name}/choices")["get"]
        offered["parameters"] = [each for each in offered["parameters"] if each["in"] == "query"]
        graphs, results = ([types[0] for types in offers.types.values()] for offers in (GRAPHS, RESULTS))
        paths |= json.loads(page("protocols.json", graphs=graphs, results=results))
        paths |= {f"/questions/{q.name}": {"get": _operation(q, choices[q.name], ours)} for q in questions}
        paths |= {
            f"/questions/{q.name}/choices": {"get": {**offered, "operationId": f"{q.name}-choices"}} for q in questions
        }
        return as_json(document)

    return await in_thread(write)


def _operation(question: Question, choices: Mapping[str, ListedChoices], ours: Sequence[object]) -> dict[str, Any]:
    content: dict[str, Any] = {
        types[0]: {} for name, types in OFFERS.types.items() if name != "svg" or question.view.kind != "table"
    }
    problem: dict[str, Any] = {"application/problem+json": {}}
    parameters = [_parameter(parameter, choices[name]) for name, parameter in question.parameters.items()]
    return {
        "operationId": question.name,
        "summary": question.title,
        "description": question.description,
        "tags": list(question.tags),
        "parameters": [*parameters, *ours],
        "responses": {
            "200": {"description": "the rows", "content": content},
            "400": {"description": "a parameter does not fit", "content": problem},
            "404": {"description": "there is no such release", "content": problem},
            "406": {"description": "there is no such format", "content": problem},
        },
    }


def _parameter(parameter: Parameter, choices: ListedChoices) -> dict[str, Any]:
    schema: dict[str, Any] = {**_SCHEMAS[parameter.type]}
    if parameter.type == "code":
        names = list(choices.written)
        schema["enum"] = [*names, *(value for value in parameter.default if value not in names)]
    elif 0 < len(choices) <= LISTED_CHOICES:
        anything = {"description": "another spelling, or an IRI", "type": "string"}
        schema["anyOf"] = [{"enum": list(choices.written)}, anything]
    if parameter.of:
        schema["description"] += f"; of {parameter.of}"
    default = [_value(parameter, value) for value in parameter.default]
    told = {"name": parameter.name, "in": "query", "description": parameter.label, "required": parameter.required}
    if parameter.many:
        several = {"type": "array", "items": schema, **({"default": default} if default else {})}
        return {**told, "schema": several, "explode": True}
    return {**told, "schema": {**schema, **({"default": default[0]} if default else {})}}


def _value(parameter: Parameter, value: str) -> str | float | bool:
    """Return a default as JSON has it."""
    match parameter.type:
        case "number":
            return float(value) if "." in value else int(value)
        case "boolean":
            return value == "true"
    return value
