"""How is a record shown on one line?"""

from __future__ import annotations

import base64
import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from runtime.record import Record


def as_json(record: Record) -> bytes:
    """Write the record as one line of JSON, see `as_object`."""
    return msgspec.json.encode(as_object(record))


def as_object(record: Record) -> dict[str, Any]:
    """Return `{topic, partition, offset, key, time, headers, value}`, to be encoded by msgspec.

    A value that is JSON stands there as it was written, so that no number loses a digit; other
    text is a string; bytes that are no UTF-8 are base64 and marked by `"encoding": "base64"`; a
    tombstone is null.
    """
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "time": time_of(record),
        "headers": record.headers,
        **_value(record.value),
    }


def as_text(record: Record) -> str:
    """Write one line for people: partition offset key time headers value."""
    headers = " ".join(f"{name}={value}" for name, value in record.headers.items())
    key = "-" if record.key is None else record.key
    place = f"{record.partition}:{record.offset}"
    return _printable(f"{place}  {key}  {time_of(record)}  [{headers}]  {_shown(record.value)}")


def time_of(record: Record) -> str:
    """Return the record's own time, RFC 3339 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def latest(records: Iterable[Record], count: int) -> Iterator[Record]:
    """Yield the `count` newest records, oldest first."""
    newest = heapq.nlargest(count, records, key=_age)
    yield from sorted(newest, key=_age)


def _age(record: Record) -> tuple[int, int, int]:
    return record.timestamp_ms, record.offset, record.partition


def _value(raw: bytes) -> dict[str, Any]:
    if not raw:
        return {"value": None}
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return {"value": base64.b64encode(raw).decode(), "encoding": "base64"}
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return {"value": text}
    # Line breaks can only stand between the tokens here: inside a string they are escaped.
    return {"value": msgspec.Raw(raw.replace(b"\r", b" ").replace(b"\n", b" "))}


def _shown(raw: bytes) -> str:
    if not raw:
        return "(tombstone)"
    return raw.decode("utf-8", "backslashreplace")


def _printable(text: str) -> str:
    """Escape control characters: a record must not move the cursor or recolour the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
