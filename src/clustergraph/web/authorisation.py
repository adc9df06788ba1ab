"""Who may change the graph, or have much validated: clients with a token of the settings, or one that is named."""

from __future__ import annotations

import hmac
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import anyio
from starlette.requests import Request

from clustergraph.pipeline.writes import Writer
from clustergraph.release.access_tokens import OF_SETTINGS, AccessToken, AccessTokens, TokenError, digest
from clustergraph.settings import VARIABLE_PREFIX, SettingError
from clustergraph.web.middleware import event
from clustergraph.web.problems import RequestError, bad_request

_VARIABLE: Final = VARIABLE_PREFIX + "TOKEN"
_FILE_VARIABLE: Final = VARIABLE_PREFIX + "TOKEN_FILE"
_TOKEN: Final = re.compile(r"(?=.{16})[A-Za-z0-9._~+/-]+=*")
_BEARER: Final = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_IN_ADDRESS: Final = ("token", "access_token", "bearer", "authorization")
_ADVICE: Final = "send it as: Authorization: Bearer …"


class Token:
    """The one secret that the settings have, kept only as a digest."""

    def __init__(self, secret: str) -> None:
        """Take a secret that is long enough and can be sent in a header."""
        if not _TOKEN.fullmatch(secret):
            advice = "give it 16 or more letters, digits or ._~+/-, such as from: openssl rand -hex 32"
            raise SettingError("the token for changes cannot be used", advice=advice)
        self._digest = digest(secret)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Token | None:
        """Return the token in ``CLUSTERGRAPH_TOKEN``, or in the file that ``CLUSTERGRAPH_TOKEN_FILE`` names, if any."""
        secret, path = environment.get(_VARIABLE, ""), environment.get(_FILE_VARIABLE, "")
        if secret and path:
            raise SettingError(f"{_VARIABLE} and {_FILE_VARIABLE} are both given", advice="leave one of them out")
        if not path:
            return cls(secret) if secret else None
        try:
            return cls(Path(path).read_text("ascii").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"the token in {path} cannot be read", advice="see " + _FILE_VARIABLE) from error

    def fits(self, secret: str) -> bool:
        """Whether a secret is this one; takes equally long wherever it differs.

        >>> Token("correct-horse-battery").fits("correct-horse-battery")
        True
        """
        return hmac.compare_digest(self._digest, digest(secret))


@dataclass(frozen=True)
class Writing:
    """What a service needs to take changes: who makes them, and the token of the settings, if they have one."""

    token: Token | None
    writer: Writer


class Access:
    """Who may do what in a service."""

    def __init__(self, root: Path, writing: Writing | None) -> None:
        """Take the folder that has the releases and the named tokens."""
        self._tokens = AccessTokens(root)
        self._own = writing and writing.token
        self._may_write = writing is not None

    @property
    def taking_changes(self) -> bool:
        """Whether anybody may make changes, as far as that can be found out."""
        return self._may_write and bool(self._own or any(each.grants("write") for each in self._listed().values()))

    def _listed(self) -> Mapping[str, AccessToken]:
        try:
            return self._tokens.listed
        except TokenError as error:
            event(logging.ERROR, "tokens cannot be read", reason=str(error))
            refused = "the tokens of this service cannot be read"
            advice = "whoever runs it: clustergraph token list"
            raise RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, refused, advice) from error

    def bearer(self, headers: list[str], scope: str) -> AccessToken:
        """Return whose ``Authorization`` headers these are, if that token is good for something.

        Raises:
            RequestError: it is none, not good any more (401), or good for something else (403).
        """
        given = _BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
        secret = given[1] if given else ""
        if self._own and self._own.fits(secret):
            return AccessToken(OF_SETTINGS, "write", "", "")
        self._listed()
        found = self._tokens.find(secret)
        if found is None or found.ended:
            wrong = found.ended if found else "the token is not the right one" if headers else "this needs a token"
            raise RequestError(HTTPStatus.UNAUTHORIZED, wrong, _ADVICE, WWW_Authenticate=_challenge(bool(headers)))
        if not found.grants(scope):
            refused = f"the token {found.name} is for {found.scope}, and this needs one for {scope}"
            challenge = f'Bearer realm="clustergraph", error="insufficient_scope", scope="{scope}"'
            advice = f"whoever runs the service: clustergraph token make NAME --scope {scope}"
            raise RequestError(HTTPStatus.FORBIDDEN, refused, advice, WWW_Authenticate=challenge)
        return found

    async def note_use(self, token: AccessToken) -> None:
        """Write that a token is used, now and then."""
        if token.name != OF_SETTINGS:
            await anyio.to_thread.run_sync(self._tokens.note_use, token)


def _challenge(given: bool) -> str:
    return 'Bearer realm="clustergraph"' + (', error="invalid_token"' if given else "")


def room(request: Request) -> int | None:
    """Return how many bytes an update may have from this client; None if it may send none."""
    access: Access = request.app.state.access
    given = request.headers.getlist("authorization")
    if not given or not access.taking_changes:
        return None
    try:
        access.bearer(given, "write")
    except RequestError:
        return None
    return int(request.app.state.service.settings.write_bytes)


async def authorised(request: Request) -> None:
    """Look whether this client may make changes; the request keeps the name of its token.

    Raises:
        RequestError: nobody may, or the client has not shown one.
    """
    access: Access = request.app.state.access
    if not access.taking_changes:
        advice = "change the files of the graph and build a new release; or whoever runs it: clustergraph token make"
        raise RequestError(HTTPStatus.FORBIDDEN, "this service is read-only, so changes are refused", advice)
    request.state.token = (await _shown(request, "write")).name


async def trusted(request: Request) -> bool:
    """Return whether a client shows a token for validation; `RequestError` if it shows one that is not good for it."""
    if "authorization" not in request.headers:
        return False
    await _shown(request, "validate")
    return True


async def _shown(request: Request, scope: str) -> AccessToken:
    access: Access = request.app.state.access
    if any(name.lower() in _IN_ADDRESS for name in request.query_params):
        raise bad_request("a token is never sent in an address", _ADVICE)
    found = access.bearer(request.headers.getlist("authorization"), scope)
    await access.note_use(found)
    return found
