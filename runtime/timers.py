"""Durable timers: keys that are due at a time, found without listing the table.

Keys are kept in rows of ten seconds each. A row that has been read is closed, not deleted: a unit
of work that read it before and writes it after is refused (Conflict), so no timer is lost between
the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from runtime.rows import Rows, plain_key, row_key

#: Seconds of timers in one row: also how late a timer may be.
BUCKET_SECONDS = 10
#: How long a closed row is kept, far longer than any unit of work lasts.
CLOSED_SECONDS = 3600
#: Rows looked at in one call; a service that was down for days catches up over several calls.
MOST_BUCKETS = 2000
#: Keys returned in one call, give or take those of one row; the next call goes on.
MOST_KEYS = 2000
#: Timers are spread over this many rows by the partition that sets them.
LANES = 4


#: Keys in one row before it is put away: the open row is written again with every new key.
PART_SIZE = 500


class _Bucket(msgspec.Struct):
    """Ten seconds of one lane: the open keys, and how many full parts were put away."""

    keys: list[str] = []
    parts: int = 0
    closed: bool = False


class Timers:
    """Keys that are due later. In a test: `Timers()`."""

    def __init__(self, rows: Rows | None = None, name: str = "timers") -> None:
        self._rows = rows or Rows()
        self._name = name
        self._lane = _lane_number(self._rows.lane)

    def set(self, key: str, at: datetime) -> None:
        """Make the key due at `at`, or up to ten seconds later; raises ValueError without zone."""
        if at.tzinfo is None:
            raise ValueError(f"The timer of {key!r} at {at.isoformat()} has no zone; expected one.")
        bucket = max(_bucket_of(at), self._cursor())
        while (row := self._change(bucket)).closed:
            bucket += 1
        if len(row.keys) >= PART_SIZE:
            self._rows.put(self._part_key(bucket, self._lane, row.parts), row.keys)
            row = _Bucket([], row.parts + 1)
        row.keys.append(key)
        self._put(bucket, self._lane, row)

    def due(self, now: datetime) -> list[str]:
        """Return keys that are due, oldest first; they are not returned again.

        After a long time without a call they may be so many that further calls return the rest.
        They are removed in the transaction of this unit of work: if that fails, they stay due.
        """
        first: int | None = self._rows.get(self._cursor_key, int)
        if first is None:
            return []
        last = min(_bucket_of(now), first + MOST_BUCKETS // LANES)
        self._rows.load(
            self._row_key(bucket, lane) for bucket in range(first, last) for lane in range(LANES)
        )
        found: list[str] = []
        bucket = first
        while bucket < last and len(found) < MOST_KEYS:
            found += self._close(bucket)
            bucket += 1
        if bucket > first:
            self._rows.put(self._cursor_key, bucket)
        return found

    def pending(self) -> dict[str, datetime]:
        """What is set and not yet due, as far as this unit of work knows: for tests."""
        return {
            plain_key(key): _start_of(int(place.split("/")[0]))
            for place, bucket in self._rows.known(f"{self._name}/").items()
            if isinstance(bucket, _Bucket)
            for key in bucket.keys
        }

    def _close(self, bucket: int) -> Iterator[str]:
        for lane in range(LANES):
            row: _Bucket | None = self._rows.get(self._row_key(bucket, lane), _Bucket)
            self._put(bucket, lane, _Bucket(closed=True), ttl_seconds=CLOSED_SECONDS)
            if row:
                yield from self._take_parts(bucket, lane, row.parts)
                yield from row.keys

    def _take_parts(self, bucket: int, lane: int, parts: int) -> Iterator[str]:
        for part in range(parts):
            key = self._part_key(bucket, lane, part)
            yield from self._rows.get(key, list[str]) or []
            self._rows.put(key, None)

    def _cursor(self) -> int:
        """The first row not read yet. The first timer ever set lets reading begin now."""
        found: int | None = self._rows.get(self._cursor_key, int)
        if found is None:
            found = _bucket_of(self._rows.clock.now())
            self._rows.put(self._cursor_key, found)
        return found

    def _change(self, bucket: int) -> _Bucket:
        found: _Bucket | None = self._rows.change(self._row_key(bucket, self._lane), _Bucket)
        return found or _Bucket()

    def _put(self, bucket: int, lane: int, row: _Bucket, **options: Any) -> None:
        self._rows.put(self._row_key(bucket, lane), row, **options)

    @property
    def _cursor_key(self) -> str:
        return f"{self._name}.cursor"

    def _row_key(self, bucket: int, lane: int) -> str:
        return row_key(self._name, f"{bucket}/{lane}")

    def _part_key(self, bucket: int, lane: int, part: int) -> str:
        return row_key(self._name, f"{bucket}/{lane}/{part}")


def _bucket_of(at: datetime) -> int:
    return int(at.timestamp()) // BUCKET_SECONDS


def _start_of(bucket: int) -> datetime:
    return datetime.fromtimestamp(bucket * BUCKET_SECONDS, UTC)


def _lane_number(lane: str) -> int:
    digits = lane.rpartition("-")[2]
    return int(digits) % LANES if digits.isdigit() else 0
