"""Which text and which numbers may come in? And how is money multiplied and added exactly?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, Inexact, InvalidOperation
from hashlib import sha256
from typing import Annotated

from msgspec import Meta

#: An id or a name: a table key, part of a URL, a column of 256 characters in other systems.
Text = Annotated[str, Meta(min_length=1, max_length=256)]
#: An id that other systems write as text or as a whole number; it is kept as it came.
Ident = Text | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
#: A number of pieces: what fits into the 32-bit integer of an index or an Avro schema.
Pieces = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]

#: No price or amount reaches this, in either direction.
MONEY_BOUND = Decimal(10**12)
MONEY_DECIMALS = 9
#: 12 + 9 digits, times 10 of a quantity, over billions of lines. A result that did not fit would
#: raise instead of being rounded.
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
ZERO = Decimal(0)


def check_text(field: str, value: Ident | None) -> None:
    """Refuse control characters: they break log lines, mail headers and URLs. Raises ValueError."""
    if not isinstance(value, str) or value.isprintable():
        return
    if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in value):
        raise ValueError(f"`{field}` is {value!r}; expected text without control characters")


def check_money(field: str, value: Decimal | None) -> None:
    """Refuse NaN, infinities and numbers that could not be added up exactly. Raises ValueError."""
    if value is None:
        return
    if not value.is_finite() or not -MONEY_BOUND < value < MONEY_BOUND:
        raise ValueError(f"`{field}` is {value}; expected a number between -10^12 and 10^12")
    if _may_have_many_decimals(value) and value.as_tuple().exponent < -MONEY_DECIMALS:  # type: ignore[operator]
        raise ValueError(f"`{field}` is {value}; expected at most {MONEY_DECIMALS} decimals")


def _may_have_many_decimals(value: Decimal) -> bool:
    """Whether to count them: the tuple for it takes a microsecond, and every event has a price.

    Written out, many decimals are a long text; below 10^-6 they are written as a power of ten.
    """
    return len(str(value)) > MONEY_DECIMALS or value.adjusted() < -6


def check_date(field: str, value: str | None) -> None:
    """Refuse what is neither a date (2010-12-01) nor an RFC 3339 time with a zone."""
    if value is None:
        return
    try:
        moment(value)
    except ValueError:
        raise ValueError(
            f"`{field}` is {value!r}; expected a date such as 2010-12-01, "
            "or a time with its zone such as 2010-12-01T08:26:00Z"
        ) from None


def moment(value: str) -> datetime:
    """Return when that is: a date begins at midnight UTC. Raises ValueError."""
    if len(value) <= 10:
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError("no zone")
    return found


def times(price: Decimal, pieces: int) -> Decimal:
    """Multiply exactly, whatever the precision of the caller's decimal context."""
    return EXACT.multiply(price, pieces)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add exactly."""
    result = ZERO
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


def written(amount: Decimal) -> str:
    """Write an amount for people: at least two decimals, more only where it has them."""
    places = max(2, -int(amount.normalize(EXACT).as_tuple().exponent))
    return f"{amount:,.{places}f}"


def file_name(id: str) -> str:
    """Return a name that is safe in any folder or bucket, and different for every id.

    It reads like the id as far as that goes: `a/b` becomes `a-b-c14cddc0`. The digits at the end
    tell ids apart that differ in a replaced character, or in case only.
    """
    readable = "".join(char if char.isascii() and char.isalnum() else "-" for char in id)
    return f"{readable[:80]}-{sha256(id.encode()).hexdigest()[:8]}"
