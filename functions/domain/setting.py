"""Which numbers may an operator set, and what do we say to a wrong one?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation


def positive(environ: Mapping[str, str], name: str, default: str) -> Decimal:
    """Read a number above zero. Raises ValueError with the name, the value and the cure."""
    given = environ.get(name, default)
    try:
        value = Decimal(given)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value <= 0:
        raise ValueError(
            f"Setting {name!r} is {given!r}; expected a number above zero such as {default}."
        )
    return value
