"""What fastavro is told of numbers and times, so that nothing is rounded or guessed.

fastavro rounds a decimal that has more digits than its schema says, and takes a time without a
zone for the machine's own; here both are errors. A Decimal whose type says no precision is text
of the logical type `exact-decimal`: those who do not know that see the digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from fastavro import read, write

EXACT = "exact-decimal"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def install() -> None:
    """Tell fastavro; doing so twice does no harm."""
    readers: dict[str, Any] = read.LOGICAL_READERS
    readers["bytes-decimal"] = readers["fixed-decimal"] = _read_decimal
    readers[f"string-{EXACT}"] = _read_exact
    writers: dict[str, Any] = write.LOGICAL_WRITERS
    writers["bytes-decimal"] = _write_decimal
    writers[f"string-{EXACT}"] = _write_exact
    writers["long-timestamp-micros"] = _write_time


def decimal_bytes(value: Decimal, precision: int, scale: int) -> bytes:
    """Return a decimal as Avro writes it; raises ValueError when it does not fit exactly."""
    sign, digits, exponent = _finite(value).as_tuple()
    shift = int(exponent) + scale
    if shift > precision:  # before a power of absurd size is made
        raise ValueError(f"A decimal has more than {precision} digits.")
    number: int = int("".join(map(str, digits)))
    if shift < 0 and number % 10**-shift:
        raise ValueError(f"{value} has more than {scale} digits after the point.")
    number = number * 10**shift if shift >= 0 else number // 10**-shift
    if number >= 10**precision:
        raise ValueError(f"{value} has more than {precision} digits.")
    number = -number if sign else number
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError(f"A decimal is {value}; expected a number.")
    return value


def _read_decimal(data: bytes, writer: Mapping[str, Any], reader: Any = None) -> Decimal:
    number = int.from_bytes(data, "big", signed=True)
    if abs(number) >= 10 ** writer["precision"]:
        raise ValueError(f"A decimal has more than {writer['precision']} digits.")
    digits = tuple(map(int, str(abs(number))))
    return Decimal((number < 0, digits, -writer.get("scale", 0)))


def _read_exact(data: str, writer: Any, reader: Any = None) -> Decimal:
    try:
        return _finite(Decimal(data))
    except InvalidOperation:
        raise ValueError(f"A decimal is {data[:40]!r}; expected a number.") from None


def _write_decimal(data: Any, schema: Mapping[str, Any]) -> Any:
    if not isinstance(data, Decimal):
        return data
    return decimal_bytes(data, schema["precision"], schema.get("scale", 0))


def _write_exact(data: Any, schema: Any) -> Any:
    return str(_finite(data)) if isinstance(data, Decimal) else data


def _write_time(data: Any, schema: Any) -> Any:
    if not isinstance(data, datetime):
        return data
    if data.tzinfo is None:
        raise ValueError(f"The time {data.isoformat()} has no zone.")
    return (data - EPOCH) // timedelta(microseconds=1)
