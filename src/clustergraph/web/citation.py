"""How a release is cited: in words, and as BibTeX."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from clustergraph.release.manifest import Release

_SPECIAL: Final = re.compile(r"([&%$#_{}])")


@dataclass(frozen=True)
class Citation:
    """A release as it is cited."""

    text: str
    bibtex: str

    @classmethod
    def of(cls, release: Release, host: str) -> Self:
        """Return how a release is cited that is found at an address."""
        about, day = release.imprint, date.fromisoformat(release.created[:10])
        title, short = release.title, release.short
        address = f"{host}/?release={release.digest}"
        named = not about.publisher_name or title.startswith(f"{about.publisher_name}:")
        by = "" if named else f"{about.publisher_name}: "
        licence = f" {about.licence_name}." if about.licence_name else ""
        text = f"{by}{title}. Release {short}, {day.isoformat()}.{licence} {address}"
        fields = {
            "author": f"{{{_escaped(about.publisher_name)}}}" if about.publisher_name else "",
            "title": f"{{{_escaped(title)}}}",
            "year": str(day.year),
            "month": str(day.month),
            "version": f"release {short}",
            "url": address,
            "note": _escaped(f"Licence: {about.licence_name}") if about.licence_name else "",
        }
        lines = (f"  {name} = {{{value}}}" for name, value in fields.items() if value)
        return cls(text, f"@misc{{clustergraph-{short},\n" + ",\n".join(lines) + "\n}")


def _escaped(text: str) -> str:
    r"""Return a text as TeX writes it.

    >>> print(_escaped("R&D, 5 %"))
    R\&D, 5 \%
    """
    return _SPECIAL.sub(r"\\\1", text.replace("\\", "/"))
