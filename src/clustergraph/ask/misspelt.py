"""Terms of our ontology in a query that the ontology does not have, with what may be meant."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Final

from clustergraph.store.syntax import tokens_of
from clustergraph.terms import ONTOLOGY, PREFIXES, compact

TERMS_QUERY: Final = f"""
SELECT DISTINCT ?term {{
  VALUES ?kind {{ owl:Class owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty rdf:Property rdfs:Class }}
  ?term a ?kind
  FILTER(STRSTARTS(STR(?term), "{ONTOLOGY}"))
}}
"""
"""Gives the terms of our ontology that a graph has."""
_LONGEST: Final = 4_000
"""Queries that are longer were not typed by anybody."""
_MOST: Final = 3
"""More words than this are not misspelt but meant for another graph; to look for what is near takes time."""


def may_misspell(query: str) -> bool:
    """Return whether a query names anything of our ontology, and may have been typed by somebody."""
    return len(query) <= _LONGEST and ("cg:" in query or ONTOLOGY in query)


@lru_cache(maxsize=256)
def unknown(query: str, terms: frozenset[str]) -> tuple[str, ...]:
    """Return a sentence for each term of our ontology in a query that is not among the terms.

    >>> unknown("ASK { ?s a cg:Clutser }", frozenset([ONTOLOGY + "Cluster"]))
    ('cg:Clutser is not a term of the ontology; did you mean cg:Cluster?',)
    """
    strange = (iri for iri in dict.fromkeys(_named(query)) if iri not in terms)
    return tuple(_sentence(iri, terms) for iri in islice(strange, _MOST))


def _sentence(iri: str, terms: frozenset[str]) -> str:
    near = get_close_matches(iri, terms, n=2, cutoff=0.6)
    guess = f"; did you mean {' or '.join(map(compact, near))}?" if near else ""
    return f"{compact(iri)} is not a term of the ontology{guess}"


def _named(query: str) -> Iterator[str]:
    """Yield the IRIs of our ontology that a query names."""
    prefixes = dict(PREFIXES)
    last = ""
    before = ""
    for token in tokens_of(query):
        if token.kind == "iri":
            iri = token.text[1:-1]
            if before == "PREFIX":
                prefixes[last.removesuffix(":")] = iri
            elif iri.startswith(ONTOLOGY) and iri != ONTOLOGY:
                yield iri
        elif token.kind == "name" and last.upper() != "PREFIX":
            prefix, _, local = token.text.partition(":")
            iri = prefixes.get(prefix, "") + local
            if local and iri.startswith(ONTOLOGY):
                yield iri
        before, last = last.upper(), token.text
