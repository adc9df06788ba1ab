"""Rules: the queries in ``queries/rules/``, which say what follows where OWL cannot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clustergraph.errors import SourceError, Where
from clustergraph.terms import CATALOGUE

_SUMMARY: Final = re.compile(r"\A#\+ summary: (.+)$", re.MULTILINE)

RULES_QUERY: Final = f"""SELECT ?rule ?construct {{
  GRAPH {CATALOGUE} {{ ?rule a sh:SPARQLConstructExecutable ; sh:construct ?construct }} }} ORDER BY ?rule"""
"""Gives the files of the rules that a release carries."""


@dataclass(frozen=True)
class Rule:
    """A CONSTRUCT query in a file."""

    path: Path
    query: str

    @property
    def name(self) -> str:
        """The name of the rule, that of its file."""
        return self.path.stem

    @property
    def summary(self) -> str:
        """What the rule says, in a sentence.

        Raises:
            SourceError: the file does not begin with one.
        """
        found = _SUMMARY.match(self.query)
        if not found:
            raise SourceError("a rule begins with a line '#+ summary: …'", where=Where(self.path, 1))
        return found[1].strip()


def load(folder: Path) -> list[Rule]:
    """Return the rules of a folder in the order of their names."""
    return [Rule(path, path.read_text("utf-8")) for path in sorted(folder.glob("*.rq"))]
