"""Reading: the RDF files below a folder, the quads in them, and what a query of ours finds in a store."""

import gzip
import io
import re
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import IO, TypeVar

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, QuerySolutions, RdfFormat, Store, parse

from clustergraph.errors import SourceError, Where
from clustergraph.formats import RDF_FORMATS, Format, of_file
from clustergraph.layers import PACKAGED
from clustergraph.rdf import scan
from clustergraph.terms import BASE, HOME, PREFIXES, named_after

T = TypeVar("T")


def rdf_format(path: Path) -> Format[RdfFormat]:
    """Return the format of a file of RDF; raises `SourceError` if its name says that it is none."""
    if format_ := of_file(path):
        return format_
    raise SourceError(f"{path} is not RDF", advice="use .ttl, .trig, .nt, .nq, .rdf or .jsonld")


def rdf_files(*paths: Path) -> list[Path]:
    """Return the RDF files below folders, but for hidden ones, and those named; raises `SourceError` for others."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(file for file in path.rglob("*") if file.is_file() and of_file(file) and _is_shown(file, path))
        elif not path.exists():
            raise SourceError(f"no such file or folder: {path}")
        else:
            rdf_format(path)
            found.add(path)
    return sorted(found)


def _is_shown(file: Path, folder: Path) -> bool:
    """Whether a file is hidden below a folder neither by its name nor in another one, as drafts are."""
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)


def read(path: Path) -> Iterator[Quad]:
    """Yield the quads of a file; blank nodes have names that no other file has, and the same ones each time.

    A file without named graphs goes to the graph named after its folder and stem. One that is
    not well formed or nested too deeply raises `SourceError`, with line and column.
    """
    home = home_of(path)
    for quad in _streamed(path) if is_packed(path) else parsed(path, content(path), rdf_format(path).engine):
        graph = home if isinstance(quad.graph_name, DefaultGraph) else quad.graph_name
        if isinstance(graph, BlankNode):
            raise SourceError("a graph has a blank node for a name", where=Where(path), advice="give it an IRI")
        yield Quad(quad.subject, quad.predicate, quad.object, graph)


def parsed(path: Path, text: bytes, format_: RdfFormat) -> Iterator[Quad]:
    """Yield the quads of a text that is in a file, or was in it once, as `read` does."""
    scan.check(text, format_, path)
    return map(Blanks(path).quad, quads(path, text, format_, base_of(path)))


def base_of(path: Path) -> str:
    """Return what relative IRIs of a file are relative to: the base of the project, unless the file is packaged."""
    return BASE if path.resolve().is_relative_to(PACKAGED) else HOME.base


def home_of(path: Path) -> NamedNode:
    """Return the graph of the statements of a file that are in no named graph."""
    return named_after(f"{base_of(path)}graph/", f"{path.absolute().parent.name}/{path.stem}")


def is_packed(path: Path) -> bool:
    """Whether a file is compressed with gzip, by its name."""
    return path.suffix == ".gz"


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of RDF, also a packed one, to be read piece by piece; it is looked at as `parsed` does."""
    packed = is_packed(path)
    format_ = rdf_format(path.with_suffix("") if packed else path).engine
    with gzip.open(path) if packed else path.open("rb") as file:
        yield scan.checked(file, format_, path)


def _streamed(path: Path) -> Iterator[Quad]:
    with opened(path) as file:
        yield from map(Blanks(path).quad, quads(path, file, RdfFormat.N_QUADS))


def quads(path: Path, source: bytes | IO[bytes], format_: RdfFormat, base: str | None = None) -> Iterator[Quad]:
    """Yield the quads that the engine reads in a file; raises `SourceError`, with line and column, where it cannot."""
    try:
        yield from parse(source, format=format_, base_iri=base)
    except SyntaxError as error:
        raise syntax_error(path, error) from error
    except UnicodeDecodeError as error:
        raise SourceError("not valid UTF-8", where=Where(path), advice="save it as UTF-8") from error
    except (EOFError, OSError) as error:
        raise SourceError(f"cannot be read to its end: {error}", where=Where(path)) from error
    except MemoryError as error:
        if "buffer" not in str(error):
            raise
        advice = "keep it below 16 MB"
        raise SourceError("a text in it is too long to be read", where=Where(path), advice=advice) from error


def content(path: Path) -> bytes:
    """Return what is in a file, unpacked, and without the mark that some editors put in front of UTF-8."""
    return unpacked(path, path.read_bytes()).removeprefix(BOM_UTF8)


def unpacked(path: Path, held: bytes) -> bytes:
    """Return the bytes that a file holds, or held once, unpacked if it is a packed one."""
    try:
        return gzip.decompress(held) if is_packed(path) else held
    except (EOFError, OSError) as error:
        raise SourceError(f"cannot be unpacked: {error}", where=Where(path)) from error


def syntax_error(path: Path, error: SyntaxError) -> SourceError:
    """Return an error of the engine's RDF parser as one that names file, line and column."""
    message, advice = re.sub(r"^Parser error (at|between) line .*?: ", "", error.msg), "mend the syntax there"
    if "LoadDocumentCallback" in message:
        message, advice = "it has a context that is somewhere else, and nothing is fetched", "write it into the file"
    line = error.lineno if of_file(path) != RDF_FORMATS["rdfxml"] else _line_of_xml(path)
    return SourceError(message, where=Where(path, line, error.offset), advice=advice)


class _ByLine(io.BytesIO):
    """Gives what is in it line by line."""

    def read(self, _size: int | None = -1, /) -> bytes:
        return self.readline()


def _line_of_xml(path: Path) -> int | None:
    """Return the line of the error in a file of RDF/XML, which the engine does not tell: the last one it has read."""
    if not path.exists():
        return None
    lines = _ByLine(content(path))
    with suppress(SyntaxError):
        deque(parse(lines, format=RdfFormat.RDF_XML, base_iri=BASE), maxlen=0)
    return lines.getvalue().count(b"\n", 0, max(lines.tell() - 1, 0)) + 1


def read_all(paths: list[Path]) -> list[Quad]:
    """Return the quads of all files; see `read`."""
    return [quad for path in paths for quad in read(path)]


def solutions(store: Store, query: str) -> QuerySolutions:
    """Return what a SELECT query finds, which may use the `PREFIXES` of the project."""
    found = store.query(query, prefixes=PREFIXES)
    assert isinstance(found, QuerySolutions)
    return found


class Blanks:
    """Names the blank nodes of one file in the order in which they are met, so that they can be found in it again.

    >>> blanks = Blanks(Path("a.ttl"))
    >>> first, second = blanks.name(BlankNode("x")), blanks.name(BlankNode("y"))
    >>> first == Blanks(Path("a.ttl")).name(BlankNode("z")), first == second
    (True, False)
    """

    def __init__(self, path: Path) -> None:
        self._prefix = "f" + blake2b(str(path).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest() + "n"
        self._names: dict[BlankNode, BlankNode] = {}

    def name(self, term: T) -> T | BlankNode:
        """Return a term, or the name of a blank node."""
        if not isinstance(term, BlankNode):
            return term
        if term not in self._names:
            self._names[term] = BlankNode(f"{self._prefix}{len(self._names)}")
        return self._names[term]

    def quad(self, quad: Quad) -> Quad:
        """Return a quad with the names of its blank nodes, which are met in the order subject, object, graph."""
        if BlankNode not in (type(quad.subject), type(quad.object), type(quad.graph_name)):
            return quad
        terms = self.name(quad.subject), quad.predicate, self.name(quad.object), self.name(quad.graph_name)
        return Quad(*terms)
