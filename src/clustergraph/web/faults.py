"""Where a reader tells the operator of a fault: a mail, or an entry in a tracker, that names the statement."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from pyoxigraph import NamedNode

from clustergraph.terms import compact
from clustergraph.web.middleware import CALLER

_MOST: Final = 500
"""So many letters are given of a statement: programs of mail take no long addresses."""
_SUBJECT, _BODY = "{subject}", "{body}"
_USUAL: Final = {"mailto": f"?subject={_SUBJECT}&body={_BODY}", "https": f"?title={_SUBJECT}&body={_BODY}"}
"""What is added to an address that does not say where subject and text belong."""


def report_href(triple: Iterable[object]) -> str:
    """Return the address at which a fault in a statement is reported from the page at hand; nothing if there is none.

    A statement is given by its subject, predicate and object, or by what stands for it.
    """
    caller = CALLER.get(None)
    if not (caller and caller.report):
        return ""
    said = " ".join(compact(each.value) if isinstance(each, NamedNode) else str(each) for each in triple)[:_MOST]
    return filled(caller.report, f"A fault in {caller.page}"[:_MOST], f"{said}\n\n")


def filled(report: str, subject: str, body: str) -> str:
    """Return the address of reports with a subject and a text; `report` is that of mail, or of a form of a tracker.

    >>> filled("data@example.org", "A fault", "It is so.")
    'mailto:data@example.org?subject=A%20fault&body=It%20is%20so.'
    >>> filled("https://example.org/new?summary={subject}&text={body}", "A", "B")
    'https://example.org/new?summary=A&text=B'
    """
    whole = report if ":" in report else f"mailto:{report}"
    if _SUBJECT not in whole and _BODY not in whole:
        more = _USUAL.get(whole.partition(":")[0], _USUAL["https"])
        whole += more.replace("?", "&", 1) if "?" in whole else more
    return whole.replace(_SUBJECT, quote(subject, safe="")).replace(_BODY, quote(body, safe=""))
