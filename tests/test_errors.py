"""Errors are the same in another process, whatever their constructors ask for."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from clustergraph.errors import ClustergraphError, OverLimitError, ResultTooLargeError, SourceError, Where
from clustergraph.sparql.parser import explain

ERRORS = (
    SourceError("wrong", where=Where(Path("a.ttl"), 3), advice="mend it"),
    OverLimitError("too long", limit="query_seconds", value=2.5, advice="ask for less"),
    ResultTooLargeError(10),
    explain("ASK { ?s }", "error at 1:10: expected something"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_travels(error: ClustergraphError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
