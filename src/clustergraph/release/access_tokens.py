"""Who may do what over HTTP: named tokens with a scope and an end, of which only digests are kept, beside the releases.

The file is read again when it is another one, so what the command line changes is so at once in a service that runs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from clustergraph.errors import ClustergraphError
from clustergraph.rdf.files import UnwritableError, locked, told, whole

FILE: Final = "tokens.json"
"""The name of the file, beside the releases; only its owner can read it."""
SCOPES: Final = ("validate", "write")
"""What a token can be for; each includes those before it."""
OF_SETTINGS: Final = "settings"
"""What the one token is called that the settings of a service have."""
USUAL_DAYS: Final = 365
"""For how long a token is good unless that is said."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_PREFIX: Final = "cg_"
"""What a token begins with, so that a program that looks for secrets in texts finds it."""
_WAIT: Final = 10.0
_NOTED_EVERY: Final = timedelta(minutes=1)
"""The last use of a token is written once in this time at the most."""


class TokenError(ClustergraphError):
    """A token cannot be made, found or read."""


def digest(secret: str) -> str:
    """Return what is kept of a secret: a digest in hexadecimal digits.

    A token has 256 random bits, so a digest that takes long to compute would add nothing.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True)
class AccessToken:
    """A token without its secret."""

    name: str
    scope: str
    sha256: str
    made: str
    expires: str = ""
    """The last day on which it is good, in UTC; empty for none."""
    used: str = ""
    """When it was used last, to the minute or so."""
    revoked: str = ""

    def grants(self, scope: str) -> bool:
        """Return whether it is for something.

        >>> AccessToken("harvest", "write", "", "").grants("validate")
        True
        """
        return SCOPES.index(self.scope) >= SCOPES.index(scope)

    @property
    def ended(self) -> str:
        """Why it is not good any more; empty while it is.

        >>> AccessToken("harvest", "write", "", "", expires="2020-01-31").ended
        'the token harvest expired on 2020-01-31'
        """
        if self.revoked:
            return f"the token {self.name} was revoked on {self.revoked[:10]}"
        if self.expires and self.expires < _now()[:10]:
            return f"the token {self.name} expired on {self.expires}"
        return ""


class AccessTokens:
    """The tokens of one data root."""

    def __init__(self, root: Path) -> None:
        """Take the folder that has the releases."""
        self._path = root / FILE
        self._lock = root / f".{FILE}.lock"
        self._stamp: tuple[int, int, int] | None = None
        self._listed: Mapping[str, AccessToken] = {}

    @property
    def listed(self) -> Mapping[str, AccessToken]:
        """All tokens by name, with those that have ended; `TokenError` if the file is damaged."""
        try:
            found = os.stat(self._path)  # noqa: PTH116 - asked for every write
        except OSError:
            self._stamp, self._listed = None, {}
            return self._listed
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._stamp:
            self._listed, self._stamp = self._read(), stamp
        return self._listed

    def _read(self) -> dict[str, AccessToken]:
        try:
            return {each["name"]: AccessToken(**each) for each in json.loads(self._path.read_text("utf-8"))}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError) as error:
            advice = "put it right, or remove it and make tokens anew"
            raise TokenError(f"{self._path} cannot be read ({error!r})", advice=advice) from error

    def find(self, secret: str) -> AccessToken | None:
        """Return the token with a secret, good or ended; it takes equally long whichever it is."""
        wanted, found = digest(secret), None
        for each in self.listed.values():
            found = each if hmac.compare_digest(each.sha256, wanted) else found
        return found

    def make(self, name: str, scope: str, expires: str) -> str:
        """Make a token and return its secret, which is kept nowhere; one that has ended gives its name up.

        Raises:
            TokenError: the name is taken, or none; the last day is over.
        """
        if not _NAME.fullmatch(name) or name == OF_SETTINGS:
            advice = f"give it a name of small letters, digits and ._-, other than {OF_SETTINGS}"
            raise TokenError(f"a token cannot be called {name!r}", advice=advice)
        if expires and expires < _now()[:10]:
            raise TokenError(f"{expires} is over", advice="give a day to come")
        secret = _PREFIX + secrets.token_urlsafe(32)
        with self._changing() as listed:
            if name in listed and not listed[name].ended:
                raise TokenError(f"there is a token {name} already", advice="revoke it first, or take another name")
            listed[name] = AccessToken(name, scope, digest(secret), _now(), expires)
        return secret

    def revoke(self, name: str) -> AccessToken:
        """End a token now; `TokenError` if there is none of that name."""
        with self._changing() as listed:
            if name not in listed:
                known = ", ".join(listed) or "there are none"
                raise TokenError(f"there is no token {name!r}", advice=f"see: clustergraph token list ({known})")
            if not listed[name].revoked:
                listed[name] = replace(listed[name], revoked=_now())
            return listed[name]

    def note_use(self, token: AccessToken) -> None:
        """Write that a token is used, unless that was written just now, or nothing can be written here."""
        if token.used and datetime.now(UTC) - datetime.fromisoformat(token.used) < _NOTED_EVERY:
            return
        with suppress(UnwritableError, TokenError, OSError), self._changing() as listed:
            if token.name in listed:
                listed[token.name] = replace(listed[token.name], used=_now())

    @contextmanager
    def _changing(self) -> Iterator[dict[str, AccessToken]]:
        """Give all tokens to be changed, by one process at a time, and write them for nobody but the owner."""
        busy = TokenError("another process is changing the tokens", advice="try again")
        with told(self._path), locked(self._lock, _WAIT, busy):
            listed = self._read()
            yield listed
            with whole(self._path, private=True) as file:
                file.write(json.dumps([asdict(each) for each in listed.values()], indent=1).encode() + b"\n")


def last_day(days: int) -> str:
    """Return the last day of a token that is good for so many days."""
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
