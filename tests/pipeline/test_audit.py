"""Each claim of a document has the right verdict, with what could explain it or why it has none."""

from __future__ import annotations

import pytest
from pyoxigraph import Store

from clustergraph.terms import PREFIXES, slug
from tests.audited import WORDS, claims, graph


@pytest.fixture(scope="module")
def audited() -> Store:
    return graph()


def verdicts(store: Store) -> dict[tuple[str, str], tuple[set[str], set[str], set[str]]]:
    """Return for each claim the verdicts, the reasons, and what was found."""
    query = """SELECT ?verdict ?project ?claim ?aspect ?value ?is ?reason ?found {
      ?verdict a cg:Verdict ; cg:auditedActivity ?project ; cg:aspect ?aspect ; cg:claimedThing|cg:claimedText ?value
      OPTIONAL { ?verdict cg:audits ?claim } OPTIONAL { ?verdict cg:verdict ?is }
      OPTIONAL { ?verdict cg:verdictReason ?reason }
      OPTIONAL { ?verdict cg:foundThing|cg:foundText ?found } }"""
    found: dict[tuple[str, str], tuple[set[str], set[str], set[str]]] = {}
    for row in store.query(query, prefixes=PREFIXES):
        project, claim, aspect, value = (_last(row[name]) for name in ("project", "claim", "aspect", "value"))
        name = claim.removeprefix(f"{project}-") if claim else f"{_word(aspect)}-{slug(value)}"
        name = name.replace("-coordinator", "-coordinates") if aspect == "coordinates" else name
        sets = found.setdefault((project, name), (set(), set(), set()))
        for each, column in zip(sets, ("is", "reason", "found"), strict=True):
            each |= {_last(row[column])} - {""}
    return found


def _last(term: object) -> str:
    return getattr(term, "value", "").rpartition("/")[2]


def _word(aspect: str) -> str:
    return next(word for word, prefixed in WORDS.items() if prefixed == f"cg:{aspect}")


def test_there_are_enough_claims_of_each_kind() -> None:
    found = [verdict for _, _, verdict, *_ in claims()]
    assert len(found) > 60
    assert min(found.count(kind) for kind in ("confirmed", "contradicted", "not-covered")) > 15


@pytest.mark.parametrize("line", claims(), ids=lambda line: f"{line[0]}: {line[1]}")
def test_a_claim_has_the_right_verdict(audited: Store, line: tuple[str, str, str, set[str], str]) -> None:
    project, claim, verdict, reasons, thing = line
    is_, why, what = verdicts(audited)[project, slug(claim)]
    assert (is_, why) == ({verdict}, reasons)
    if thing:
        assert what == {thing}


def test_there_is_no_other_verdict(audited: Store) -> None:
    assert set(verdicts(audited)) == {(project, slug(claim)) for project, claim, *_ in claims()}
