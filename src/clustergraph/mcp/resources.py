"""What language models can read: the ontology, the documents, and what each of their sections says."""

import json
from collections.abc import Callable
from typing import Final

from clustergraph.engine.store import Request
from clustergraph.errors import QuestionError
from clustergraph.graph import Graph
from clustergraph.mcp.tools import Serving
from clustergraph.terms import compact, own

_BYTES: Final = 500_000
_ONTOLOGY: Final = """CONSTRUCT { ?term ?property ?value } WHERE {
  VALUES ?property { rdf:type rdfs:label skos:definition skos:scopeNote rdfs:domain rdfs:range rdfs:subClassOf
    rdfs:subPropertyOf owl:inverseOf dcterms:isReplacedBy }
  ?term a ?kind ; ?property ?value
  FILTER (STRSTARTS(STR(?term), STR(cg:)) && !isBlank(?value))
}"""


class Resources:
    """The resources of the release that is served."""

    def __init__(self, serving: Callable[[], Serving]) -> None:
        self._serving = serving

    async def ontology(self) -> str:
        """Return the classes and properties as Turtle: what each means, and what it joins."""
        return await self._turtle(_ONTOLOGY)

    async def documents(self) -> str:
        """Return the documents that the graph was made from, each with its sections, as JSON."""
        found = await self._serving().do(Graph.documents)
        listed = [
            {"iri": compact(iri), "title": title,
             "sections": [{"iri": compact(each.iri), "name": each.name} for each in sections]}
            for iri, title, sections in found
        ]  # fmt: skip
        return json.dumps(listed, ensure_ascii=False)

    async def section(self, document: str, section: str) -> str:
        """Return what a section of a document says, as Turtle; both names are those in the IRI of the section."""
        iri = own(f"graph/{document}/{section}").value
        if iri not in self._serving().release.graphs:
            raise QuestionError(f"there is no section <{iri}>", advice="clustergraph://documents lists them")
        return await self._turtle(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{iri}> {{ ?s ?p ?o }} }}")

    async def _turtle(self, query: str) -> str:
        return (await self._serving().do(Graph.answer, Request(query, "turtle", max_bytes=_BYTES))).decode()
