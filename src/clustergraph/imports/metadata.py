"""The metadata of a profile: what its tables are, in CSVW; each mistake in it is told with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from json.decoder import JSONObject  # type: ignore[attr-defined]  # the reader that tells where an object begins
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any, Final

from clustergraph.errors import SourceError, Where
from clustergraph.imports.cells import Column
from clustergraph.imports.construct import Construct
from clustergraph.imports.headings import plain
from clustergraph.imports.rows import Dialect
from clustergraph.rdf.files import text_of
from clustergraph.terms import BASE, PREFIXES

_CONTEXT: Final = "http://www.w3.org/ns/csvw"
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""Names of columns that are also names of variables."""


@dataclass(frozen=True)
class DescribedColumn:
    """A column as the metadata describe it."""

    name: str
    """Also that of the variable in the query."""
    headings: tuple[str, ...]
    """Every heading under which it may come."""
    required: bool
    members: Mapping[str, Any]
    """What the metadata say of it, with what they say of all columns of its table."""

    @property
    def virtual(self) -> bool:
        """Whether it is in no file, and has its default in every row."""
        return bool(self.members.get("virtual"))

    def column(self) -> Column:
        """Return what reads its cells."""
        return Column.from_csvw(self.members)


@dataclass(frozen=True)
class References:
    """A foreign key: columns whose values are a key of another table."""

    columns: tuple[str, ...]
    table: str
    """The name of the other table."""


@dataclass(frozen=True)
class DescribedTable:
    """A table as the metadata describe it, with the query for its rows."""

    name: str
    """The name of its file, without extension."""
    names: tuple[str, ...]
    """Names of files that it may come in."""
    dialect: Mapping[str, Any]
    columns: tuple[DescribedColumn, ...]
    key: tuple[str, ...]
    references: tuple[References, ...]
    query: Path

    @cached_property
    def headings(self) -> dict[str, DescribedColumn]:
        """The columns by their headings, which are compared as `plain` has them."""
        return {plain(heading): column for column in self.columns for heading in (*column.headings, column.name)}

    def told(self, values: Mapping[str, str]) -> DescribedTable:
        """Return it with values of cells that are empty."""
        columns = tuple(
            replace(each, members={**each.members, "default": values[each.name]}) if each.name in values else each
            for each in self.columns
        )
        return replace(self, columns=columns)

    def construct(self, base: str = BASE, prefixes: Mapping[str, str] = PREFIXES) -> Construct:
        """Return its query; `SourceError` if it is not one that a profile may have."""
        return Construct.read(self.query, [column.name for column in self.columns], base, prefixes)


# The file


class _Object(dict[str, Any]):
    """An object of JSON that knows where it begins."""

    start: int = 0


