"""The words by which tables call their columns."""

import tomllib
from collections import defaultdict

from clustergraph.questions.names import plain
from tests.conftest import ROOT

WORDS = tomllib.loads((ROOT / "imports" / "headings.toml").read_text("utf-8"))


def test_every_column_has_headings_in_eight_languages() -> None:
    languages = {"en", "fr", "de", "it", "es", "pt", "pl", "da"}
    assert {
        column: set(words) for column, words in WORDS.items() if set(words) != languages or not all(words.values())
    } == {}


def test_a_heading_means_one_column() -> None:
    columns = defaultdict(set)
    for column, words in WORDS.items():
        for heading in (each for language in words.values() for each in language):
            columns[plain(heading).replace(" ", "")].add(column)
    assert {heading: found for heading, found in columns.items() if len(found) > 1} == {}
