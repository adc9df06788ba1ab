"""What may be misspelt in a query that was sent."""

from __future__ import annotations

from clustergraph.ask.misspelt import TERMS_QUERY, may_misspell, unknown
from clustergraph.errors import ClustergraphError
from clustergraph.store.embedded import Release
from clustergraph.web.service import Service


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
    return unknown(query, service.terms[1])
