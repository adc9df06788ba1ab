"""What may be misspelt in a query that was sent."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from clustergraph.ask.misspelt import TERMS_QUERY, may_misspell, unknown
from clustergraph.errors import ClustergraphError
from clustergraph.store.embedded import Release
from clustergraph.terms import ONTOLOGY
from clustergraph.web.service import Service

_DECLARED: Final = re.compile(rf"PREFIX\s+cg:\s*<{re.escape(ONTOLOGY)}>", re.IGNORECASE)
_NAMED: Final = re.compile(r"\bcg:([\w.\-%\\][\w.\-%\\:]*)")


async def hints(service: Service, release: Release, query: str) -> tuple[str, ...]:
    """Return what may be misspelt in a query; nothing if that cannot be found out now."""
    if not may_misspell(query):
        return ()
    if service.terms is None or service.terms[0] != release.digest:
        try:
            rows = await service.rows(release, TERMS_QUERY)
        except ClustergraphError:
            return ()
        service.terms = (release.digest, frozenset(row["term"].value for row in rows))
    terms = service.terms[1]
    return () if _known(query, terms) else unknown(query, terms)


def _known(query: str, terms: Container[str]) -> bool:
    """Whether a quick look is enough to see that a query misspells nothing: it says cg: for the ontology, and rightly.

    >>> _known(f"PREFIX cg: <{ONTOLOGY}> ASK {{ ?s a cg:Cluster }}", [ONTOLOGY + "Cluster"])
    True
    """
    if query.count(ONTOLOGY) != len(_DECLARED.findall(query)):
        return False
    return all(ONTOLOGY + name.rstrip(".") in terms for name in _NAMED.findall(query))
