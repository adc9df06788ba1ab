"""Answers as files that other programs take: workbook, Parquet, places (GeoJSON), networks (GraphML), pictures."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from clustergraph.charts import Chart, Locations, Place, draw
from clustergraph.engine.sandbox import opening_files
from clustergraph.errors import UnsuitedFormatError
from clustergraph.questions.answer import WRITERS, Answer, Cell, Rows, with_iris
from clustergraph.questions.xlsx import AnswerSheet, workbook
from clustergraph.rdf.xml import for_xml

_SCALE: Final = 2
"""How many dots of a PNG are one unit of a picture."""
_FONT: Final = "fontpkg_noto_sans"
_ENDS: Final = ("one", "other")


def serialised(format_: str, answer: Answer, rows: Rows, locations: Locations, *, iris: bool = False) -> bytes:
    """Return some rows of an answer in a format; nothing where it is a picture and there is nothing to draw.

    Raises:
        UnsuitedFormatError: the rows have no places or no pairs, or what writes the format is not installed.
    """
    columns, some = answer.with_iris(rows) if iris else (answer.columns, rows)
    if format_ in WRITERS:
        return WRITERS[format_](columns, some).encode()
    match format_:
        case "xlsx":
            sheet = AnswerSheet("Answer", columns, some)
            return workbook(answer.question.title, [sheet], list(_about(answer, len(rows))))
        case "parquet":
            return parquet(columns, some, {"title": answer.question.title, "question": answer.question.name})
        case "geojson":
            return geojson(answer, rows, locations)
        case "graphml":
            return graphml(answer, rows)
    picture = draw(Chart.of(answer, rows, locations))
    return png(picture) if format_ == "png" and picture else picture.encode()


def _about(answer: Answer, number: int) -> Iterator[tuple[str, str]]:
    """Yield what there is to know of the rows of an answer."""
    yield "Question", answer.question.title
    yield "Name", answer.question.name
    yield "What it answers", answer.question.description
    for name, values in answer.given.items():
        yield f"Chosen: {name}", "; ".join(values)
    yield "Rows", f"{number} of {len(answer)}"
    for source in answer.sources:
        yield "With data of", source.words
    for column, meaning in answer.question.columns.items():
        yield f"Column {column}", meaning


def _library(name: str, package: str) -> Any:  # noqa: ANN401 - a module that need not be there
    try:
        with opening_files(allowed=True):
            return importlib.import_module(name)
    except ImportError as error:
        advice = f"whoever runs it: pip install {package}; or ask for another format"
        raise UnsuitedFormatError(f"this needs {package}, which is not installed", advice=advice) from error


def parquet(columns: Sequence[str], rows: Rows, about: Mapping[str, str]) -> bytes:
    """Return rows as Parquet: numbers, truth values and days typed, a column of several kinds as texts."""
    arrow, written = _library("pyarrow", "pyarrow"), _library("pyarrow.parquet", "pyarrow")
    typed = [_typed([row[place] for row in rows]) for place in range(len(columns))]
    with opening_files(allowed=True):  # it looks for pandas
        arrays = [
            arrow.array(values, arrow.string() if all(value is None for value in values) else None) for values in typed
        ]
    table = arrow.table(arrays, names=list(columns))
    target = BytesIO()
    written.write_table(table.replace_schema_metadata({**about}), target, compression="zstd")
    return target.getvalue()


def _typed(cells: Sequence[Cell]) -> list[object]:
    """Return the values of a column, all of one kind.

    >>> _typed([Cell("2024-02-29"), Cell(None)]), _typed([Cell(1), Cell(2.5)]), _typed([Cell(1), Cell("a")])
    ([datetime.date(2024, 2, 29), None], [1.0, 2.5], ['1', 'a'])
    """
    kinds = {type(cell.value) for cell in cells if cell.value is not None}
    if kinds == {str}:
        try:
            return [None if cell.value is None else date.fromisoformat(_ten(cell.shown)) for cell in cells]
        except ValueError:
            return [cell.value for cell in cells]
    if kinds == {int, float}:
        return [None if cell.value is None else float(cell.value) for cell in cells]
    return [None if cell.value is None else cell.shown if len(kinds) > 1 else cell.value for cell in cells]


def _ten(text: str) -> str:
    if len(text) != len("2024-02-29"):
        raise ValueError(text)
    return text


def geojson(answer: Answer, rows: Rows, locations: Locations) -> bytes:
    """Return rows as features (RFC 7946), each at the first of its things that has a place, or nowhere."""
    order = [answer.columns.index(name) for name in answer.question.view.columns.get("place", ())]
    order += [place for place in range(len(answer.columns)) if place not in order]
    places = locations.of({iri for row in rows for cell in row if (iri := cell.iri)})
    features = [_feature(answer.columns, row, _place(row, order, places)) for row in rows]
    if rows and not any(feature["geometry"] for feature in features):
        advice = "ask for json or csv, or a question whose answer is a map"
        raise UnsuitedFormatError("nothing in this answer has a place", advice=advice)
    whole = {"type": "FeatureCollection", "title": answer.question.title, "features": features}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _place(row: Sequence[Cell], order: Sequence[int], places: Mapping[str, Place]) -> Place | None:
    return next((found for at in order if (iri := row[at].iri) and (found := places.get(iri))), None)


def _feature(columns: Sequence[str], row: Sequence[Cell], place: Place | None) -> dict[str, Any]:
    things = [cell.iri is not None for cell in row]
    names, (cells,) = with_iris(columns, [row], things)
    properties = {name: cell.value for name, cell in zip(names, cells, strict=True)}
    if place and place.inside:
        properties["placed_at"] = place.inside
    point = {"type": "Point", "coordinates": [place.longitude, place.latitude]} if place else None
    return {"type": "Feature", "geometry": point, "properties": properties}


def graphml(answer: Answer, rows: Rows) -> bytes:
    """Return rows as a network: the things of two columns, and for each row a tie that has its other columns."""
    from networkx import MultiGraph, generate_graphml  # type: ignore[import-untyped]  # slow to import

    ends, network = _ends(answer, rows), MultiGraph(name=answer.question.title)
    for row, values in zip(rows, _attributes(answer.columns, rows, ends), strict=True):
        keys = [row[at].iri or row[at].shown for at in ends]
        if all(keys):
            network.add_nodes_from((key, {"label": for_xml(row[at].shown)}) for key, at in zip(keys, ends, strict=True))
            network.add_edge(*keys, **values)
    with opening_files(allowed=True):  # what it imports when it is called for the first time
        return ("\n".join(generate_graphml(network, named_key_ids=True)) + "\n").encode()


def _ends(answer: Answer, rows: Rows) -> tuple[int, int]:
    """Return the two columns whose things are tied: those of the picture, or the first two that have things."""
    named = [
        answer.columns.index(column) for part in _ENDS for column in answer.question.view.columns.get(part, ())[:1]
    ]
    things = [place for place in range(len(answer.columns)) if any(row[place].iri for row in rows)]
    found = named if len(named) == len(_ENDS) else things[: len(_ENDS)]
    if len(found) < len(_ENDS):
        advice = "ask for json or csv, or a question whose answer is a network"
        raise UnsuitedFormatError("this answer has no two columns of things that are tied", advice=advice)
    return found[0], found[1]


def _attributes(columns: Sequence[str], rows: Rows, ends: Iterable[int]) -> Iterator[dict[str, object]]:
    """Yield for each row what it says in its other columns, a column in one type."""
    kept = {name: _typed([row[at] for row in rows]) for at, name in enumerate(columns) if at not in ends}
    for number in range(len(rows)):
        values = ((name, column[number]) for name, column in kept.items() if column[number] is not None)
        yield {name: value if isinstance(value, bool | int | float) else for_xml(str(value)) for name, value in values}


def png(picture: str) -> bytes:
    """Return a picture as PNG, on white, with the same letters on every machine."""
    rasterise: Callable[..., bytes] = _library("resvg_py", "'clustergraph[png]'").svg_to_bytes
    font = _library(_FONT, "'clustergraph[png]'")
    with opening_files(allowed=True):
        files = sorted(map(str, (Path(font.ROOT) / "files").glob("*.ttf")))
        return bytes(
            rasterise(
                svg_string=picture, background="#ffffff", zoom=_SCALE, skip_system_fonts=True,
                font_files=files, font_family=font.FAMILY, sans_serif_family=font.FAMILY,
            )
        )  # fmt: skip
