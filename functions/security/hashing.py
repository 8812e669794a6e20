"""How is a password kept, and how is one compared?

scrypt of Python's own hashlib (RFC 7914), with the parameters that OWASP's password storage sheet
names for 32 MiB: N=2^15, r=8, p=3. Written in PHC string format, with its parameters: they can be
raised, and the hashes of before still count.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import threading
from collections.abc import Mapping

#: Binary logarithm of N, and p; r is always 8.
LOG_N, PARALLEL = 15, 3
_BLOCK = 8
_SALT_BYTES, _HASH_BYTES = 16, 32
#: Hashes made at the same time: each takes 32 MiB and most of a core.
MOST_AT_ONCE = 4


class Hashing:
    """Makes and compares hashes; either takes about a quarter of a second, to slow guessing down.

    Safe to use from many threads; no more than four hash at once, the others wait.
    """

    def __init__(self, log_n: int = LOG_N, parallel: int = PARALLEL) -> None:
        self._log_n, self._parallel = log_n, parallel
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        # Compared with when there is no such user: that must take as long as when there is one.
        self._nobody = self._written(os.urandom(_SALT_BYTES), os.urandom(_HASH_BYTES))

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Hashing:
        """It has no setting."""
        return cls()

    def hash(self, password: str) -> str:
        """Return the password's hash, with a salt of its own."""
        salt = os.urandom(_SALT_BYTES)
        return self._written(salt, self._scrypt(password, salt, self._log_n, self._parallel))

    def matches(self, password: str, known: str | None) -> bool:
        """Is it the password of this hash? With None it is not, which takes as long to say."""
        _, _, parameters, salt, digest = (known or self._nobody).split("$")
        log_n, _, parallel = (int(part.partition("=")[2]) for part in parameters.split(","))
        found = self._scrypt(password, _bytes(salt), log_n, parallel)
        return hmac.compare_digest(found, _bytes(digest)) and known is not None

    def _written(self, salt: bytes, digest: bytes) -> str:
        parameters = f"ln={self._log_n},r={_BLOCK},p={self._parallel}"
        return f"$scrypt${parameters}${_text(salt)}${_text(digest)}"

    def _scrypt(self, password: str, salt: bytes, log_n: int, parallel: int) -> bytes:
        with self._places:
            return hashlib.scrypt(
                password.encode(),
                salt=salt,
                n=2**log_n,
                r=_BLOCK,
                p=parallel,
                # What it needs is 128 * r * (N + p); OpenSSL's own limit is 32 MiB flat.
                maxmem=2 * 128 * _BLOCK * (2**log_n + parallel),
                dklen=_HASH_BYTES,
            )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
