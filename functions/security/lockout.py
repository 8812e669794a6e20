"""When does a password count no more, even the right one?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from functions.domain.setting import positive
from functions.security.account import Attempts

#: Wrong passwords in a row that lock an account.
MOST_WRONG = 5
#: Wrong passwords are forgotten a day after the last one.
_KEPT_SECONDS = 24 * 3600


class Lockout:
    """Setting: SLUICE_LOCK_SECONDS (900), how long an account is locked."""

    def __init__(self, seconds: float = 900) -> None:
        self._pause = timedelta(seconds=seconds)
        #: How long attempts are to be kept.
        self.kept_seconds = _KEPT_SECONDS + int(seconds)

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Lockout:
        """Raises ValueError for a setting that is no number above zero."""
        return cls(float(positive(environ, "SLUICE_LOCK_SECONDS", "900")))

    def is_locked(self, attempts: Attempts, now: datetime) -> bool:
        """Does no password count now?"""
        return attempts.locked_until is not None and now < attempts.locked_until

    def count(self, attempts: Attempts, now: datetime) -> Attempts:
        """Count a wrong password. After a lock the counting begins anew."""
        wrong = 1 if attempts.locked_until else attempts.wrong + 1
        return Attempts(wrong, now + self._pause if wrong >= MOST_WRONG else None)
