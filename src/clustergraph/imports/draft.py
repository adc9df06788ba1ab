"""The query, the shapes and the texts of a sketched profile: short, with only what the columns at hand can say."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.imports.query_parts import QueryPart, query_parts
from clustergraph.imports.sketch import NAMES, SketchedColumn, SketchedTable, metadata
from clustergraph.terms import BASE, PREFIXES, SCHEME, SHAPE

_NOT_SAID: Final = ("contact", "email", "telephone", "beneficiary_kind")
"""Columns that may tell of natural persons: they are read and nothing is made of them."""


_KEY: Final = ("beneficiary", "start", "end", "expenditure", "total_cost", "postcode")
"""What tells operations of one name apart."""
_MONEY: Final = "BIND (IRI(CONCAT(STR(unit:), LCASE(?currency))) AS ?money)"


def is_of_projects(table: SketchedTable) -> bool:
    """Whether the rows of a table are projects, as far as its headings tell."""
    told = {"beneficiary", "expenditure", "total_cost", "eu_amount", "start", "end"} & set(table.means)
    return "operation" in table.means and (bool(told) or "name" not in table.means)


def query(table: SketchedTable) -> str:
    """Return the query of a table: what each known column says, and each other one as a note."""
    chosen = list(_parts(table))
    used = {name for part in chosen for name in part.needs}
    others = [each for each in table.columns if each.means not in used and each.means not in (*_NOT_SAID, "currency")]
    template = [part.template for part in chosen]
    parts = "".join(f', "|", COALESCE(STR(?{name}), "")' for name in _KEY if name in table.means)
    where = [part.where.replace("{others}", parts) for part in chosen if part.where]
    where.insert(0, 'BIND (REPLACE(STR(?_graph), "^.*/", "") AS ?import)')
    if is_cluster(table):
        template.insert(1, "?thing cg:kind organisation-kind:cluster .")
    if any("?money" in part.template for part in chosen):
        where.append(_MONEY)
    notes = [_remark(column) for column in others]
    kept = [(table.means[name], variable) for part in chosen for name, variable in part.kept.items()]
    notes += [_kept(column, variable) for column, variable in kept]
    for number, remark in enumerate([*notes, 'STRLANG(?_rest, "und")'], 1):
        template.append(
            _note_template(number, "unread-cell" if len(others) < number <= len(notes) else "further-column")
        )
        where.append(_note(remark, number))
    body = "\n".join(["CONSTRUCT {", *_indented(template), "}", "WHERE {", *_indented(where), "}"])
    head = f"# What a row of {table.table.name} says: a first draft. What fits nothing is a note on the thing."
    return "\n".join([head, *_prefixes(body), body]) + "\n"


def is_cluster(table: SketchedTable) -> bool:
    """Whether the rows are clusters: a heading, the name of the table or its columns say so."""
    words = ("cluster", "clúster", "pôle", "klynge", "klaster", "grappe", "distretto", "netzwerk")
    said = " ".join([table.table.name, table.means["name"].heading if "name" in table.means else ""]).lower()
    return not is_of_projects(table) and (any(map(said.__contains__, words)) or {"members", "smes"} <= set(table.means))


def _parts(table: SketchedTable) -> Iterator[QueryPart]:
    taken: set[str] = set()
    for part in query_parts("project" if is_of_projects(table) else "organisation"):
        columns = [table.means.get(name) for name in part.needs]
        fits = all(
            column and (not kinds or column.found.base in kinds.split())
            for column, kinds in zip(columns, part.needs.values(), strict=True)
        )
        if fits and (not part.gives or part.gives not in taken):
            taken.add(part.gives)
            yield part


def _note_template(number: int, kind: str) -> str:
    return (
        f"?note{number} a cg:Note ; cg:about ?thing ; cg:noteKind note-kind:{kind} ; "
        f"dcterms:description ?remark{number} ."
    )


def _heading(column: SketchedColumn) -> str:
    return '"' + column.heading.replace("\\", "\\\\").replace('"', '\\"') + ': "'


def _remark(column: SketchedColumn) -> str:
    """Return what gives the text of a note: heading and value, unless that reads like a person."""
    value = f"STR(?{column.name})"
    left_out = '"left out, since it reads like the name of a person"'
    return f'STRLANG(CONCAT({_heading(column)}, IF(COALESCE(f:person({value}), "") = "", {value}, {left_out})), "und")'


def _kept(column: SketchedColumn, variable: str) -> str:
    """Return what gives the text of a note where nothing else comes of a cell."""
    return f'IF(BOUND(?{variable}), ?nothing, STRLANG(CONCAT({_heading(column)}, STR(?{column.name})), "und"))'


def _note(remark: str, number: int) -> str:
    iri = f'IRI(CONCAT("id/note/", ?import, "-", STR(?_row), "-", SUBSTR(MD5(STR(?remark{number})), 1, 6)))'
    return f"BIND ({remark} AS ?remark{number})\nBIND (IF(BOUND(?thing), {iri}, ?nothing) AS ?note{number})"


def _indented(parts: Sequence[str]) -> Iterator[str]:
    for part in parts:
        yield textwrap.indent(part, "  ")


def _prefixes(body: str) -> list[str]:
    known = {**PREFIXES, "f": f"{BASE}function/", "scheme": SCHEME}
    used = [prefix for prefix in sorted(known) if re.search(rf"[ (]{prefix}:[\w)]", body)]
    return [f"PREFIX {prefix}: <{known[prefix]}>" for prefix in used]


def shapes(name: str, tables: Sequence[SketchedTable]) -> str:
    """Return the shapes of what comes out: each thing has one label, and what else the table always says."""
    kinds = {"Project" if is_of_projects(table) else "Organisation" for table in tables}
    blocks = ["@prefix cg: <https://w3id.org/clustergraph/ontology/> .", "@prefix sh: <http://www.w3.org/ns/shacl#> ."]
    blocks += [f"@prefix shape: <{SHAPE}> .", "@prefix skos: <http://www.w3.org/2004/02/skos/core#> ."]
    for kind in sorted(kinds):
        blocks.append(f"""
