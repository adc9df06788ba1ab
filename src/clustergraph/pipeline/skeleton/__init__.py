"""What a new project, and a new document in one, begin with: files whose text is filled in."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import jinja2
from pyoxigraph import Literal, NamedNode, Quad

from clustergraph import __version__
from clustergraph.errors import SourceError
from clustergraph.formats import of_file
from clustergraph.pipeline.project import ontology_version
from clustergraph.rdf import turtle
from clustergraph.rdf.files import write_pieces
from clustergraph.terms import ID_KINDS, PREFIXES, expand, slug

_FILES: Final = {
    "clustergraph.toml": "clustergraph.toml",
    "README.md": "README.md",
    ".gitignore": "gitignore",
    ".gitlab-ci.yml": "gitlab-ci.yml",
    ".github/workflows/graph.yml": "github.yml",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    "data/example.trig": "example.trig",
    "shapes/own.ttl": "shapes.ttl",
    "queries/own-clusters.rq": "question.rq",
}
"""For each file of a new project the one here that its text is made of."""
_SHARED: Final = ("funding",)
"""The kinds of thing whose packaged ones are used under their prefix."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_SECTION: Final = re.compile(r"(?P<number>[A-Z0-9][\w.-]*)\s+(?P<heading>\S.*)")


@dataclass(frozen=True)
class Beginning:
    """What a new project says of itself."""

    title: str
    base: str
    publisher: str = ""
    homepage: str = ""
    licence: str = "CC_BY_4_0"
    contact: str = ""
    languages: Sequence[str] = ("en",)
    scope: Sequence[str] = ()

    def texts(self) -> dict[str, str]:
        """Return the files of the project, by name."""
        kinds = [kind for kind in ID_KINDS if kind not in _SHARED]
        prefixes = PREFIXES | {kind: f"{self.base}id/{kind}/" for kind in kinds}
        known = {
            **vars(self),
            "publisher": self.publisher or self.title,
            "homepage": self.homepage or self.base,
            "description": f"{self.title}: clusters and what they do, as linked data.",
            "kinds": kinds,
            "version": ontology_version(),
            "program": __version__,
            "today": datetime.now(UTC).date().isoformat(),
        }
        return {name: _canonical(name, _filled(template, known), prefixes) for name, template in _FILES.items()}

    def write(self, folder: Path) -> None:
        """Write the project into a folder that is new, or empty but for its history.

        Raises:
            SourceError: there is something in the folder, or it is a file.
        """
        if folder.exists() and (not folder.is_dir() or {path.name for path in folder.iterdir()} - {".git"}):
            what = "holds something already" if folder.is_dir() else "is a file"
            raise SourceError(f"{folder} {what}", advice="name a folder that is new or empty; nothing was written")
        for name, text in self.texts().items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_pieces(folder / name, [text.encode()])
        for name in ("ontology", "imports", "reference"):
            (folder / name).mkdir()
            (folder / name / ".gitkeep").touch()


def _canonical(name: str, text: str, prefixes: Mapping[str, str]) -> str:
    format_ = of_file(Path(name))
    return turtle.canonical(text, format_, prefixes) if format_ else text


