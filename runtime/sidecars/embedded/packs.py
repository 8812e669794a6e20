"""How are the records of one append packed into one row of the log?

A row per record costs little by itself, but `sqlite3` lets go of the interpreter's lock at every
row it steps over, and beside one busy function thread getting it back takes up to 5 ms: 500 rows
took 470 ms instead of 0.8 (measured). So the records of one append to one topic are one row.
Its body is msgpack, one array a record, without a head: bodies that follow one another in the
table are joined by SQLite and decoded in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from runtime.record import Message, Record

#: A pack is read whole, so these bound what a reader of few records carries in memory.
MOST_RECORDS = 1_000
MOST_BYTES = 1 << 20

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(
    list[tuple[int, int, str | None, bytes, dict[str, str], int]], strict=False
)


class Placed(NamedTuple):
    """A message that has its place in the log."""

    message: Message
    partition: int
    offset: int
    timestamp_ms: int


class Pack(NamedTuple):
    """The records of one append; `spans` is partition -> (first offset, offset after the last)."""

    body: bytes
    records: int
    newest_ms: int
    spans: dict[int, tuple[int, int]]


def pack(placed: Iterable[Placed]) -> Iterator[Pack]:
    """Yield packs of the records in their order; usually one."""
    body = bytearray()
    records, newest_ms = 0, 0
    spans: dict[int, tuple[int, int]] = {}
    for message, partition, offset, timestamp_ms in placed:
        entry = (partition, offset, message.key, message.value, message.headers, timestamp_ms)
        body += _encoder.encode(entry)
        spans[partition] = (spans[partition][0] if partition in spans else offset, offset + 1)
        newest_ms = max(newest_ms, timestamp_ms)
        records += 1
        if records == MOST_RECORDS or len(body) >= MOST_BYTES:
            yield Pack(bytes(body), records, newest_ms, spans)
            body, records, newest_ms, spans = bytearray(), 0, 0, {}
    if records:
        yield Pack(bytes(body), records, newest_ms, spans)


def unpack(topic: str, body: bytes, records: int) -> Sequence[Record]:
    """Return the records of one body or of several bodies joined; `records` is their number."""
    head = b"\xdd" + records.to_bytes(4)  # msgpack: an array of this many elements follows
    return [Record(topic, *entry) for entry in _decoder.decode(head + body)]
