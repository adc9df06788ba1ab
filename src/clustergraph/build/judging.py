"""A process that validates what a stranger sends: one task from standard input, one reply to standard output.

It works in a folder of its own that holds the data and, perhaps, the shapes. While their queries run it can open no
file and no connection, and take only so much memory; whoever started it ends it at its deadline.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from pyoxigraph import RdfFormat, parse

from clustergraph.build.examination import Material
from clustergraph.build.sources import Project
from clustergraph.errors import ClustergraphError, SourceError
from clustergraph.shacl import reports
from clustergraph.shacl.validate import validate
from clustergraph.store.confinement import alarm, limit_memory, no_core, no_files

_TRIFLE = b"""
@prefix sh: <http://www.w3.org/ns/shacl#> .
<urn:a> a <urn:C> .
<urn:s> a sh:NodeShape ; sh:targetClass <urn:C> ; sh:property [ sh:path <urn:p> ; sh:minCount 1 ] .
"""


@dataclass(frozen=True)
class Task:
    """What to validate, and how to say what is found."""

    data: str
    """The name of the file of data in the folder."""
    shapes: str
    """The name of the file of shapes, or nothing."""
    project: str
    """The folder of the project whose shapes are used if the data has none in it, or nothing."""
    format: str
    """The name of one of the forms of a report."""
    seconds: float
    """After this long the process ends itself, should nobody else have ended it."""
    memory_bytes: int

    def line(self) -> bytes:
        """Return the task as it is sent."""
        return json.dumps(asdict(self)).encode() + b"\n"


def serve() -> None:
    """Do one task."""
    task = Task(**json.loads(sys.stdin.buffer.readline()))
    _prepare()
    alarm(task.seconds)
    no_core()
    limit_memory(task.memory_bytes)
    sys.stdout.write(json.dumps(_reply(task)))
    sys.stdout.flush()


def _reply(task: Task) -> dict[str, object]:
    project = Project(Path(task.project)) if task.project else None
    try:
        material = Material.read(
            [Path(task.data)],
            [Path(task.shapes)] if task.shapes else [],
            [project.shapes] if project else [],
            [project.ontology] if project else [],
        )
        quads = list(material.quads())
        with no_files():
            found = validate(quads, material.shapes, label=material.label)
        report = reports.write(material.placed(found), task.format, fix=material.words.fix)
    except SourceError as error:
        where = error.where
        place = {"file": where.path.name, "line": where.line, "column": where.column} if where else {}
        return {"outcome": "source", "message": error.message, "advice": error.advice, **place}
    except ClustergraphError as error:
        return {"outcome": "shapes", "message": error.message, "advice": error.advice}
    except MemoryError:
        return {"outcome": "memory"}
    return {"outcome": "report", "report": report}


def _prepare() -> None:
    """Load whatever validation needs, as long as files can be opened."""
    quads = list(parse(_TRIFLE, format=RdfFormat.TURTLE))
    validate(quads, quads)