class _Decoder(json.JSONDecoder):
    """Reads JSON into objects that know where they begin."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_Object)
        self.parse_object = self._located
        self.scan_once = py_make_scanner(self)

    def _located(self, text_and_end: tuple[str, int], *given: Any) -> tuple[Any, int]:  # noqa: ANN401 - what it is given
        found, end = JSONObject(text_and_end, *given)
        found.start = text_and_end[1] - 1
        return found, end


@dataclass(frozen=True)
class _Metadata:
    """The text of a metadata file, for errors that say where."""

    path: Path
    text: str

    def error(self, node: _Object, member: str, message: str, advice: str) -> SourceError:
        """Return an error about a member of an object."""
        line = line_of(self.text, rf'"{re.escape(member)}"\s*:', node.start)
        return SourceError(message, where=Where(self.path, line), advice=advice)

    def objects(self, node: _Object, member: str) -> list[_Object]:
        """Return the objects in a list that is a member."""
        found = node.get(member, [])
        if isinstance(found, _Object):
            found = [found]
        if not isinstance(found, list) or not all(isinstance(each, _Object) for each in found):
            raise self.error(node, member, f"{member} is no list of objects", "write it as [{…}, …]")
        return found

    def texts(self, node: _Object, member: str) -> tuple[str, ...]:
        """Return a text, those of a list, or those by language, that are a member."""
        found = node.get(member, ())
        values = found.values() if isinstance(found, dict) else [found]
        flat = [each for value in values for each in ([value] if isinstance(value, str) else value)]
        if not all(isinstance(each, str) for each in flat):
            raise self.error(node, member, f"{member} is no text", "give a text, a list of texts, or texts by language")
        return tuple(flat)


def described(path: Path) -> tuple[DescribedTable, ...]:
    """Return the tables that a file of metadata describes; `SourceError` names the line of what is wrong with it."""
    if not path.is_file():
        raise SourceError(f"the profile has no {path.name}", where=Where(path), advice="describe its tables in CSVW")
    meta = _Metadata(path, text_of(path))
    try:
        root = _Decoder().decode(meta.text)
    except json.JSONDecodeError as error:
        where = Where(path, error.lineno, error.colno)
        raise SourceError(f"this is no JSON: {error.msg}", where=where, advice="mend the syntax there") from error
    if not isinstance(root, _Object):
        raise SourceError("it holds no object", where=Where(path, 1), advice="begin with {")
    context = root.get("@context")
    if context != _CONTEXT and not (isinstance(context, list) and context and context[0] == _CONTEXT):
        raise meta.error(root, "@context", "the metadata are not CSVW", f'write "@context": "{_CONTEXT}"')
    nodes = meta.objects(root, "tables") if "tables" in root else [root]
    tables: list[DescribedTable] = []
    for node in nodes:
        tables.append(_table(meta, root, node, tables))
    if not tables:
        raise meta.error(root, "tables", "it describes no table", "describe one in tables")
    return tuple(tables)


def _table(meta: _Metadata, root: _Object, node: _Object, before: Sequence[DescribedTable]) -> DescribedTable:
    url = node.get("url")
    if not isinstance(url, str) or not Path(url).stem:
        raise meta.error(node, "url", "a table has no url", "give the name of its file")
    schema = node.get("tableSchema", root.get("tableSchema"))
    if not isinstance(schema, _Object):
        raise meta.error(node, "tableSchema", f"the table {url} has no tableSchema", "describe its columns")
    inherited = {**_inherited(root), **_inherited(node), **_inherited(schema)}
    columns = tuple(_column(meta, each, inherited) for each in meta.objects(schema, "columns"))
    _check_columns(meta, schema, url, columns)
    names = (url, *meta.texts(node, "dc:alternative"), *meta.texts(node, "dcterms:alternative"))
    dialect = {**root.get("dialect", {}), **node.get("dialect", {})}
    try:
        Dialect.from_csvw(dialect)
    except SourceError as error:
        raise meta.error(node, "dialect", error.message, error.advice) from error
    key = _named(meta, schema, "primaryKey", columns)
    references = tuple(_references(meta, each, columns, before) for each in meta.objects(schema, "foreignKeys"))
    query = meta.path.with_name(f"{Path(url).stem}.rq")
    shared = meta.path.with_name(f"{meta.path.parent.name}.rq")
    if not query.is_file() and shared.is_file():
        query = shared
    if not query.is_file():
        advice = f"write what its rows say as a CONSTRUCT in {query.name}"
        raise meta.error(node, "url", f"there is no query {query.name} for the table {url}", advice)
    return DescribedTable(Path(url).stem, names, dialect, columns, key, references, query)


def _inherited(node: _Object) -> dict[str, Any]:
    """Return the properties that the columns below take over."""
    names = ("null", "separator", "datatype", "default", "required", "lang")
    return {name: node[name] for name in names if name in node}


def _column(meta: _Metadata, node: _Object, inherited: Mapping[str, Any]) -> DescribedColumn:
    name = node.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        advice = "name it in letters, digits and underscores, since it is a variable of the query"
        what = f"{name!r} cannot be the name of a column" if name else "a column has no name"
        raise meta.error(node, "name", what, advice)
    members = {**inherited, **node}
    if not isinstance(members.get("required", False), bool):
        raise meta.error(node, "required", "required is neither true nor false", "write true or false")
    try:
        Column.from_csvw(members)
    except SourceError as error:
        raise meta.error(node, "name", error.message, error.advice or "see docs/imports.md") from error
    return DescribedColumn(name, meta.texts(node, "titles"), members.get("required", False), members)


def _check_columns(meta: _Metadata, schema: _Object, url: str, columns: Sequence[DescribedColumn]) -> None:
    if not columns:
        raise meta.error(schema, "columns", f"the table {url} has no columns", "describe them")
    nodes = meta.objects(schema, "columns")
    known: dict[str, str] = {}
    for node, column in zip(nodes, columns, strict=True):
        for heading in {plain(each) for each in (*column.headings, column.name)}:
            if heading in known:
                message = f"the columns {known[heading]} and {column.name} have the same heading {heading!r}"
                raise meta.error(node, "titles", message, "give each heading to one of them")
            known[heading] = column.name


def _named(meta: _Metadata, node: _Object, member: str, columns: Iterable[DescribedColumn]) -> tuple[str, ...]:
    """Return the names of columns that are a member, each of which must be there."""
    found, known = meta.texts(node, member), {column.name for column in columns}
    for name in found:
        if name not in known:
            raise meta.error(node, member, f"{member} names no column: {name}", "name columns of the table")
    return found


def _references(
    meta: _Metadata, node: _Object, columns: Sequence[DescribedColumn], before: Sequence[DescribedTable]
) -> References:
    own = _named(meta, node, "columnReference", columns)
    target = node.get("reference")
    if not own or not isinstance(target, _Object) or not isinstance(target.get("resource"), str):
        advice = 'write {"columnReference": …, "reference": {"resource": …, "columnReference": …}}'
        raise meta.error(node, "reference", "the foreign key does not say what it refers to", advice)
    table = next((each for each in before if each.names[0] == target["resource"]), None)
    if table is None:
        advice = "describe the table that it refers to before this one"
        raise meta.error(target, "resource", f"there is no table {target['resource']} before this one", advice)
    if meta.texts(target, "columnReference") != table.key:
        advice = f"refer to {', '.join(table.key) or 'a table that has a primaryKey'}"
        raise meta.error(target, "columnReference", f"it is not the primary key of {target['resource']}", advice)
    return References(own, table.name)


def line_of(text: str, pattern: str, start: int = 0) -> int:
    """Return the line of a pattern in a text behind a place, or else that of the place."""
    found = re.compile(pattern, re.MULTILINE).search(text, start)
    return text.count("\n", 0, found.end() if found else start) + 1
