"""A time as a person gives it: RFC 3339, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from local.errors import Misuse

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment_of(text: str, name: str, now: datetime | None = None) -> datetime:
    """Read `2010-12-01T08:26:00Z`, or `2h` for two hours ago (s, m, h, d, w).

    Raises Misuse that names the option, `name`.
    """
    ago = re.fullmatch(r"(\d{1,6})([smhdw])", text)
    try:
        if ago:
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.tzinfo is None:
        raise Misuse(
            f"{name} is {text!r}; expected RFC 3339 with a zone, such as 2010-12-01T08:26:00Z, "
            "or how long ago, such as 30m, 2h or 7d."
        )
    return found
