"""How an answer is shown besides its table: as bars, lines, a map or a network, and which columns make the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

PARTS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "table": ((), ()),
    "bar": (("label", "value"), ("panel",)),
    "line": (("label", "date", "value"), ("panel",)),
    "map": (("place",), ("value",)),
    "network": (("one", "other"), ("value",)),
}
"""The kinds of view, each with the parts that it needs and those that it can have."""


@dataclass(frozen=True)
class View:
    """A kind of view with the columns that make its parts."""

    kind: str = "table"
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of each part; a label or a panel can be made of several."""

    @classmethod
    def read(cls, entry: Any, known: Sequence[str]) -> View:  # noqa: ANN401 - YAML
        """Return the view that a head describes.

        >>> View.read({"kind": "bar", "label": "region", "value": "projects"}, ["region", "projects"]).columns["value"]
        ('projects',)

        Args:
            entry: ``table``, or a mapping of ``kind`` and the parts of that kind.
            known: the columns of the question.

        Raises:
            ValueError: the kind or a part is not known, a part is missing, or a column is not one of the question.
        """
        parts = {"kind": entry} if isinstance(entry, str) else dict(entry)
        kind = str(parts.pop("kind", ""))
        if kind not in PARTS:
            raise ValueError(f"the view is {kind!r}, but the views are {', '.join(PARTS)}")
        needed, possible = PARTS[kind]
        if wrong := [part for part in parts if part not in (*needed, *possible)]:
            raise ValueError(f"the view {kind} has no part {wrong[0]!r}, but {', '.join((*needed, *possible))}")
        if missing := [part for part in needed if part not in parts]:
            raise ValueError(f"the view {kind} lacks its part {missing[0]!r}, the name of a column")
        columns = {part: tuple(value) if isinstance(value, list) else (str(value),) for part, value in parts.items()}
        for column in (column for names in columns.values() for column in names):
            if column not in known:
                raise ValueError(f"the view names a column {column!r}, which the question does not have")
        return cls(kind, columns)
