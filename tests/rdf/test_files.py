"""Files that people write are read as text, or refused with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustergraph.errors import SourceError
from clustergraph.export.profiles import Profile
from clustergraph.pipeline import checks
from clustergraph.questions import question, rules
from clustergraph.rdf.files import text_of


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "e.rq"
    path.write_bytes(b"# one\r\n# two\nASK {} #\xff")
    with pytest.raises(SourceError, match=r"e\.rq:3: this is not UTF-8; save it"):
        text_of(path)
    path.write_bytes("é\r\nASK {}".encode())
    assert text_of(path) == "é\nASK {}"


@pytest.mark.parametrize("load", [checks.load, question.load, rules.load, Profile.read])
def test_every_reader_of_queries_refuses_it(tmp_path: Path, load) -> None:
    (tmp_path / "profile.yaml").write_text("{title: a, description: b, conforms_to: c}")
    (tmp_path / "e.rq").write_bytes(b"# a\nASK {} #\xff")
    with pytest.raises(SourceError, match=r"e\.rq:2: this is not UTF-8"):
        load(tmp_path)
