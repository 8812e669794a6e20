"""Makes records out of other records: the same from the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from runtime.record import Record
from tests.hostile.records import Hostile, as_text

#: Longer ones are cut: it is not size that is looked for, and time is short.
MOST_BYTES = 20_000
#: What a parser may stumble over.
TOKENS = [
    *(b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\", b"\\u", b"\\ud800", b"\\u0000", b"null"),
    *(b"true", b"NaN", b"-", b"0", b"1e", b"1e999", b"-0.0", b"9" * 400, b"1E-99999999999"),
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\n"),
    *(b'"specversion":"1.0",', b'"data":', b'"data_base64":"', b'"id":', b'"time":"', b"%", b"=="),
    *(b"2026-01-01T00:00:00Z", b"9999-12-31T23:59:59.999999999Z", b"0000-00-00", b"[" * 2000),
]
NAMES = [
    *("content-type", "ce_specversion", "ce_id", "ce_source", "ce_time", "ce_subject", "ce_", "x"),
    *("sluice-id", "sluice-due", "sluice-attempts", "sluice-first-failed", "sluice-origin-offset"),
]
TEXTS = ["", "1.0", "1", "-1", "%", "%ff%00", "\x00", "é", "soon", "9" * 30, "x" * 500]
TEXTS += ["application/cloudevents+json", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59"]


class Inputs:
    """Records without end."""

    def __init__(self, seeds: Sequence[Hostile], seed: str) -> None:
        self._random = random.Random(seed)
        self._values = [(each.value or b"")[:MOST_BYTES] for each in seeds]
        self._headers = [{n: as_text(v) for n, v in each.headers} for each in seeds]
        self._changes: list[Callable[[bytearray], None]] = [
            *(self._flip, self._insert, self._cut, self._repeat, self._splice, self._swap),
        ]

    def next(self, topic: str) -> Record:
        """Make one more record."""
        value = bytearray(self._random.choice(self._values))
        for _ in range(self._random.choice([0, 1, 1, 2, 3, 8])):
            self._random.choice(self._changes)(value)
        headers = dict(self._random.choice(self._headers))
        for _ in range(self._random.choice([0, 0, 1, 2])):
            headers[self._random.choice(NAMES)] = self._random.choice(TEXTS)
        key = self._random.choice([None, "", "k", "\x00"])
        at_ms = self._random.choice([0, -1, 1_767_268_800_000, 2**63 - 1, -(2**63)])
        return Record(topic, 0, 0, key, bytes(value[:MOST_BYTES]), headers, at_ms)

    def _place(self, value: bytearray) -> int:
        return self._random.randint(0, len(value))

    def _flip(self, value: bytearray) -> None:
        if value:
            value[self._random.randrange(len(value))] ^= 1 << self._random.randrange(8)

    def _insert(self, value: bytearray) -> None:
        at = self._place(value)
        value[at:at] = self._random.choice(TOKENS)

    def _cut(self, value: bytearray) -> None:
        at = self._place(value)
        del value[at : at + self._random.choice([1, 2, 10, 1000])]

    def _repeat(self, value: bytearray) -> None:
        at, length = self._place(value), self._random.choice([1, 5, 50])
        value[at:at] = value[at : at + length] * self._random.choice([1, 2, 100])

    def _splice(self, value: bytearray) -> None:
        other = self._random.choice(self._values)
        at = self._random.randint(0, len(other))
        value[self._place(value) :] = other[at:]

    def _swap(self, value: bytearray) -> None:
        """Put something else in the place of what stands between two quotes or commas."""
        marks = [at for at, byte in enumerate(value[:2000]) if byte in b'",:']
        if len(marks) > 1:
            first = self._random.randrange(len(marks) - 1)
            value[marks[first] + 1 : marks[first + 1]] = self._random.choice(TOKENS)
