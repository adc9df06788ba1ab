"""Named tokens over HTTP: what each is for, how long it is good, and what is kept and told of it."""

from __future__ import annotations

import json
import logging
import shutil
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clustergraph.pipeline.writes import Writer
from clustergraph.release.access_tokens import FILE, AccessTokens, last_day
from clustergraph.settings import Settings
from clustergraph.web.app import create_app
from clustergraph.web.authorisation import Token, Writing
from tests.commands import run
from tests.served import SECRET

LIMITS = Settings(write_seconds=60, write_bytes=50_000, validation_bytes=1_000)
DATA = "<urn:a> <urn:b> <urn:c> .\n" * 1000
TURTLE = {"Content-Type": "text/turtle", "Accept": "application/json"}


@pytest.fixture
def root(small_built: Path, tmp_path: Path) -> Path:
    shutil.copytree(small_built, tmp_path / "project", symlinks=True)
    return tmp_path / "project"


@pytest.fixture
def tokens(root: Path) -> AccessTokens:
    return AccessTokens(root / ".clustergraph")


@pytest.fixture
def client(root: Path) -> Iterator[TestClient]:
    releases = root / ".clustergraph"
    writing = Writing(None, Writer(root, releases, LIMITS))
    with TestClient(create_app(releases, LIMITS, writing, root)) as client:
        yield client


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def insert(client: TestClient, headers: dict[str, str], name: str = "x"):
    update = f'INSERT DATA {{ GRAPH m:summary {{ organisation:{name} a cg:Cluster ; skos:prefLabel "{name}"@en }} }}'
    return client.post("/update", data={"update": update}, headers={"Accept": "application/json", **headers})


def test_a_service_that_runs_takes_changes_once_there_is_a_token_and_logs_its_name(
    client: TestClient, tokens: AccessTokens, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert insert(client, bearer(SECRET)).status_code == 403
    secret = run(root, "token", "make", "harvester", "--scope", "write").stdout.strip()
    with caplog.at_level(logging.INFO, logger="clustergraph.web"):
        answer = insert(client, bearer(secret))
        assert insert(client, bearer(secret + "x")).status_code == 401
    assert answer.json()["outcome"] == "written"
    (line,) = [record.fields for record in caplog.records if record.getMessage() == "write"]
    assert (line["token"], line["kind"], line["outcome"]) == ("harvester", "update", "written")
    assert line["release"] == answer.json()["release"]
    assert secret not in str([record.__dict__ for record in caplog.records])
    assert tokens.listed["harvester"].used >= tokens.listed["harvester"].made
    assert run(root, "token", "revoke", "harvester").returncode == 0
    refused = insert(client, bearer(secret))
    assert (refused.status_code, "harvester was revoked" in refused.json()["detail"]) == (401, True)
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]


def test_only_a_digest_is_kept_in_a_file_of_the_owner(tokens: AccessTokens, root: Path) -> None:
    secret = tokens.make("one", "write", "")
    path = root / ".clustergraph" / FILE
    assert len(secret) > 40
    assert secret not in path.read_text()
    assert secret.removeprefix("cg_") not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    tokens.revoke("one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_token_that_has_expired_says_so(client: TestClient, tokens: AccessTokens, root: Path) -> None:
    secret = tokens.make("old", "write", last_day(0))
    assert insert(client, bearer(secret)).status_code == 200
    path, yesterday = root / ".clustergraph" / FILE, (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    listed = json.loads(path.read_text())
    listed[0]["expires"] = yesterday
    path.write_text(json.dumps(listed))
    refused = insert(client, bearer(secret))
    assert (refused.status_code, refused.json()["detail"]) == (401, f"the token old expired on {yesterday}")
    fresh = tokens.make("old", "write", "")
    assert insert(client, bearer(fresh), "y").status_code == 200


def test_a_token_for_validation_is_not_for_writing(client: TestClient, tokens: AccessTokens) -> None:
    secret = tokens.make("checker", "validate", "")
    tokens.make("other", "write", "")
    refused = insert(client, bearer(secret))
    assert refused.status_code == 403
    assert "checker is for validate, and this needs one for write" in refused.json()["detail"]
    assert 'error="insufficient_scope", scope="write"' in refused.headers["www-authenticate"]


def test_with_a_token_more_is_validated(client: TestClient, tokens: AccessTokens) -> None:
    checker, writer = tokens.make("checker", "validate", ""), tokens.make("writer", "write", "")
    refused = client.post("/validate", content=DATA, headers=TURTLE)
    assert (refused.status_code, refused.json()["limit"]["name"]) == (413, "validation_bytes")
    for secret in (checker, writer):
        assert client.post("/validate", content=DATA, headers={**TURTLE, **bearer(secret)}).status_code == 200
    longer = client.post("/validate", content=DATA * 10, headers={**TURTLE, **bearer(checker)})
    assert (longer.status_code, longer.json()["limit"]["name"]) == (413, "write_bytes")
    assert client.post("/validate", content="", headers={**TURTLE, **bearer("cg_wrong")}).status_code == 401


def test_the_token_of_the_settings_stays_good_beside_them(root: Path, tokens: AccessTokens) -> None:
    writing = Writing(Token(SECRET), Writer(root, root / ".clustergraph", LIMITS))
    named = tokens.make("named", "write", "")
    with TestClient(create_app(root / ".clustergraph", LIMITS, writing, root)) as client:
        assert insert(client, bearer(SECRET)).status_code == 200
        assert insert(client, bearer(named), "y").status_code == 200
        tokens.revoke("named")
        assert insert(client, bearer(SECRET), "z").status_code == 200
        assert client.post("/validate", content=DATA, headers={**TURTLE, **bearer(SECRET)}).status_code == 200


def test_use_is_not_written_each_time(client: TestClient, tokens: AccessTokens, root: Path) -> None:
    secret = tokens.make("busy", "validate", "")
    small = {**TURTLE, **bearer(secret)}
    assert client.post("/validate", content="<urn:a> <urn:b> 1 .", headers=small).status_code == 200
    before = (root / ".clustergraph" / FILE).stat().st_mtime_ns
    time.sleep(0.01)
    assert client.post("/validate", content="<urn:a> <urn:b> 2 .", headers=small).status_code == 200
    assert (root / ".clustergraph" / FILE).stat().st_mtime_ns == before


def test_a_file_of_tokens_that_is_damaged_lets_nobody_in(client: TestClient, tokens: AccessTokens, root: Path) -> None:
    secret = tokens.make("one", "write", "")
    (root / ".clustergraph" / FILE).write_text("[{")
    refused = insert(client, bearer(secret))
    assert refused.status_code == 500
    assert "tokens of this service cannot be read" in refused.json()["detail"]
    assert str(root) not in refused.text
