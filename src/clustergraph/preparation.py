"""What a worker opens and reads before its first job: it can open no file later."""

from pathlib import Path

from clustergraph.charts import land
from clustergraph.columns import file
from clustergraph.engine.store import Embedded
from clustergraph.graph import Graph
from clustergraph.languages import messages
from clustergraph.release.artefacts import COLUMNS, dump_of, folder_of
from clustergraph.release.manifest import Release


def opened(release: Path, in_memory: bool, *, memory_quads: int, columns: int = 1) -> Graph | None:
    """Return the graph of a release for a worker; None where it is to be held in memory and is too large for that.

    Raises:
        ReleaseError: it cannot be opened.
    """
    if in_memory and Release.read(release).quads > memory_quads:
        return None
    found = file.open_(folder_of(release, COLUMNS)) if columns else None
    engine = Embedded.in_memory(release, dump_of(release), found) if in_memory else Embedded(release, None, found)
    graph = Graph(engine, digest=Release.read(release).digest)
    _ = graph.origins, graph.name_index, graph._conflicts
    return graph


def prepare() -> None:
    """Import and read whatever a job on a graph needs: a worker can open no file later."""
    import xlsxwriter.workbook  # noqa: F401

    from clustergraph.charts import views  # noqa: F401
    from clustergraph.questions import assistance, evidence, explanation, lineage, search, suggestions, usage, values  # noqa: F401

    messages.load()
    for name in land.LAYERS:
        land.layer(name)
