"""Prefixed names, fast enough for every term of a large graph."""

from __future__ import annotations

from collections.abc import Mapping

from clustergraph.terms import LOCAL_NAME


class Names:
    """Shortens IRIs by prefixes whose namespaces end in a slash, a hash or a colon."""

    def __init__(self, prefixes: Mapping[str, object]) -> None:
        """Keep the prefixes; of two for the same namespace the first one is used."""
        self.prefixes = {prefix: str(space) for prefix, space in prefixes.items()}
        self._by_space = {space: prefix for prefix, space in reversed(self.prefixes.items())}

    def short(self, iri: str) -> str | None:
        """Return the prefixed name of an IRI, or None if it has none that needs no escapes.

        >>> Names({"cg": "https://w3id.org/clustergraph/ontology/"}).short("https://w3id.org/clustergraph/ontology/Cluster")
        'cg:Cluster'
        """
        end = max(iri.rfind("/"), iri.rfind("#")) + 1
        prefix = self._by_space.get(iri[:end])
        if prefix is None or not LOCAL_NAME.fullmatch(iri, end):
            return None
        return f"{prefix}:{iri[end:]}"

    def header(self) -> str:
        """Return the prefixes as Turtle declares them, sorted."""
        return "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in sorted(self.prefixes.items()))
