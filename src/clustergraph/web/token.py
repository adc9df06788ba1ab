"""The token with which a client may change the graph."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from clustergraph.config import VARIABLE_PREFIX, SettingError

VARIABLE: Final = VARIABLE_PREFIX + "TOKEN"
FILE_VARIABLE: Final = VARIABLE_PREFIX + "TOKEN_FILE"
SHORTEST: Final = 16
"""How many characters a token has at least."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_BEARER: Final = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


class Token:
    """A secret that is kept only as a digest."""

    def __init__(self, secret: str) -> None:
        """Take a secret.

        Raises:
            SettingError: it is too short, or cannot be sent in a header.
        """
        if len(secret) < SHORTEST or not _TOKEN.fullmatch(secret):
            raise SettingError(
                "the token for changes cannot be used",
                advice=f"give it {SHORTEST} or more letters, digits or ._~+/-, such as from: openssl rand -hex 32",
            )
        self._digest = _digest(secret)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Token | None:
        """Return the token in ``CLUSTERGRAPH_TOKEN``, or in the file that ``CLUSTERGRAPH_TOKEN_FILE`` names.

        >>> Token.from_environment({}) is None
        True

        Raises:
            SettingError: both are given, the file cannot be read, or the token cannot be used.
        """
        secret, path = environment.get(VARIABLE, ""), environment.get(FILE_VARIABLE, "")
        if secret and path:
            raise SettingError(f"{VARIABLE} and {FILE_VARIABLE} are both given", advice="leave one of them out")
        if path:
            try:
                secret = Path(path).read_text("ascii").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingError(f"the token in {path} cannot be read", advice="see " + FILE_VARIABLE) from error
            return cls(secret)
        return cls(secret) if secret else None

    def fits(self, authorization: str) -> bool:
        """Whether an ``Authorization`` header has this token; takes equally long wherever it differs.

        >>> Token("correct-horse-battery").fits("Bearer correct-horse-battery")
        True
        """
        given = _BEARER.fullmatch(authorization)
        return hmac.compare_digest(self._digest, _digest(given[1] if given else ""))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
