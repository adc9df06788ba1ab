"""Answers to named questions: what a client asks, the rows, and the formats of tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request

from clustergraph import store
from clustergraph.ask import tables
from clustergraph.ask.charts import PLACES_QUERY, Place, draw
from clustergraph.ask.empty import Bound
from clustergraph.ask.resolve import choices_query, needs_choices, read_choices, resolve
from clustergraph.ask.tables import Cell
from clustergraph.errors import QuestionError
from clustergraph.formats import RESULT_FORMATS
from clustergraph.questions import Parameter, Question
from clustergraph.store import OverLimitError
from clustergraph.store.embedded import Release
from clustergraph.terms import PREFIXES
from clustergraph.web import evidence as proof
from clustergraph.web.http import HTML, RequestError, accepted, choose
from clustergraph.web.pages import href
from clustergraph.web.service import Service, Term, read_rows

PAGE_ROWS: Final = 500
"""How many rows the page for people has, unless ``limit`` says otherwise."""
MOST_ROWS: Final = 10_000
"""The largest ``limit``, and how many rows the other formats have unless it says otherwise."""
TYPES: Final = {
    "html": (HTML, "application/xhtml+xml"),
    "json": ("application/json",),
    "csv": ("text/csv",),
    "tsv": ("text/tab-separated-values",),
    "xml": ("application/sparql-results+xml", "application/xml"),
    "md": ("text/markdown",),
    "svg": ("image/svg+xml",),
}
"""The formats of an answer: name and media types."""
_RESERVED: Final = ("format", "limit", "offset", "release", "evidence")
_XSD: Final = PREFIXES["xsd"]
_LABELS: Final = """SELECT ?x ?label { VALUES ?x { %s } ?x skos:prefLabel|rdfs:label ?label }
ORDER BY (LANG(?label) = "en") DESC(?label)"""


@dataclass(frozen=True)
class Asked:
    """A question as a client asks it."""

    question: Question
    given: Mapping[str, list[str]]
    format: str
    limit: int
    offset: int
    evidence: bool = False

    def address(self, name: str = "", **changed: int | str) -> str:
        """Return the address of the same answer, in a format and with some parameters changed."""
        pairs = [(key, value) for key, values in self.given.items() for value in values]
        own = {"limit": self.limit, "offset": self.offset, "evidence": str(self.evidence).lower(), **changed}
        defaults = {"limit": _usual_limit(self.format), "offset": 0, "evidence": "false"}
        pairs += [(key, str(value)) for key, value in own.items() if defaults.get(key) != value]
        path = f"/questions/{self.question.name}" + (f".{name}" if name else "")
        return f"{path}?{urlencode(pairs)}" if pairs else path


@dataclass(frozen=True)
class Table:
    """The rows of an answer that are shown, and how many there are in all."""

    columns: list[str]
    rows: list[list[Cell]]
    total: int
    why_empty: str = ""
    """Why there are none, where there are none."""


def read(request: Request, question: Question, extension: str) -> Asked:
    """Return what a request asks; a parameter without a value counts as not given.

    Raises:
        RequestError: a number is not one, or no format fits.
    """
    given: dict[str, list[str]] = {}
    for key, value in request.query_params.multi_items():
        if key not in _RESERVED and value.strip():
            given.setdefault(key, []).append(value.strip())
    name = choose_format(request, extension)
    evidence = request.query_params.get("evidence", "false").lower()
    if evidence not in ("true", "false"):
        raise RequestError(HTTPStatus.BAD_REQUEST, f"evidence is {evidence!r}", "give true or false")
    if evidence == "true" and name not in ("html", "json"):
        raise RequestError(
            HTTPStatus.NOT_ACCEPTABLE, f"there is no room for evidence in {name}", "ask for json or html"
        )
    return Asked(
        question,
        given,
        name,
        limit=_number(request, "limit", proof.MOST_ROWS if evidence == "true" else _usual_limit(name), 1, MOST_ROWS),
        offset=_number(request, "offset", 0, 0, 1_000_000_000),
        evidence=evidence == "true",
    )


def _usual_limit(name: str) -> int:
    return PAGE_ROWS if name == "html" else MOST_ROWS


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"{name} is {text!r}", f"give a number from {least} to {most:,}")
    return int(text)


def choose_format(request: Request, extension: str) -> str:
    """Return the name of the format that a request wants.

    Raises:
        RequestError: there is none that fits.
    """
    wanted = extension or request.query_params.get("format", "")
    chosen = wanted if wanted in TYPES else None if wanted else choose(accepted(request), TYPES)
    if chosen is None:
        raise not_acceptable()
    return chosen


def not_acceptable() -> RequestError:
    """Return the error that says which formats there are."""
    advice = f"ask for one of: {', '.join(f'{name} ({types[0]})' for name, types in TYPES.items())}"
    return RequestError(HTTPStatus.NOT_ACCEPTABLE, "this cannot be given in that format", advice, Vary="Accept")


async def choices_of(service: Service, release: Release, parameter: Parameter) -> dict[str, str]:
    """Return what a parameter can be: the IRI of each choice by every name of it."""
    if not needs_choices(parameter):
        return {}
    rows = await service.rows(release, choices_query(parameter))
    return read_choices((row["thing"].value, row["name"].value) for row in rows)


async def bound_terms(service: Service, release: Release, asked: Asked) -> Bound:
    """Return the terms that the given parameters mean.

    Raises:
        RequestError: a parameter is not known, or its value does not fit.
    """
    known = {name: p for name, p in asked.question.parameters.items() if name in asked.given}
    choices = {name: await choices_of(service, release, parameter) for name, parameter in known.items()}
    try:
        return resolve(asked.question, asked.given, choices)
    except QuestionError as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, error.message, error.advice) from error


async def table_of(service: Service, release: Release, asked: Asked) -> Table:
    """Return the rows of an answer that are asked for.

    Raises:
        RequestError: a parameter does not fit.
        OverLimitError: the query went over a limit.
    """
    bound = await bound_terms(service, release, asked)
    request = store.Request(asked.question.bound(bound), "json", max_bytes=service.settings.result_bytes)
    columns, rows = read_rows(await service.answer(release, request))
    shown = rows[asked.offset : asked.offset + asked.limit]
    labels = await labels_of(service, release, {term.value for row in shown for term in row.values() if term.is_iri})
    cells = [[_cell(row.get(column), labels) for column in columns] for row in shown]
    return Table(columns, cells, len(rows), "" if rows else await _why_empty(service, release, asked))


async def labels_of(service: Service, release: Release, iris: Iterable[str]) -> dict[str, str]:
    """Return the best label of each IRI that has one."""
    wanted = " ".join(f"<{iri}>" for iri in sorted(iris))
    rows = await service.rows(release, _LABELS % wanted) if wanted else []
    return {row["x"].value: row["label"].value for row in rows}


async def _why_empty(service: Service, release: Release, asked: Asked) -> str:
    try:
        return await proof.why_empty(service, release, asked.question.name, dict(asked.given))
    except OverLimitError:
        return "no statement in the graph matches the question"


async def evidence_of(service: Service, release: Release, asked: Asked) -> list[dict[str, Any]] | None:
    """Return what each row that is shown rests on, if that is asked for."""
    if not asked.evidence:
        return None
    return await proof.evidence(service, release, asked.question.name, dict(asked.given), asked.offset, asked.limit)


def _cell(term: Term | None, labels: Mapping[str, str]) -> Cell:
    if term is None:
        return Cell(None)
    if term.is_iri:
        return Cell(labels.get(term.value, term.value), term.value)
    match term.datatype.removeprefix(_XSD):
        case "integer":
            return Cell(int(term.value))
        case "decimal" | "double" | "float":
            return Cell(float(term.value))
        case "boolean":
            return Cell(term.value == "true")
        case _:
            return Cell(term.value)


async def chart_of(service: Service, release: Release, asked: Asked, table: Table) -> str:
    """Return an SVG document that shows the rows; nothing where the view is the table or nothing can be drawn."""
    view = asked.question.view
    places = await _places(service, release) if view.kind == "map" else {}
    return draw(view, table.columns, table.rows, asked.question.title, places, href)


async def _places(service: Service, release: Release) -> dict[str, Place]:
    return {
        row["place"].value: Place(
            float(row["latitude"].value),
            float(row["longitude"].value),
            row["country"].value if "country" in row else "",
        )
        for row in await service.rows(release, PLACES_QUERY)
    }


def written(asked: Asked, table: Table, release: Release, evidence: list[dict[str, Any]] | None) -> bytes:
    """Return the rows in the format that is asked for."""
    match asked.format:
        case "csv":
            # The mark at the start is what makes spreadsheets read accents.
            return ("\ufeff" + tables.csv(table.columns, table.rows)).encode()
        case "tsv":
            return tables.csv(table.columns, table.rows, "\t").encode()
        case "md":
            return tables.markdown(table.columns, table.rows).encode()
        case _:
            document = {
                "question": asked.question.name,
                "title": asked.question.title,
                "parameters": asked.given,
                "release": release.digest,
                "permanent": asked.address("json", release=release.digest),
                "total": table.total,
                "columns": {column: asked.question.columns.get(column, "") for column in table.columns},
                "rows": tables.objects(table.columns, table.rows),
                **({"why_empty": table.why_empty} if table.why_empty else {}),
                **({"evidence": evidence} if evidence is not None else {}),
            }
            return json.dumps(document, ensure_ascii=False, indent=1).encode()


def content_type(name: str) -> str:
    """Return the ``Content-Type`` of a format."""
    if name == "xml":
        return RESULT_FORMATS["xml"].content_type
    media_type = TYPES[name][0]
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def links(asked: Asked, table: Table) -> dict[str, str]:
    """Return the Link header of a page of an answer (RFC 8288), and one that says why it is empty."""
    total = table.total
    places = {"first": 0, "last": max(0, (total - 1) // asked.limit * asked.limit)}
    if asked.offset:
        places["prev"] = max(0, asked.offset - asked.limit)
    if asked.offset + asked.limit < total:
        places["next"] = asked.offset + asked.limit
    links = [f'<{asked.address(asked.format, offset=place)}>; rel="{rel}"' for rel, place in places.items()]
    # A header holds ASCII only, and names have accents.
    why = {"X-Clustergraph-Hint": " ".join(table.why_empty.split()).encode("ascii", "replace").decode()[:1000]}
    return {"Link": ", ".join(links), **(why if table.why_empty else {})}
