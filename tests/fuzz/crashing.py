"""Something to be found: a decoder that cannot stand one byte."""

from __future__ import annotations

import ctypes
from typing import Any

from runtime.record import Record
from tests.fuzz.decoder import avro, convert, specs

__all__ = ["avro", "convert", "read", "round_trip", "specs"]


def read(spec: Any, record: Record) -> str:
    """Crash as a program in C does."""
    if b"\x00" in record.value:
        ctypes.string_at(0)
    return "read"


def round_trip(value: bytes) -> str:
    """Nothing to be seen here."""
    return "read"
