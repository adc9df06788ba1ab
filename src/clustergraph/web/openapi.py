"""The service in OpenAPI: a path for every question, with its typed parameters."""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from clustergraph import __version__
from clustergraph.questions import Parameter, Question
from clustergraph.web.answers import MOST_ROWS, TYPES, catalogue
from clustergraph.web.http import respond, tag
from clustergraph.web.service import Service

_SCHEMAS: Final = {
    "iri": {"type": "string", "description": "a label, a spelling, a code or an IRI"},
    "code": {"type": "string", "description": "a label or a code of the list"},
    "text": {"type": "string"},
    "number": {"type": "number"},
    "date": {"type": "string", "pattern": r"^\d{4}(-\d\d(-\d\d)?)?$"},
    "boolean": {"type": "boolean"},
}
_PAGING: Final[list[dict[str, Any]]] = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}},
    {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0}},
    {"name": "release", "in": "query", "schema": {"type": "string"}, "description": "the digest of a release"},
    {"name": "format", "in": "query", "schema": {"type": "string", "enum": list(TYPES)}},
]


async def openapi(request: Request) -> Response:
    """Give the OpenAPI document of the release that is served."""
    service: Service = request.app.state.service
    questions = await catalogue(service, service.release)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "clustergraph",
            "version": __version__,
            "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        },
        "paths": {f"/questions/{question.name}": {"get": _operation(question)} for question in questions.values()},
    }
    content = json.dumps(document, ensure_ascii=False, indent=1).encode()
    return respond(request, content, "application/json", tag(content))


def _operation(question: Question) -> dict[str, Any]:
    content: dict[str, Any] = {types[0]: {} for types in TYPES.values()}
    return {
        "operationId": question.name,
        "summary": question.title,
        "description": question.description,
        "tags": list(question.tags),
        "parameters": [*(_parameter(parameter) for parameter in question.parameters.values()), *_PAGING],
        "responses": {
            "200": {"description": "the rows", "content": content},
            "400": {"description": "a parameter does not fit", "content": {"application/problem+json": {}}},
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = dict(_SCHEMAS[parameter.type])
    if parameter.of:
        schema["description"] = f"{schema.get('description', '')}; of {parameter.of}"
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.label,
        "required": parameter.required,
        "schema": {"type": "array", "items": schema} if parameter.many else schema,
        **({"explode": True} if parameter.many else {}),
    }
