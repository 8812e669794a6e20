"""How is a record shown on one line?"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from local.masking import Mask
from runtime.printable import printable
from runtime.record import Record

if TYPE_CHECKING:
    from local.brokers.base import Broker


def as_json(record: Record, mask: Mask) -> bytes:
    """Write the record as one line of JSON, see `as_object`."""
    return msgspec.json.encode(as_object(record, mask))


def as_object(record: Record, mask: Mask) -> dict[str, Any]:
    """Return `{topic, partition, offset, key, time, headers, value}`, to be encoded by msgspec.

    A value that is JSON stands there as it was written, so that no number loses a digit; see
    `Mask.payload` for others.
    """
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": mask.key(record.key),
        "time": time_of(record),
        "headers": mask.headers(record.headers),
        **mask.payload(record.value),
    }


def as_text(record: Record, mask: Mask) -> str:
    """Write one line for people: partition offset key time headers value."""
    shown = mask.headers(record.headers)
    headers = " ".join(f"{name}={value}" for name, value in shown.items())
    key = "-" if record.key is None else mask.key(record.key)
    place = f"{record.partition}:{record.offset}"
    line = f"{place}  {key}  {time_of(record)}  [{headers}]  {_shown(record.value, mask)}"
    return printable(line)


def time_of(record: Record) -> str:
    """Return the record's own time, RFC 3339 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def newest(broker: Broker, topic: str, count: int) -> Iterator[Record]:
    """Yield the `count` newest records of a topic as it is now, oldest first."""
    marks = broker.watermarks(topic)
    ends = {at: high for at, (_, high) in marks.items()}
    # The newest N of the topic are among the newest N of each partition.
    starts = {at: max(low, high - count) for at, (low, high) in marks.items()}
    if starts == ends:
        return
    found = broker.read(topic, from_offsets=starts)
    yield from latest((r for r in found if r.offset < ends[r.partition]), count)


def latest(records: Iterable[Record], count: int) -> Iterator[Record]:
    """Yield the `count` newest records, oldest first."""
    newest = heapq.nlargest(count, records, key=_age)
    yield from sorted(newest, key=_age)


def _age(record: Record) -> tuple[int, int, int]:
    return record.timestamp_ms, record.offset, record.partition


def _shown(raw: bytes, mask: Mask) -> str:
    if not raw:
        return "(tombstone)"
    found = mask.payload(raw)
    if isinstance(found["value"], msgspec.Raw):
        return bytes(found["value"]).decode()
    if found.get("encoding") == "base64":  # nothing in it is to be hidden
        return raw.decode("utf-8", "backslashreplace")
    return str(found["value"])
