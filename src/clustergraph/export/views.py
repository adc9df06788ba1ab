"""Views: what a profile makes of a graph, kept on disk and judged there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Final

from pyoxigraph import Quad, RdfFormat, Store, parse

from clustergraph.errors import SourceError, Where
from clustergraph.export.lines import Line, canonical
from clustergraph.export.profiles import RUN_BYTES, Profile
from clustergraph.shacl.findings import Finding, Severity
from clustergraph.shacl.validate import validate

_PIECE: Final = 20_000
"""How many statements are loaded at a time, since the engine takes a kilobyte of memory for each of them."""


@dataclass(frozen=True)
class View:
    """What a profile makes of a graph."""

    profile: Profile
    statements: int
    _file: IO[bytes]

    @classmethod
    def of(cls, profile: Profile, store: Store) -> View:
        """Return what a profile makes of the graph in a store.

        Raises:
            SourceError: a query is malformed, or is not a CONSTRUCT query.
        """
        file, count = tempfile.TemporaryFile(), 0  # noqa: SIM115 - it lives as long as the view
        for line in canonical(profile.quads(store), RUN_BYTES):
            file.write(line)
            count += 1
        return cls(profile, count, file)

    @property
    def lines(self) -> Iterator[Line]:
        """The statements in order."""
        self._file.seek(0)
        yield from self._file

    def violations(self) -> list[Finding]:
        """Return what breaks the shapes of the profile.

        Raises:
            SourceError: the shapes cannot be read.
        """
        path = self.profile.shapes
        if path is None:
            return []
        with tempfile.TemporaryDirectory(prefix="clustergraph-") as scratch:
            store = Store(scratch)
            lines = self.lines
            while piece := b"".join(islice(lines, _PIECE)):
                store.bulk_load(piece, RdfFormat.N_QUADS)
            found = validate(store, _read(path))
            del store
        return [finding for finding in found if finding.severity is Severity.VIOLATION]


def _read(path: Path) -> list[Quad]:
    try:
        return list(parse(path.read_bytes(), format=RdfFormat.TURTLE))
    except SyntaxError as error:
        raise SourceError(error.msg, where=Where(path, error.lineno)) from error
