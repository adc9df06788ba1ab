"""Folders in layers: what is packaged with the program, and what a project has beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent
PACKAGED: Final = _HERE / "model" if (_HERE / "model").is_dir() else _HERE.parents[1]
"""Where the packaged model is: in the wheel beside the program, in a checkout at its top."""
MODEL: Final = ("ontology", "shapes", "queries", "imports", "reference")
"""The folders of a model: terms, what is demanded, what is asked and inferred, how tables are read, common things."""


@dataclass(frozen=True)
class Layers:
    """A folder that is in several places, the packaged first: each adds to those before it, file by file.

    A file takes the place of that with the same name in an earlier layer.
    """

    roots: tuple[Path, ...]

    @classmethod
    def of(cls, folder: Layers | Path) -> Layers:
        """Return a folder, or layers as they are."""
        return folder if isinstance(folder, Layers) else cls((folder,))

    def __truediv__(self, name: str | Path) -> Layers:
        return Layers(tuple(root / name for root in self.roots))

    def __str__(self) -> str:
        return str(self.own)

    @property
    def own(self) -> Path:
        """The last layer: that of the project."""
        return self.roots[-1]

    @property
    def folders(self) -> list[Path]:
        """Those that are there."""
        return [root for root in self.roots if root.is_dir()]

    def is_dir(self) -> bool:
        """Whether there is such a folder in any layer."""
        return bool(self.folders)

    def glob(self, pattern: str) -> list[Path]:
        """Return what has a name that fits, sorted by that."""
        found = {path.relative_to(root).as_posix(): path for root in self.roots for path in root.glob(pattern)}
        return [found[name] for name in sorted(found)]

    def rglob(self, pattern: str) -> list[Path]:
        """Return what has a name that fits at any depth, sorted by its path."""
        return self.glob(f"**/{pattern}")

    def find(self, name: str | Path = "") -> Path:
        """Return a file or folder as the last layer has it that has it; where it would be, if none has."""
        there = (path for root in reversed(self.roots) if (path := root / name).exists())
        return next(there, self.own / name)
