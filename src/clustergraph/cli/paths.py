"""Where a command writes, and what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clustergraph.cli.context import Context
from clustergraph.errors import ClustergraphError, ReleaseError
from clustergraph.formats import RDF_FORMATS, of_file


def target(out: Path, name: str, extension: str) -> Path:
    """Return the file to write: a folder gets a file with a telling name, a file keeps its own.

    >>> target(Path("."), "clustergraph-c98ce04d", ".nq.gz").name
    'clustergraph-c98ce04d.nq.gz'
    >>> target(Path("mine.nq"), "clustergraph-c98ce04d", ".nq.gz").name
    'mine.nq'
    """
    return out / f"{name}{extension}" if out.is_dir() or not out.suffix else out


def format_for(out: Path, asked: str | None, known: Sequence[str]) -> str:
    """Return the format to write: what is asked for, or what the name of the file says, or the first that is known.

    >>> format_for(Path("all.trig.gz"), None, ["nquads", "trig"])
    'trig'

    Raises:
        ClustergraphError: the name of the file says another format, or none that there is.
    """
    plain = out.with_suffix("") if out.suffix == ".gz" else out
    if asked or not plain.suffix or out.is_dir():
        return asked or known[0]
    named = of_file(plain)
    if named is None or named.name not in known:
        endings = ", ".join(f".{RDF_FORMATS[name].extensions[0]}" for name in known)
        advice = f"let it end in one of {endings}, or say which --format it has"
        raise ClustergraphError(f"{out} cannot be written in the format that its name says", advice=advice)
    return named.name


def current(context: Context) -> Path:
    """Return the current release.

    Raises:
        ReleaseError: there is none.
    """
    found = context.releases.current()
    if found is None:
        raise ReleaseError(f"there is no release in {context.releases.root}", advice="run `clustergraph build` first")
    return found


def source(context: Context, name: str) -> Path:
    """Return what a name stands for: an RDF file, ``current``, ``previous``, or a release by the start of its digest.

    Raises:
        ReleaseError: there is no such file or release.
    """
    if Path(name).is_file():
        return Path(name)
    if name == "current":
        return current(context)
    if Path(name).suffix or len(Path(name).parts) > 1:
        raise ReleaseError(f"there is no file {name}", advice="name a file, or a release by the start of its digest")
    if name == "previous":
        return context.releases.find(context.releases.previous().digest)
    return context.releases.find(name)
