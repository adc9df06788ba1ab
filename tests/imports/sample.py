"""A profile and tables of our own making."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from clustergraph.imports.profile import ImportProfile
from clustergraph.imports.run import Imported, Order, run

SETTINGS = """title = "Register of the North"
publisher = "Ministry of the North"
licence = "https://creativecommons.org/licenses/by/4.0/"
attribution = "© Ministry of the North"
homepage = "https://north.example/register"
"""
CLUSTERS = {
    "url": "clusters.csv",
    "tableSchema": {
        "columns": [
            {"name": "id", "titles": ["ID", "Nummer"], "required": True},
            {"name": "name", "titles": {"en": "Name", "da": "Navn"}},
            {"name": "members", "titles": "Members", "datatype": "integer"},
            {"name": "fields", "titles": "Fields", "separator": ";"},
        ],
        "primaryKey": "id",
    },
}
PROJECTS = {
    "url": "projects.csv",
    "tableSchema": {
        "columns": [
            {"name": "number", "titles": "Number", "required": True},
            {"name": "cluster", "titles": "Cluster"},
        ],
        "foreignKeys": [
            {"columnReference": "cluster", "reference": {"resource": "clusters.csv", "columnReference": "id"}}
        ],
    },
}
METADATA = {"@context": "http://www.w3.org/ns/csvw", "tables": [CLUSTERS, PROJECTS]}
CLUSTERS_QUERY = """CONSTRUCT {
  ?cluster a cg:Organisation ; skos:prefLabel ?label ; cg:spelling ?field .
  ?figure a cg:Figure ; cg:certainty certainty:stated ; cg:subject ?cluster ; cg:measure measure:members ;
    cg:value ?members ; cg:unit unit:count ; cg:bound bound:exactly .
} WHERE {
  BIND(IRI(CONCAT("id/organisation/north-", ?id)) AS ?cluster)
  BIND(STRLANG(COALESCE(?name, ?id), "und") AS ?label)
  BIND(?fields AS ?field)
  OPTIONAL { FILTER(BOUND(?members)) BIND(IRI(CONCAT("id/figure/north-", ?id, "-members")) AS ?figure) }
}
"""
PROJECTS_QUERY = """CONSTRUCT {
  ?project a cg:Project ; skos:prefLabel ?label .
  ?part a cg:Participation ; cg:certainty certainty:stated ; cg:participant ?body ; cg:activity ?project ;
    cg:role participation-role:participant .
} WHERE {
  BIND(IRI(CONCAT("id/project/north-", ?number)) AS ?project)
  BIND(STRLANG(CONCAT("Project ", ?number), "en") AS ?label)
  OPTIONAL {
    FILTER(BOUND(?cluster))
    BIND(IRI(CONCAT("id/organisation/north-", ?cluster)) AS ?body)
    BIND(IRI(CONCAT("id/participation/north-", ?number, "-", ?cluster)) AS ?part)
  }
}
"""
ROWS = [["ID", "Name", "Members", "Fields"], ["a", "Alpha", "12", "wood;steel"], ["b", "Beta", "", "wood"]]


def profile(folder: Path, metadata: Any = METADATA, **queries: str) -> Path:
    """Write a profile, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profile.toml").write_text(SETTINGS, "utf-8")
    (folder / "metadata.json").write_text(json.dumps(metadata, indent=2), "utf-8")
    for name, query in ({"clusters": CLUSTERS_QUERY, "projects": PROJECTS_QUERY} | queries).items():
        (folder / f"{name}.rq").write_text(query, "utf-8")
    return folder


def table(path: Path, rows: list[list[str]]) -> Path:
    """Write a table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def imported(folder: Path, *files: Path, **options: Any) -> Imported:
    """Import files with the profile in a folder of a name, into a folder beside it."""
    return run(Order(ImportProfile.read(folder / "north"), files, folder / "data" / "imports", **options))
