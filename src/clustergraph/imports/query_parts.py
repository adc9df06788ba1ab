"""Parts that the query of a drafted profile is made of: triples for columns, as ``query_parts.toml`` has them."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class QueryPart:
    """What a query has where a table has some columns: triples of its template, and what they need."""

    needs: Mapping[str, str]
    """The columns by their meaning, each with the datatypes that it may have, or any."""
    template: str
    where: str = ""
    gives: str = ""
    """What another part gives, too."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Columns whose cells become notes where a variable has no value."""


@cache
def query_parts(kind: str) -> tuple[QueryPart, ...]:
    """Return the parts of queries about things of a kind, `organisation` or `project`."""
    text = Path(__file__).with_name("query_parts.toml").read_text("utf-8")
    return tuple(QueryPart(**each) for each in tomllib.loads(text)[kind])


@cache
def variables() -> frozenset[str]:
    """Return the names of the variables of all parts, which no column may have unless its heading means it."""
    text = Path(__file__).with_name("query_parts.toml").read_text("utf-8")
    return frozenset(re.findall(r"\?(\w+)", text))
