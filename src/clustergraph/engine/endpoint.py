"""Any SPARQL 1.1 endpoint as a graph to ask, through SPARQLWrapper."""

from typing import Final
from urllib.error import URLError

from SPARQLWrapper import SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from clustergraph.errors import QueryError
from clustergraph.formats import RDF_FORMATS, RESULT_FORMATS
from clustergraph.spreadsheet import guarded_csv

_SECONDS: Final = 60


def query(endpoint: str, text: str, format_: str) -> bytes:
    """Return the answer of an endpoint to a query that declares its own prefixes, as it sends it but for formulas.

    Raises:
        QueryError: the endpoint cannot be reached, refuses the query, or sends another format.
    """
    if not endpoint.startswith(("http://", "https://")):
        raise QueryError(f"{endpoint!r} is not the address of an endpoint", advice="it begins with http:// or https://")
    found = RESULT_FORMATS.get(format_) or RDF_FORMATS.get(format_)
    if found is None:
        advice = f"choose from {', '.join([*RESULT_FORMATS, *RDF_FORMATS])}"
        raise QueryError(f"no such format: {format_!r}", advice=advice)
    media_type = found.media_type
    wrapper = SPARQLWrapper(endpoint)
    wrapper.setQuery(text)
    wrapper.setTimeout(_SECONDS)
    wrapper.setOnlyConneg(True)
    wrapper.addCustomHttpHeader("Accept", media_type)
    try:
        response = wrapper.query().response
        body: bytes = response.read()
        sent = response.headers.get_content_type()
    except (SPARQLWrapperException, URLError, TimeoutError, ValueError) as error:
        raise QueryError(f"{endpoint} did not answer: {error}") from error
    if sent != media_type:
        raise QueryError(f"{endpoint} answered with {sent}, not {media_type}", advice="choose another --format")
    return guarded_csv(body) if format_ == "csv" else body
