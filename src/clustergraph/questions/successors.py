"""What has become of old questions: each leads to its successor, with parameters and columns by their new names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from clustergraph.errors import SourceError, Where
from clustergraph.layers import Layers
from clustergraph.rdf.files import text_of

FILE: Final = "successors.yaml"
"""The file beside the questions that names their successors."""
Given = dict[str, list[str]]
_KEYS: Final = {"question", "parameters", "renamed", "values", "columns", "reason", "since"}


@dataclass(frozen=True)
class Successor:
    """How an old question, or one whose parameters have new names, is asked now."""

    old: str
    question: str
    """The name of the question to ask now; that of the old one where only its parameters or columns have new names."""
    reason: str
    since: str
    """The version from which on this is so."""
    parameters: Given = field(default_factory=dict)
    """What the new question is asked with so that it means the old one, unless something else is given."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """The new name of each parameter that has one."""
    values: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """What a value of an old parameter is asked with now, where it is more than that value of the new name."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The new name of each column that has one."""

    @classmethod
    def read(cls, old: str, entry: Mapping[str, Any]) -> Successor:
        """Return what an entry says.

        Raises:
            ValueError: a key is missing or unknown, or the question would be asked otherwise for ever.
        """
        if missing := {"question", "reason", "since"} - entry.keys():
            raise ValueError(f"{old} lacks {', '.join(sorted(missing))}")
        if unknown := entry.keys() - _KEYS:
            raise ValueError(f"{old} has an unknown key: {', '.join(sorted(unknown))}")
        if entry["question"] == old and entry.get("parameters"):
            raise ValueError(f"{old} is its own successor, and so cannot fix parameters")
        fixed = {name: _texts(value) for name, value in (entry.get("parameters") or {}).items()}
        names = {key: dict(entry.get(key) or {}) for key in ("renamed", "values", "columns")}
        return cls(old, str(entry["question"]), str(entry["reason"]), str(entry["since"]), fixed, **names)

    def given(self, parameters: Given) -> Given:
        """Return parameters of the old question as those of the new one.

        >>> old = Successor("old", "new", "", "0.2.0", {"class": ["cg:Project"]}, {"activity": "subject"})
        >>> old.given({"activity": ["Cold Moulds"]})
        {'subject': ['Cold Moulds'], 'class': ['cg:Project']}
        >>> meant = {"status": {"planned": {"certainty": "stated", "phase": "planned"}}}
        >>> Successor("old", "new", "", "0.2.0", values=meant).given({"status": ["status:planned"]})
        {'certainty': ['stated'], 'phase': ['planned']}
        """
        found: Given = {}
        for name, value in ((name, value) for name, values in parameters.items() for value in values):
            same = {self.renamed.get(name, name): value}
            code = re.split("[:/]", value)[-1].replace(" ", "-")
            for new, text in self.values.get(name, {}).get(code, same).items():
                found[new] = list(dict.fromkeys([*found.get(new, []), text]))
        return found | {name: list(values) for name, values in self.parameters.items() if name not in found}

    @property
    def note(self) -> str:
        """What the one who asks in the old way is told."""
        asked = [f"{name} {', '.join(values)}" for name, values in self.parameters.items()]
        asked += [f"{new} for {old}" for old, new in self.renamed.items()]
        told = f" with {'; '.join(asked)}" if asked else ""
        whole = f"{self.old!r} is now asked as {self.question!r}" if self.old != self.question else f"ask {self.old!r}"
        return f"{whole}{told}: {self.reason}"


def successors(folder: Layers | Path) -> list[Successor]:
    """Return the entries of the file in each layer of a folder of questions; none where there is no file.

    Raises:
        SourceError: the file is not as it should be.
    """
    files = (root / FILE for root in Layers.of(folder).roots)
    return [entry for path in files if path.is_file() for entry in _entries(path)]


def _entries(path: Path) -> list[Successor]:
    import yaml

    try:
        entries = yaml.safe_load(text_of(path)) or {}
        return [Successor.read(old, entry) for old, entry in entries.items()]
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        raise SourceError(f"the successors are not as they should be: {error}", where=Where(path)) from error


def _texts(value: object) -> list[str]:
    """Return a value of YAML, or several, as they are given at a door."""
    values = value if isinstance(value, list) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]