def _filled(template: str, known: Mapping[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("clustergraph.pipeline", "skeleton"),
        undefined=jinja2.StrictUndefined,
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it is no HTML
    )
    environment.filters["toml"] = lambda value: json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return environment.get_template(template).render(known)


@dataclass(frozen=True)
class DocumentSkeleton:
    """The skeleton of a document: what it is, its sections, and a place for notes."""

    name: str
    """What its folder, its IRI and the IRIs of its sections are called after."""
    title: str
    base: str
    issued: str = ""
    language: str = "en"
    sections: Sequence[str] = field(default_factory=tuple)
    """Each with its number, a space and its heading."""

    def texts(self) -> dict[str, str]:
        """Return the files, by name.

        Raises:
            SourceError: the name, the date or a section is not as it should be.
        """
        if not _NAME.fullmatch(self.name):
            advice = f"such as {slug(self.name) or 'annual-report'}"
            raise SourceError(f"{self.name!r} is no name of small letters, digits and hyphens", advice=advice)
        return {
            "document.trig": turtle.write([*self._document()]),
            "sections.trig": turtle.write([*self._sections()]),
            "notes.trig": turtle.write([*self._notes()]),
        }

    def write(self, data: Path) -> list[Path]:
        """Write the files into a folder of their own below the data, and return them; `SourceError` if it is there."""
        folder, texts = data / self.name, self.texts()
        if folder.exists():
            raise SourceError(f"{folder} is there already", advice="take another name, or change the files in it")
        folder.mkdir(parents=True)
        for name, text in texts.items():
            write_pieces(folder / name, [text.encode()])
        return [folder / name for name in texts]

    def _graph(self, name: str) -> NamedNode:
        return NamedNode(f"{self.base}graph/{self.name}/{name}")

    @property
    def _iri(self) -> NamedNode:
        return NamedNode(f"{self.base}id/document/{self.name}")

    def _document(self) -> list[Quad]:
        graph = self._graph("document")
        found = [
            *_reference(graph, f"Document: {self.title}", "What the document is."),
            _said(self._iri, "rdf:type", expand("cg:Document"), graph),
            _said(self._iri, "skos:prefLabel", Literal(self.title, language=self.language), graph),
            _said(self._iri, "cg:language", Literal(self.language, datatype=expand("xsd:language")), graph),
        ]
        if self.issued:
            found.append(_said(self._iri, "cg:issued", _dated(self.issued), graph))
        return found

    def _sections(self) -> list[Quad]:
        graph = self._graph("sections")
        found = _reference(graph, f"Sections of {self.title}", "The sections of the document.")
        numbers = [_numbered(each) for each in self.sections]
        for number, heading in numbers:
            section = self._graph(slug(number))
            above = max((other for other, _ in numbers if number.startswith(f"{other}.")), key=len, default="")
            found += [
                _said(section, "rdf:type", expand("cg:Section"), graph),
                _said(section, "skos:prefLabel", Literal(f"{number} {heading}", language=self.language), graph),
                _said(section, "cg:heading", Literal(heading), graph),
                _said(section, "cg:inDocument", self._iri, graph),
                _said(section, "cg:sectionNumber", Literal(number), graph),
            ]
            if above:
                found.append(_said(section, "cg:withinSection", self._graph(slug(above)), graph))
        return found

    def _notes(self) -> list[Quad]:
        words = "What is odd in the text, and what was decided."
        return _reference(self._graph("notes"), f"Notes on {self.title}", words)


def _numbered(text: str) -> tuple[str, str]:
    if not (found := _SECTION.fullmatch(text.strip())):
        raise SourceError(f"{text!r} is no section", advice='give its number and its heading, such as "2.1 Partners"')
    return found["number"].rstrip("."), found["heading"]


def _dated(text: str) -> Literal:
    """Return a day, a month or a year.

    Raises:
        SourceError: it is none of them.
    """
    form = {4: "%Y", 7: "%Y-%m", 10: "%Y-%m-%d"}.get(len(text), "")
    try:
        datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError as error:
        raise SourceError(f"{text!r} is no date", advice="give a day, a month or a year: 2026-11-30") from error
    kind = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(text)]
    return Literal(text, datatype=expand(f"xsd:{kind}"))


def _reference(graph: NamedNode, name: str, description: str) -> list[Quad]:
    return [
        _said(graph, "rdf:type", expand("cg:ReferenceGraph"), graph),
        _said(graph, "skos:prefLabel", Literal(name, language="en"), graph),
        _said(graph, "dcterms:description", Literal(description, language="en"), graph),
    ]


def _said(subject: NamedNode, predicate: str, value: NamedNode | Literal, graph: NamedNode) -> Quad:
    return Quad(subject, expand(predicate), value, graph)
