"""GeoJSON as a table: a feature is a row, its properties are cells, its geometry is one in Well-Known Text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from clustergraph.imports.columnar import cell_text
from clustergraph.imports.containers import TableError
from clustergraph.imports.rows import CELL_LIMIT, CellError, Row, Table, shown
from clustergraph.imports.sheets import number_text

GEOMETRY: Final = "wkt"
"""The heading of the geometries, behind those of the properties."""
LIMIT: Final = 64 * 2**20
"""How many bytes a file may have, since it is held in memory."""
_DEPTHS: Final = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How deep lists of positions are nested in geometries."""
_REFERENCES: Final = ("4326", "CRS84")
"""What the name of a reference system holds that has degrees of WGS 84."""
_DEGREES: Final = (180, 90)


@dataclass
class GeoJsonTable(Table):
    """A file of GeoJSON; the names of the properties are row 1."""

    def records(self, width: int = 0) -> Iterator[Row]:  # noqa: ARG002 - nothing is mended here
        """Yield the names of the properties, then every feature."""
        features = self._features()
        names = [*dict.fromkeys(name for each in features for name in each["properties"] or ())]
        yield Row(1, [*names, GEOMETRY])
        for number, feature in enumerate(features, 2):
            yield _row(number, names, feature)

    def _features(self) -> Sequence[Mapping[str, Any]]:
        found = self._read()
        if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
            raise self._error("it is JSON and no table", "of JSON, a FeatureCollection of GeoJSON is read")
        reference = _reference(found)
        if reference and not any(name in reference for name in _REFERENCES):
            advice = "fetch it in degrees of WGS 84 (EPSG:4326)"
            raise self._error(f"its coordinates are in {shown(reference)}", advice)
        features = found.get("features")
        if not isinstance(features, list) or not all(map(_is_feature, features)):
            raise self._error("its features are not as GeoJSON has them", "each has properties and a geometry")
        return features

    def _read(self) -> Any:  # noqa: ANN401 - whatever it holds
        with self.file.reading() as file:
            content = file.read(LIMIT + 1)
        if len(content) > LIMIT:
            advice = "take one of a coarser scale, or make a table of it with a column wkt"
            raise self._error(f"GeoJSON of more than {LIMIT // 2**20} MB is not read", advice)
        try:
            return json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise self._error(f"it is no JSON: {error}", "fetch it anew") from error

    def _error(self, message: str, advice: str) -> TableError:
        return TableError(message, where=self.where(), advice=advice)


def _reference(found: Mapping[str, Any]) -> str:
    """Return the name of the reference system that a file of before 2016 may name."""
    reference = found.get("crs")
    return str(reference.get("properties", reference)) if isinstance(reference, dict) else ""


def _is_feature(found: object) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("properties", ()), dict | None)
        and isinstance(found.get("geometry", ()), dict | None)
    )


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _row(number: int, names: Sequence[str], feature: Mapping[str, Any]) -> Row:
    values = [(feature["properties"] or {}).get(name) for name in names]
    cells, place = list[str](), 0
    try:
        for place, value in enumerate(values, 1):  # noqa: B007 - it is told where one fails
            cells.append(cell_text(value))
        place += 1
        cells.append(wkt(feature["geometry"]))
    except ValueError as error:
        text = [shown(str(value)) for value in (*values, feature["geometry"])]
        return Row(number, text, 0, CellError(f"the cell {error}", value=text[place - 1], place=place))
    return Row(number, cells)


def wkt(geometry: Mapping[str, Any] | None) -> str:
    """Return a geometry in Well-Known Text, the longitude first; nothing for none.

    >>> wkt({"type": "Polygon", "coordinates": [[[9.5, 47.0], [9.6, 47], [9.6, 47.25, 430], [9.5, 47.0]]]})
    'POLYGON ((9.5 47, 9.6 47, 9.6 47.25, 9.5 47))'

    Raises:
        ValueError: it is no geometry, or of a kind that is not read.
    """
    if geometry is None:
        return ""
    kind = geometry.get("type")
    if kind not in _DEPTHS:
        raise ValueError(f"holds a geometry of the kind {shown(str(kind))}, and not {', '.join(_DEPTHS)}")
    text = _positions(geometry.get("coordinates"), _DEPTHS[kind])
    found = f"{kind.upper()} {text if _DEPTHS[kind] else f'({text})'}"
    if len(found) > CELL_LIMIT:
        raise ValueError(f"has more than {CELL_LIMIT:,} characters")
    return found


def _positions(found: object, depth: int) -> str:
    if not isinstance(found, list) or not found:
        raise ValueError("holds a geometry without coordinates")
    if depth:
        return f"({', '.join(_positions(each, depth - 1) for each in found)})"
    if len(found) < len(_DEGREES) or not all(map(_is_degree, found, _DEGREES)):
        raise ValueError(f"holds a position that is none in degrees, longitude first: {shown(str(found))}")
    return " ".join(number_text(repr(number)) for number in found[: len(_DEGREES)])


def _is_degree(found: object, most: int) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and abs(found) <= most
