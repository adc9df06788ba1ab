"""The source files of a graph: which there are, and the quads in them."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, parse

from clustergraph import __version__
from clustergraph.build.blanks import Blanks
from clustergraph.errors import SourceError, Where
from clustergraph.formats import of_file
from clustergraph.store.syntax import QuerySyntaxError, explain
from clustergraph.terms import BASE, GRAPH


@dataclass(frozen=True)
class Project:
    """The folders of a project that a graph is built from."""

    root: Path

    @property
    def ontology(self) -> Path:
        """The folder of the ontology and its code lists."""
        return self.root / "ontology"

    @property
    def shapes(self) -> Path:
        """The folder of the SHACL shapes."""
        return self.root / "shapes"

    @property
    def data(self) -> Path:
        """The folder of the data files."""
        return self.root / "data"

    @property
    def queries(self) -> Path:
        """The folder of the named questions."""
        return self.root / "queries"

    @property
    def rules(self) -> Path:
        """The folder of the inference rules."""
        return self.queries / "rules"

    @property
    def checks(self) -> Path:
        """The folder of the check queries, whose rows are failures."""
        return self.queries / "checks"

    def check(self) -> None:
        """Raise `SourceError` if the folders that a build needs are not there."""
        missing = [folder.name for folder in (self.ontology, self.shapes, self.data) if not folder.is_dir()]
        if missing:
            raise SourceError(
                f"{self.root} is not a clustergraph project: it has no folder {', '.join(missing)}",
                advice="run the command in the project's folder, or name it with --project",
            )

    def graph_files(self) -> list[Path]:
        """Return the RDF files that become the graph, in a stable order."""
        return rdf_files(self.ontology) + rdf_files(self.data)

    def shape_files(self) -> list[Path]:
        """Return the files of shapes that the graph must satisfy; those of exports are not among them."""
        return [path for path in rdf_files(self.shapes) if self.shapes / "profiles" not in path.parents]

    def fingerprint(self) -> str:
        """Return a digest of every file that the build depends on, and of the program itself."""
        files = [*self.graph_files(), *rdf_files(self.shapes), *sorted(self.queries.rglob("*.rq"))]
        exports = (self.queries / "exports").rglob("*")
        files += sorted(path for path in exports if path.is_file() and path.suffix != ".rq")
        return _digest([*files, *sorted(Path(__file__).parent.parent.rglob("*.py"))])

    def demands(self) -> str:
        """Return a digest of the shapes and checks that the graph must satisfy, and of the version of the program."""
        return _digest([*self.shape_files(), *sorted(self.checks.glob("*.rq"))])


def _digest(files: list[Path]) -> str:
    """Return a digest of files and of the version of the program."""
    digest = hashlib.sha256(__version__.encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def rdf_files(*paths: Path) -> list[Path]:
    """Return the RDF files below folders, and files named directly, sorted.

    Raises:
        SourceError: a path does not exist, or names a file that is not RDF.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += [file for file in path.rglob("*") if file.is_file() and of_file(file)]
        elif not path.exists():
            raise SourceError(f"no such file or folder: {path}")
        elif of_file(path):
            found.append(path)
        else:
            raise SourceError(f"{path} is not RDF", advice="use .ttl, .trig, .nt, .nq, .rdf or .jsonld")
    return sorted(set(found))


def read(path: Path) -> Iterator[Quad]:
    """Yield the quads of a file; blank nodes have names that no other file has, and the same ones each time.

    A file without named graphs goes to the graph named after its folder and stem.

    Raises:
        SourceError: the file is not well formed; it says at which line and column.
    """
    format_ = of_file(path)
    if format_ is None:
        raise SourceError(f"{path} is not RDF", advice="use .ttl, .trig, .nt, .nq, .rdf or .jsonld")
    home = NamedNode(f"{GRAPH}{path.parent.name}/{path.stem}")
    if format_.engine == RdfFormat.RDF_XML:
        _check_xml(path)
    blanks = Blanks(path)
    try:
        for parsed in parse(content(path), format=format_.engine, base_iri=BASE):
            quad = blanks.quad(parsed)
            graph = home if isinstance(quad.graph_name, DefaultGraph) else quad.graph_name
            if isinstance(graph, BlankNode):
                raise SourceError("a graph has a blank node for a name", where=Where(path), advice="give it an IRI")
            yield Quad(quad.subject, quad.predicate, quad.object, graph)
    except SyntaxError as error:
        raise syntax_error(path, error) from error
    except UnicodeDecodeError as error:
        raise SourceError("not valid UTF-8", where=Where(path), advice="save it as UTF-8") from error
    except MemoryError as error:
        if "buffer" not in str(error):
            raise
        raise SourceError(
            "a text in it is too long to be read", where=Where(path), advice="keep it below 16 MB"
        ) from error


def content(path: Path) -> bytes:
    """Return what is in a file, without the mark that some editors put in front of UTF-8."""
    return path.read_bytes().removeprefix(BOM_UTF8)


def syntax_error(path: Path, error: SyntaxError) -> SourceError:
    """Return an error of the engine's RDF parser as one that names file, line and column."""
    message = re.sub(r"^Parser error (at|between) line .*?: ", "", error.msg)
    format_ = of_file(path)
    line = _line_of_xml(path, error) if format_ and format_.engine == RdfFormat.RDF_XML else error.lineno
    if "LoadDocumentCallback" in message:
        return SourceError(
            "it has a context that is somewhere else, and nothing is fetched",
            where=Where(path, error.lineno, error.offset),
            advice="write the context into the file",
        )
    return SourceError(message, where=Where(path, line, error.offset), advice="mend the syntax there")


def _line_of_xml(path: Path, error: SyntaxError) -> int | None:
    """Return the line of an error in RDF/XML, which the engine does not tell: the first up to which it is made."""
    if not path.exists():
        return None
    lines = content(path).splitlines(keepends=True)

    def fails(count: int) -> bool:
        try:
            deque(parse(b"".join(lines[:count]), format=RdfFormat.RDF_XML, base_iri=BASE), maxlen=0)
        except SyntaxError as found:
            return found.msg == error.msg
        return False

    return 1 + bisect_left(range(1, len(lines)), True, key=fails)


def _check_xml(path: Path) -> None:
    """Raise `SourceError` if a text is no XML; to the engine what is cut off is whole."""
    parser = expat.ParserCreate()
    try:
        parser.Parse(content(path), True)
    except expat.ExpatError as error:
        where = Where(path, error.lineno, error.offset + 1)
        raise SourceError(expat.ErrorString(error.code), where=where, advice="mend the syntax there") from error


def query_error(path: Path, query: str, error: SyntaxError) -> SourceError:
    """Return an error of the engine's query parser as one that names file, line and column."""
    found = explain(query, str(error))
    if not isinstance(found, QuerySyntaxError):
        return SourceError(found.message, where=Where(path), advice=found.advice)
    message = f"{found.reason}\n{found.excerpt}\n"
    return SourceError(message, where=Where(path, found.line, found.column), advice=found.advice)


def read_all(paths: list[Path]) -> list[Quad]:
    """Return the quads of all files; see `read`."""
    return [quad for path in paths for quad in read(path)]
