"""`clustergraph token`: tokens are made, shown once, listed and revoked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import run


def test_a_token_is_shown_once_and_listed_without_its_secret(tmp_path: Path) -> None:
    made = run(tmp_path, "--releases", "kept", "token", "make", "harvester", "--scope", "write", "--days", "90")
    assert made.returncode == 0
    secret = made.stdout.strip()
    assert secret not in made.stderr
    listed = run(tmp_path, "--releases", "kept", "token", "list")
    assert secret not in listed.stdout
    assert all(word in listed.stdout for word in ("harvester", "write", "never", "good"))
    (told,) = json.loads(run(tmp_path, "--releases", "kept", "token", "list", "--format", "json").stdout)
    assert (told["name"], told["scope"], "sha256" in told) == ("harvester", "write", False)
    assert run(tmp_path, "--releases", "kept", "token", "revoke", "harvester").returncode == 0
    assert "revoked" in run(tmp_path, "--releases", "kept", "token", "list").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["make", "harvester", "--scope", "write"], "already"),
        (["make", "Not A Name", "--scope", "write"], "small letters"),
        (["make", "settings", "--scope", "write"], "other than settings"),
        (["make", "x", "--scope", "all"], "scope"),
        (["make", "x"], "scope"),
        (["make", "x", "--scope", "write", "--expires", "soon"], "give a day"),
        (["make", "x", "--scope", "write", "--expires", "2020-01-01"], "is over"),
        (["make", "x", "--scope", "write", "--expires", "never", "--days", "3"], "both"),
        (["revoke", "nobody"], "there is no token"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, words: list[str], says: str) -> None:
    assert run(tmp_path, "--releases", "kept", "token", "make", "harvester", "--scope", "validate").returncode == 0
    done = run(tmp_path, "--releases", "kept", "token", *words)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_token_without_end_and_none_at_all(tmp_path: Path) -> None:
    assert "there are no tokens" in run(tmp_path, "--releases", "kept", "token", "list").stderr
    run(tmp_path, "--releases", "kept", "token", "make", "x", "--scope", "validate", "--expires", "never")
    (told,) = json.loads(run(tmp_path, "--releases", "kept", "token", "list", "--format", "json").stdout)
    assert told["expires"] == ""
