"""The lists of a release as files for who has no RDF: a workbook, Parquet, places as GeoJSON and ties as GraphML.

They are the answers of questions that the release carries; of one without a question there is no file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clustergraph.charts.interchange import geojson, graphml, parquet
from clustergraph.errors import UnsuitedFormatError
from clustergraph.formats import answer_formats
from clustergraph.graph import Graph
from clustergraph.questions.answer import Answer
from clustergraph.questions.xlsx import AnswerSheet, workbook
from clustergraph.rdf.files import write_pieces
from clustergraph.release.artefacts import Download

MOST_STATEMENTS: Final = 1_000_000
"""Of releases with more there are no such files: their lists are asked for in parts."""
_LISTS: Final = ("clusters", "regions", "projects", "organisations")
_TIES: Final = "ties"
_WORKBOOK: Final = "A sheet for each list, numbers and days typed, things linked."


def write_lists(graph: Graph, folder: Path) -> Iterator[Download]:
    """Write the lists of a graph into a folder, and yield what is told of each file."""
    lists = {name: graph.put(graph.questions[name], {}) for name in _LISTS if name in graph.questions}
    if not any(map(len, lists.values())):
        return
    sheets = [AnswerSheet(name.capitalize(), *each.with_iris(each.rows)) for name, each in lists.items()]
    about = [(name.capitalize(), each.question.title) for name, each in lists.items()]
    title = "Tables: " + ", ".join(lists)
    yield _file(folder, "tables.xlsx", workbook(title, sheets, about), title, _WORKBOOK)
    for name, answer in lists.items():
        yield from _of_list(graph, folder, name, answer)
    if _TIES in graph.questions and len(found := graph.put(graph.questions[_TIES], {})):
        about_ties = "Organisations and networks as nodes, and an edge for each tie with its certainty and section."
        yield _file(folder, "ties.graphml", graphml(found, found.rows), "Ties as a network", about_ties)


def _of_list(graph: Graph, folder: Path, name: str, answer: Answer) -> Iterator[Download]:
    words = answer.question.description.partition(". ")[0].rstrip(".") + "."
    if "parquet" in answer_formats():
        content = parquet(*answer.with_iris(answer.rows), {"title": answer.question.title})
        yield _file(folder, f"{name}.parquet", content, f"{name.capitalize()} as a table", words)
    if answer.question.view.kind != "map":
        return
    try:
        content = geojson(answer, answer.rows, graph.locations)
    except UnsuitedFormatError:
        return
    yield _file(folder, f"{name}.geojson", content, f"{name.capitalize()} as places", words)


def _file(folder: Path, name: str, content: bytes, title: str, description: str) -> Download:
    written = write_pieces(folder / name, [content])
    return Download.of(written, title, description, Path(name).suffix.removeprefix("."))
