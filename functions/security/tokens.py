"""What does a token say, and is it ours? JSON Web Tokens (RFC 7519), signed with HS256."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
from msgspec import Struct

from functions.domain.setting import positive
from functions.security.signing_key import signing_key

_ALGORITHM = "HS256"
_ISSUER = "sluice/security"


class Token(Struct, frozen=True, kw_only=True):
    """What a token says: whose it is, and until when it counts."""

    id: str
    user_id: str
    version: int
    ends: datetime


class Tokens:
    """Makes and reads tokens. Settings: SLUICE_JWT_KEY, SLUICE_TOKEN_SECONDS (14400)."""

    def __init__(self, key: str, seconds: float = 4 * 3600) -> None:
        self._key, self._life = key, timedelta(seconds=seconds)

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Tokens:
        """Raises ValueError when there is no key; see `signing_key`."""
        return cls(signing_key(environ), float(positive(environ, "SLUICE_TOKEN_SECONDS", "14400")))

    def issue(self, user_id: str, version: int, now: datetime) -> tuple[str, Token]:
        """Return a new token, as text and as what it says."""
        # Whole seconds, as a token has them: it ends when it says so.
        ends = (now + self._life).replace(microsecond=0)
        token = Token(id=str(uuid4()), user_id=user_id, version=version, ends=ends)
        claims = {
            "iss": _ISSUER,
            "sub": user_id,
            "jti": token.id,
            "iat": int(now.timestamp()),
            "exp": int(ends.timestamp()),
            "ver": version,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM), token

    def read(self, text: str, now: datetime) -> Token | None:
        """Return what a token says; None when it is none of ours, or has ended."""
        try:
            claims = jwt.decode(
                text,
                self._key,
                algorithms=[_ALGORITHM],  # never the one that the token itself names
                issuer=_ISSUER,
                # The end is compared below: with the clock that functions are given.
                options={
                    "require": ["iss", "sub", "jti", "exp", "ver"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            token = Token(
                id=str(claims["jti"]),
                user_id=str(claims["sub"]),
                version=int(claims["ver"]),
                ends=datetime.fromtimestamp(int(claims["exp"]), UTC),
            )
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
            return None
        return token if now < token.ends else None
