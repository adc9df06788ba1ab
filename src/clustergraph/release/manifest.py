"""What a release says of itself, in the manifest beside its store; and how it was last made, in a record elsewhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from pyoxigraph import Store

from clustergraph import __version__
from clustergraph.errors import ReleaseError
from clustergraph.rdf.files import whole
from clustergraph.release.imprint import Imprint
from clustergraph.release.licences import LicensedSource, licensed
from clustergraph.terms import INFERRED, VOCABULARIES

FORMAT: Final = 3
"""The version of the form that a release has on disk; any other is refused."""
STORE: Final = "store"
_FILE: Final = "manifest.json"
_BUILD: Final = "run: clustergraph build"
_TYPE: Final = f" <{VOCABULARIES['rdf']}type> ".encode()
_INFERRED: Final = str(INFERRED).encode()


@dataclass
class Counts:
    """What is counted of statements while they pass as canonical lines."""

    quads: int = 0
    triples: int = 0
    inferred: int = 0
    graphs: set[bytes] = field(default_factory=set)
    classes: Counter[bytes] = field(default_factory=Counter)

    def counted(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yield ordered lines, and count them."""
        before, inferred = b"", 0
        for number, line in enumerate(lines, 1):
            triple, graph, _ = line.rsplit(b" ", 2)
            if triple != before:
                self.triples += 1
                before = triple
                if _TYPE in triple:
                    self._type(triple)
            inferred += graph == _INFERRED
            self.graphs.add(graph)
            self.quads = number
            yield line
        self.inferred = inferred

    def _type(self, triple: bytes) -> None:
        _, predicate, class_ = triple.split(b" ", 2)
        if predicate == _TYPE.strip() and class_[:1] == b"<":
            self.classes[class_] += 1


class ForeignReleaseError(ReleaseError):
    """A release has a form that this version does not read."""

    def __init__(self, path: Path, writes: int) -> None:
        super().__init__(f"{path} was made by another version of clustergraph", advice=_BUILD)
        self.writes = writes


@dataclass(frozen=True)
class Release:
    """A release: where it is, and what its manifest says. All of that follows from its content, but for the time."""

    path: Path
    """Its directory."""
    digest: str
    """The start of the SHA-256 of the sorted, canonical N-Quads of all named graphs."""
    created: str
    """When it was written first, ISO 8601 in UTC."""
    version: str
    """The version of the program that wrote it."""
    quads: int
    """The statements in named graphs."""
    triples: int
    """The distinct triples in the merged default graph."""
    inferred: int
    """How many of the statements are inferred."""
    graphs: tuple[str, ...]
    """The IRIs of the named graphs, sorted."""
    classes: Mapping[str, int] = field(hash=False)
    """How many things each class has, by IRI."""
    imprint: Imprint = field(hash=False)
    """What it says of itself."""
    sources: tuple[LicensedSource, ...] = ()
    """The sources that have a licence of their own."""

    @classmethod
    def of(cls, path: Path, store: Store, digest: str, counts: Counts) -> Self:
        """Return the release of counted statements, which are in a store, as it is written now."""
        return cls(
            path=path,
            digest=digest,
            created=datetime.now(UTC).isoformat(timespec="milliseconds"),
            version=__version__,
            quads=counts.quads,
            triples=counts.triples,
            inferred=counts.inferred,
            graphs=tuple(sorted(graph[1:-1].decode() for graph in counts.graphs)),
            classes={class_[1:-1].decode(): number for class_, number in sorted(counts.classes.items())},
            imprint=Imprint.of(store),
            sources=licensed(store),
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the release in a directory, whose prefixes are known from then on.

        Raises:
            ForeignReleaseError: it has the form of another version.
            ReleaseError: there is none, or its manifest is damaged.
        """
        file = path / _FILE
        try:
            told = json.loads(file.read_text("utf-8"))
            if told.pop("format", None) != FORMAT:
                raise ForeignReleaseError(path, int(told.get("writes", 0)))
            imprint = Imprint.told(told["imprint"])
            imprint.declare()
            sources = tuple(map(LicensedSource.of, told.pop("sources", ())))
            return cls(path=path, **{**told, "graphs": tuple(told["graphs"]), "imprint": imprint, "sources": sources})
        except FileNotFoundError as error:
            raise ReleaseError(f"there is no release in {path}", advice=_BUILD) from error
        except OSError as error:
            raise ReleaseError(f"{file} cannot be read ({error.strerror})", advice=_BUILD) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ReleaseError(f"{file} cannot be read: it is damaged", advice=_BUILD) from error

    @property
    def short(self) -> str:
        """The start of its digest, which tells people it from others."""
        return self.digest[:16]

    @property
    def title(self) -> str:
        """What it is called."""
        return self.imprint.title or "clustergraph"

    @property
    def site(self) -> str:
        """What pages and feeds of it are called: its title up to a colon."""
        return self.title.partition(":")[0]

    @property
    def has_store(self) -> bool:
        """Whether its store is there."""
        return (self.path / STORE).is_dir()

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says, by name."""
        return {name: value for name, value in asdict(self).items() if name != "path"}

    def write(self, folder: Path) -> None:
        """Write the manifest into a directory."""
        (folder / _FILE).write_text(json.dumps({"format": FORMAT, **self.facts}, indent=1) + "\n", "utf-8")


@dataclass(frozen=True)
class Record:
    """How a release was last made. That is no part of it: other files can give the same content."""

    fingerprint: str = ""
    """The digest of the files it was built from."""
    warnings: int = 0
    """How many findings that do not block were reported."""
    checks: str = ""
    """The digest of the shapes and checks that it satisfies; nothing if that is not known."""
    parent: str = ""
    """The digest of the release that a write was made on; nothing for a release that is built from files."""
    base: str = ""
    """The digest of the built release that the first of the writes was made on; nothing for a built one."""
    writes: int = 0
    """How many writes were made since that release."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the record in a file; where there is none, nothing is known. `ReleaseError` if it is damaged."""
        try:
            told = json.loads(path.read_text("utf-8"))
            return cls(**{each.name: told[each.name] for each in fields(cls) if each.name in told})
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, TypeError) as error:
            raise ReleaseError(f"{path} cannot be read ({error!r})", advice="remove it, and build again") from error

    def write(self, path: Path) -> None:
        """Write it to a file: whole, or not at all."""
        with whole(path) as file:
            file.write(json.dumps(asdict(self), indent=1).encode() + b"\n")
