"""What the search field suggests while a name is typed."""

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from clustergraph.languages.messages import gettext
from clustergraph.questions.suggestions import Suggestion, suggestions
from clustergraph.web.pages import as_json
from clustergraph.web.problems import bad_request
from clustergraph.web.responses import PAGE_OR_JSON, address_tag, respond
from clustergraph.web.service import ReleaseName, served

_LETTERS: Final = 100
_KINDS: Final = ("Cluster", "Region", "Project")
_ITEMS: Final = {"items": {"type": "string", "enum": list(_KINDS)}}


async def suggest(
    request: Request,
    q: Annotated[str, Query(description="the beginning of a name, or a part of one")] = "",
    of: Annotated[list[str] | None, Query(description="only things of these", json_schema_extra=_ITEMS)] = None,
    release: ReleaseName = None,  # noqa: ARG001 - see `served`
) -> Response:
    """Suggest what is meant by a name that is being typed, in groups: things, questions, terms."""
    here, text = served(request), q.strip()[:_LETTERS]
    if wrong := [each for each in of or () if each not in _KINDS]:
        raise bad_request(f"of is {wrong[0][:100]!r}", f"give one of: {', '.join(_KINDS)}")

    async def make() -> bytes:
        last = frozenset((await here.evidence_classes()).values())  # nobody looks for their things first
        classes = tuple(f"cg:{each}" for each in of or ())
        groups = await here.do(suggestions, text, last, classes) if text else {}
        return as_json(
            {"groups": [{"title": gettext(title), "hits": list(map(_told, groups[title]))} for title in groups]}
        )

    etag = address_tag(request, here.release, "suggestions")
    return await respond(request, make, PAGE_OR_JSON.content_type("json"), etag, release=here.release)


def _told(hit: Suggestion) -> dict[str, str]:
    return {"label": hit.label, "class": hit.class_, "name": hit.name, "href": hit.address, "iri": hit.iri}
