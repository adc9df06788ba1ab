"""What search engines read on the page of a thing: schema.org as JSON-LD, made by the queries of a profile."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from pyoxigraph import NamedNode

from clustergraph import store
from clustergraph.errors import SourceError
from clustergraph.export.downloads import FOLDER
from clustergraph.export.lines import Statement
from clustergraph.export.profiles import Profile
from clustergraph.store.embedded import Release
from clustergraph.web.service import Service

_PROFILE: Final = "schema"


async def structured(service: Service, release: Release, iri: str) -> str:
    """Return a JSON-LD document that may stand in a script element, or nothing."""
    profile = _profile(release.path / FOLDER / "profiles" / _PROFILE)
    if profile is None:
        return ""
    lines: set[bytes] = set()
    for query in profile.about(NamedNode(iri)):
        asking = store.Request(query, "ntriples", max_bytes=service.settings.page_bytes)
        lines |= set((await service.answer(release, asking)).splitlines(keepends=True))
    document = about(iri, sorted(lines), profile)
    # Whatever a text says, it cannot end the element.
    return json.dumps(document, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026") if document else ""


def about(iri: str, lines: list[bytes], profile: Profile) -> dict[str, Any] | None:
    """Return what some lines say of a thing as one object, with what it refers to inside; None if that is nothing.

    The context is named and not written out: whoever reads schema.org knows it.
    """
    context = profile.context
    nodes: dict[str, dict[str, Any]] = {}
    for subject, found in groupby(map(Statement.of, lines), key=lambda each: each.subject.decode()):
        node: dict[str, Any] = {context.keyword("@id"): context.identifier(subject)}
        for predicate, same in groupby(found, key=lambda each: each.predicate.decode()):
            node.update(context.pairs(predicate, [each.object.decode() for each in same]))
        nodes[subject] = node
    root = nodes.pop(f"<{iri}>", None)
    if root is None:
        return None
    inside = {str(node[context.keyword("@id")]): node for node in nodes.values()}
    return {"@context": profile.conforms_to, **{name: _embedded(value, inside) for name, value in root.items()}}


def _embedded(value: Any, inside: dict[str, dict[str, Any]]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_embedded(each, inside) for each in value]
    return inside.get(value, value) if isinstance(value, str) else value


@lru_cache(4)
def _profile(folder: Path) -> Profile | None:
    try:
        return Profile.read(folder)
    except SourceError:
        return None
