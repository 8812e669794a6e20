"""Avro for the fuzzer: schemas of every kind, a value of each, and what a record makes of it."""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from runtime.avro.codec import Codec
from runtime.avro.topics import AvroTopics
from tests.runtime.avro.making import Registry, fields
from tests.runtime.avro.making import framed as written

TOPIC = "avro"

_LINE = fields("Line", product="string", quantity="int", price="double")
_ORDER = fields(
    "Order",
    id="string",
    customerId=["null", "string", "long"],
    state={"type": "enum", "name": "State", "symbols": ["CREATED", "FAILED"]},
    price={"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    lines=["null", {"type": "array", "items": _LINE}],
)
_ODDS = fields(
    "Odds",
    data={"type": "map", "values": ["null", "bytes", "string", {"type": "array", "items": "int"}]},
    at={"type": "long", "logicalType": "timestamp-micros"},
    millis={"type": "long", "logicalType": "timestamp-millis"},
    local={"type": "long", "logicalType": "local-timestamp-millis"},
    day={"type": "int", "logicalType": "date"},
    hour={"type": "int", "logicalType": "time-millis"},
    uuid={"type": "string", "logicalType": "uuid"},
    exact={"type": "string", "logicalType": "exact-decimal"},
    fixed={"type": "fixed", "name": "Eight", "size": 8},
    real="float",
)
_LINES = [{"product": "a", "quantity": 1, "price": 0.5}] * 2
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_VALUES: list[tuple[Any, Any]] = [
    (
        _ORDER,
        {
            "id": "o-1",
            "customerId": 7,
            "state": "FAILED",
            "price": Decimal("1.25"),
            "lines": _LINES,
        },
    ),
    (
        _ODDS,
        {
            "data": {"a": None, "b": b"\xff", "c": "c", "d": [1, 2]},
            "at": _MOMENT,
            "millis": _MOMENT,
            "local": _MOMENT.replace(tzinfo=None),
            "day": date(2026, 1, 1),
            "hour": 1000,
            "uuid": "00000000-0000-0000-0000-000000000007",
            "exact": "1.10",
            "fixed": b"12345678",
            "real": 0.5,
        },
    ),
    ({"type": "array", "items": ["string", "null"]}, ["a", None]),
    (["null", "string", "double"], "a"),
]
_registry = Registry()
_SEEDS = [written(_registry.add(schema), schema, value) for schema, value in _VALUES]
# By these nothing may be read: one nests without end, one says much in a byte.
_registry.add(fields("Node", next=["null", "Node"]))
_registry.add({"type": "array", "items": "null"})
_NUMBERS = len(_registry.schemas) + 1  # and one that nobody knows

TOPICS = AvroTopics([TOPIC], Codec(_registry))


def framed(value: bytes) -> bytes:
    """A value that begins as Avro does: the bytes as they are, or spoiling a good one with them."""
    dice = zlib.crc32(value)
    if dice % 3 == 0:
        return b"\0" + (1 + dice % _NUMBERS).to_bytes(4, "big") + value
    seed = _SEEDS[dice % len(_SEEDS)]
    at = 5 + dice // 7 % (len(seed) - 4)
    return seed[:at] + value[: dice % 5] + seed[at + dice // 11 % 3 :]
