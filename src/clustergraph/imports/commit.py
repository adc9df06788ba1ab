"""The files of an import take their names together: once this has begun it is finished, by the next command if need be.

The drafts stand in a folder beside the data. When all of them are on disk the folder gets a name that says so, and they
leave it one by one. A process that is killed before has changed nothing; after that, whoever comes next moves the rest.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from clustergraph.errors import ClustergraphError
from clustergraph.rdf.files import flush, locked, told

_READY: Final = ".ready"
_GONE: Final = "gone.json"
"""The file with the names of those that are to go."""
_WAIT: Final = 5.0


def lock(home: Path, name: str) -> AbstractContextManager[None]:
    """Hold the lock of an import in a folder of imports."""
    place = hashlib.sha256(str(home.resolve() / name).encode()).hexdigest()[:16]
    busy = ClustergraphError(f"another import of {name} is running", advice="wait for it to end")
    return locked(Path(tempfile.gettempdir()) / f"clustergraph-import-{place}.lock", _WAIT, busy)


def commit(folder: Path, home: Path, name: str, drafts: Iterable[Path], gone: Iterable[Path]) -> None:
    """Give the drafts in a folder their names in that of imports, and remove files that are to go; hold the lock."""
    (folder / _GONE).write_text(json.dumps([path.name for path in gone]), "utf-8")
    kept = {*drafts, folder / _GONE}
    assert kept == {*folder.iterdir()}, "a folder of drafts holds nothing else"
    for path in (*kept, folder):
        flush(path)
    folder.rename(home / f".{name}{_READY}")
    flush(home)
    recover(home, name)


def recover(home: Path, name: str) -> bool:
    """Move what a folder that is ready still holds, and return whether there was one; hold the lock."""
    ready = home / f".{name}{_READY}"
    if not ready.is_dir():
        return False
    for path in sorted(ready.iterdir()):
        if path.name != _GONE:
            path.replace(home / path.name)
    if (ready / _GONE).is_file():
        for each in json.loads((ready / _GONE).read_text("utf-8")):
            (home / each).unlink(missing_ok=True)
        flush(home)
        (ready / _GONE).unlink()
    ready.rmdir()
    flush(home)
    return True


def recover_all(home: Path) -> Iterator[str]:
    """Finish what killed imports have begun, and yield their names."""
    for ready in sorted(home.glob(f".*{_READY}")):
        name = ready.name.removeprefix(".").removesuffix(_READY)
        with told(home), lock(home, name):
            if recover(home, name):
                yield name
