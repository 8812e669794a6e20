"""Something to be found: a decoder that raises what nobody expects."""

from __future__ import annotations

from typing import Any

from runtime.record import Record
from tests.fuzz.decoder import avro, convert, specs

__all__ = ["avro", "convert", "read", "round_trip", "specs"]


def read(spec: Any, record: Record) -> str:
    """Fail where there is a backslash."""
    if b"\\" in record.value:
        raise KeyError("backslash")
    return "read"


def round_trip(value: bytes) -> str:
    """Nothing to be seen here."""
    return "read"
