"""The manifest of a release: what it says of itself, in a file beside its store."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from pyoxigraph import QuerySolutions, Store

from clustergraph import __version__
from clustergraph.errors import ReleaseError
from clustergraph.export.files import flush

_FILE: Final = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What a release says of itself."""

    digest: str
    """The start of the SHA-256 of the sorted, canonical N-Quads of all named graphs."""
    created: str
    """When it was built, ISO 8601 in UTC."""
    version: str
    """The version of the project that built it."""
    fingerprint: str
    """The digest of the files it was built from."""
    quads: int
    """The statements in named graphs."""
    triples: int
    """The distinct triples in the merged default graph."""
    inferred: int
    """How many of these are inferred."""
    warnings: int
    """How many findings that do not block were reported."""
    graphs: list[str]
    classes: dict[str, int]
    parent: str = ""
    """The digest of the release that a write was made on; nothing for a release that is built from files."""
    base: str = ""
    """The digest of the built release that the first of the writes was made on; nothing for a built one."""
    writes: int = 0
    """How many writes were made since that release."""
    demands: str = ""
    """The digest of the shapes and checks that it satisfies; nothing if that is not known."""

    @classmethod
    def of(cls, store: Store, digest: str, fingerprint: str, inferred: int, warnings: int, quads: int) -> Self:
        """Return the manifest of a graph that is built now; see the fields."""
        return cls(
            digest=digest,
            created=datetime.now(UTC).isoformat(timespec="milliseconds"),
            version=__version__,
            fingerprint=fingerprint,
            quads=quads,
            triples=len(store) - quads,
            inferred=inferred,
            warnings=warnings,
            graphs=sorted(graph.value for graph in store.named_graphs()),
            classes=_classes(store),
        )

    @classmethod
    def read(cls, release: Path) -> Self:
        """Return the manifest of a release directory.

        Raises:
            ReleaseError: it is missing or damaged.
        """
        path = release / _FILE
        try:
            return cls(**json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ReleaseError(f"{path} cannot be read: {error}", advice="build again") from error

    def write(self, release: Path) -> None:
        """Write it into a release directory, whole and flushed or not at all."""
        draft = release / f".{_FILE}"
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")
        flush(draft)
        draft.replace(release / _FILE)
        flush(release)

    def noting(self, release: Path, **facts: str | int) -> Self:
        """Note what is known anew of the same content, and return the new manifest."""
        found = replace(self, **facts)  # type: ignore[arg-type]  # each is a field
        found.write(release)
        return found


def _classes(store: Store) -> dict[str, int]:
    result = store.query(
        "SELECT ?class (COUNT(DISTINCT ?x) AS ?n) { ?x a ?class FILTER isIRI(?class) } GROUP BY ?class ORDER BY ?class"
    )
    assert isinstance(result, QuerySolutions)
    return {row["class"].value: int(row["n"].value) for row in result}
