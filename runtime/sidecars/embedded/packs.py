"""How are the records of one append packed into one row of the log?

A row per record costs little by itself, but `sqlite3` lets go of the interpreter's lock at every
row it steps over, and beside one busy function thread getting it back takes up to 5 ms: 500 rows
took 470 ms instead of 0.8 (measured). So the records of one append to one topic are one row.
Its body is msgpack, one array a record, without a head: bodies that follow one another in the
table are joined by SQLite and decoded in one go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from runtime.record import Record

#: A pack is read whole, so these bound what a reader of few records carries in memory.
MOST_RECORDS = 1_000
MOST_BYTES = 1 << 20
#: Bytes before the elements of an array of up to 15, and of up to 65,535 (msgpack, "array format").
_SHORT_HEAD, _HEAD = 1, 3
assert MOST_RECORDS < 1 << 16

#: As a pack has it: partition, offset, key, value, headers, time in milliseconds.
Entry = tuple[int, int, str | None, bytes, dict[str, str], int]

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Entry], strict=False)


class Pack(NamedTuple):
    """The records of one append; `spans` is partition -> (first offset, offset after the last)."""

    body: bytes
    records: int
    newest_ms: int
    spans: dict[int, tuple[int, int]]


def pack(entries: Sequence[Entry]) -> Iterator[Pack]:
    """Yield packs of the records, of which there is at least one, in order; usually one pack."""
    values = sum(len(entry[3]) for entry in entries)
    if len(entries) > 1 and (len(entries) > MOST_RECORDS or values > MOST_BYTES):
        yield from _halves(entries)  # before it is encoded: all of it may be very large
        return
    # Encoded together, which is faster than each by itself; `unpack` puts a head on again.
    body = _encoder.encode(entries)[_SHORT_HEAD if len(entries) < 16 else _HEAD :]
    if len(entries) > 1 and len(body) > MOST_BYTES:
        yield from _halves(entries)  # keys and headers are what is large
        return
    newest_ms = max(entry[5] for entry in entries)
    last = {entry[0]: entry[1] for entry in entries}
    first = {entry[0]: entry[1] for entry in reversed(entries)}
    spans = {partition: (first[partition], last[partition] + 1) for partition in last}
    yield Pack(body, len(entries), newest_ms, spans)


def _halves(entries: Sequence[Entry]) -> Iterator[Pack]:
    middle = len(entries) // 2
    yield from pack(entries[:middle])
    yield from pack(entries[middle:])


def unpack(topic: str, body: bytes, records: int) -> Sequence[Record]:
    """Return the records of one body or of several bodies joined; `records` is their number."""
    head = b"\xdd" + records.to_bytes(4)  # msgpack: an array of this many elements follows
    return [Record(topic, *entry) for entry in _decoder.decode(head + body)]