shape:{name}-{kind}
    a sh:NodeShape ;
    sh:property shape:{name}-{kind}-label ;
    sh:targetClass cg:{kind} .

shape:{name}-{kind}-label
    a sh:PropertyShape ;
    sh:maxCount 1 ;
    sh:message "Give it one label."@en ;
    sh:minCount 1 ;
    sh:name "label"@en ;
    sh:path skos:prefLabel .""")
    return "\n".join(blocks) + "\n"


NO_LICENCE: Final = "http://rightsstatements.org/vocab/CNE/1.0/"
"""That the rights were not looked at."""


@dataclass(frozen=True)
class FileOrigin:
    """Where a file comes from, as far as it is known."""

    file: str
    publisher: str = ""
    licence: str = ""


def files(name: str, tables: Sequence[SketchedTable], origin: FileOrigin) -> dict[str, str]:
    """Return the files of the profile by their names."""
    queries = {f"{table.name}.rq": query(table) for table in tables}
    return {
        "metadata.json": metadata(origin.file, tables),
        "profile.toml": _settings(tables, origin),
        "shapes.ttl": shapes(name, tables),
        "README.md": _readme(name, tables, origin),
        **queries,
    }


def _settings(tables: Sequence[SketchedTable], origin: FileOrigin) -> str:
    lines = [
        f"title = {json.dumps(origin.file, ensure_ascii=False)}",
        'description = ""',
        f"publisher = {json.dumps(origin.publisher or 'not known', ensure_ascii=False)}",
        f"licence = {json.dumps(origin.licence or NO_LICENCE)}" + ("" if origin.licence else "  # not looked at"),
        'attribution = ""',
        'homepage = ""',
    ]
    for table in tables:
        known = {"name": "operation" if is_of_projects(table) else "name", "place": "town"}
        known |= {each: each for each in ("website", "country")}
        lines += ["", "[[match]]", f'class = "cg:{"Project" if is_of_projects(table) else "Organisation"}"']
        lines += [f'{key} = "{table.means[name].name}"' for key, name in known.items() if name in table.means]
    return "\n".join(lines) + "\n"


def _readme(name: str, tables: Sequence[SketchedTable], origin: FileOrigin) -> str:
    """Return what was found in the file, and what is to be done with the draft."""
    lines = [f"# {origin.file}", "", f"A first draft, made of {origin.file}. What is still to be done:", ""]
    lines += [f"- {each}" for each in to_do(tables, origin)]
    lines += [f"- `clustergraph import {name} {origin.file} --dry-run`, then without `--dry-run`"]
    for table in tables:
        lines += ["", f"## {table.table.name}", "", "| heading | column | holds | says |", "| --- | --- | --- | --- |"]
        used = {need for part in _parts(table) for need in part.needs}
        lines += [
            f"| {column.heading.replace('|', '/')} | {column.name} | {_holds(column)} | {_says(column, used)} |"
            for column in table.columns
        ]
    return "\n".join(lines) + "\n"


def to_do(tables: Sequence[SketchedTable], origin: FileOrigin) -> Iterator[str]:
    """Yield what somebody has to look at before the draft is a profile."""
    for table in tables:
        for question in table.questions:
            yield f"metadata.json, dialect of {table.table.name}: {question.text}"
        for column in table.columns:
            for question in column.found.questions:
                yield f"metadata.json: {question.text}"
            if column.means in NAMES and column.empty:
                without = f"{column.empty} of {table.rows} rows have no {column.heading!r}"
                yield f"{table.table.name}: {without}, and say nothing"
        yield from (f"{table.table.name}: {note}" for note in table.notes)
    if not origin.licence or not origin.publisher:
        yield "profile.toml: write who publishes the file, and its licence"


def _holds(column: SketchedColumn) -> str:
    datatype = column.found.members.get("datatype", "string")
    text = datatype if isinstance(datatype, str) else f"{datatype['base']} as {_format_in_words(datatype)}"
    return "a question" if column.found.questions else text


def _format_in_words(datatype: Mapping[str, object]) -> str:
    form = datatype.get("format", "")
    if isinstance(form, Mapping):
        return ", ".join(f"{key} {value}" for key, value in form.items())
    return " or ".join(form) if isinstance(form, list) else str(form)


def _says(column: SketchedColumn, used: set[str]) -> str:
    if column.means in _NOT_SAID:
        return "nothing: it may tell of natural persons"
    return column.means if column.means in used else "a note"
