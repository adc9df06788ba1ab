"""The service in OpenAPI: a path for every question, with its typed parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from clustergraph import __version__
from clustergraph.questions import Parameter, Question
from clustergraph.web.answers import MOST_ROWS, TYPES, choices_of
from clustergraph.web.catalogue import catalogue
from clustergraph.web.http import respond, tag
from clustergraph.web.service import Service

LISTED_CHOICES: Final = 40
"""Up to how many things are listed as the choices of a parameter; codes are listed all."""

_SCHEMAS: Final = {
    "iri": {"type": "string", "description": "a label, a spelling, a code or an IRI"},
    "code": {"type": "string", "description": "a label or a code of the list"},
    "text": {"type": "string"},
    "number": {"type": "number"},
    "date": {"type": "string", "pattern": r"^\d{4}(-\d\d(-\d\d)?)?$"},
    "boolean": {"type": "boolean"},
}
_OWN: Final[list[dict[str, Any]]] = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}},
    {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0}},
    {
        "name": "evidence",
        "in": "query",
        "schema": {"type": "boolean", "default": False},
        "description": "whether each row comes with what it rests on; in json and html",
    },
    {"name": "release", "in": "query", "schema": {"type": "string"}, "description": "the digest of a release"},
    {"name": "format", "in": "query", "schema": {"type": "string", "enum": list(TYPES)}},
]


async def openapi(request: Request) -> Response:
    """Give the OpenAPI document of the release that is served."""
    service: Service = request.app.state.service
    release = service.release
    questions = await catalogue(service, release)
    paths = {}
    for question in questions.values():
        choices = {name: await choices_of(service, release, p) for name, p in question.parameters.items()}
        paths[f"/questions/{question.name}"] = {"get": _operation(question, choices)}
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "clustergraph",
            "version": __version__,
            "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        },
        "paths": paths,
    }
    content = json.dumps(document, ensure_ascii=False, indent=1).encode()
    return respond(request, content, "application/json", tag(content))


def _operation(question: Question, choices: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    content: dict[str, Any] = {
        types[0]: {} for name, types in TYPES.items() if name != "svg" or question.view.kind != "table"
    }
    parameters = [_parameter(parameter, choices[name]) for name, parameter in question.parameters.items()]
    return {
        "operationId": question.name,
        "summary": question.title,
        "description": question.description,
        "tags": list(question.tags),
        "parameters": [*parameters, *_OWN],
        "responses": {
            "200": {"description": "the rows", "content": content},
            "400": {"description": "a parameter does not fit", "content": {"application/problem+json": {}}},
            "404": {"description": "there is no such release", "content": {"application/problem+json": {}}},
            "406": {"description": "there is no such format", "content": {"application/problem+json": {}}},
        },
    }


def _parameter(parameter: Parameter, choices: Mapping[str, str]) -> dict[str, Any]:
    schema: dict[str, Any] = {**_SCHEMAS[parameter.type], **_choices(parameter, choices)}
    if parameter.of:
        schema["description"] += f"; of {parameter.of}"
    default: list[Any] = [_value(parameter, value) for value in parameter.default]
    if not parameter.many and default:
        schema["default"] = default[0]
    several = {"type": "array", "items": schema, **({"default": default} if default else {})}
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.label,
        "required": parameter.required,
        "schema": several if parameter.many else schema,
        **({"explode": True} if parameter.many else {}),
    }


def _choices(parameter: Parameter, choices: Mapping[str, str]) -> dict[str, Any]:
    """Return what a schema says of the choices: all names of a code, or those of the things, which have IRIs too."""
    if parameter.type == "code":
        given = [value for value in parameter.default if value not in choices]
        return {"enum": [*choices, *given]}
    if choices and len(set(choices.values())) <= LISTED_CHOICES:
        anything = {"description": "another spelling, or an IRI", "type": "string"}
        return {"anyOf": [{"enum": list(choices)}, anything]}
    return {}


def _value(parameter: Parameter, value: str) -> str | float | bool:
    """Return a default as JSON has it."""
    match parameter.type:
        case "number":
            return float(value) if "." in value else int(value)
        case "boolean":
            return value == "true"
        case _:
            return value
