"""Pages of keys: how a table is listed on a platform that cannot list keys.

Each lane (a partition that is handled) appends the keys it saw first to a page of its own; a full
page is never written again. Listing merges the lanes by the time a key was added.
"""

from __future__ import annotations

import base64
import binascii
import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from runtime.errors import Reject
from runtime.rows import Rows, row_key

Row = TypeVar("Row")

#: Keys on one page: it is written again with every new key until it is full.
PAGE_SIZE = 200


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a table, newest first; `after` asks for the next ones, None at the end."""

    rows: list[tuple[str, Row]]
    after: str | None


class _Head(msgspec.Struct):
    """A lane's open page: its number, and the keys on it."""

    number: int = 0
    keys: list[tuple[int, str]] = []


class Pages:
    """The pages of one table."""

    def __init__(self, rows: Rows, table: str) -> None:
        self._rows = rows
        self._table = table

    def add(self, key: str, listed: int) -> int:
        """Put the key on the lane's page unless it stands on one; return when (ms) it came there.

        `listed` is what an earlier call returned for this row, 0 when there is none.
        """
        if listed:
            return listed
        head_key = self._head_key(self._rows.lane)
        head = self._rows.change(head_key, _Head)
        if head is None:
            self._open_lane()
            head = _Head()
        if len(head.keys) >= PAGE_SIZE:
            self._rows.put(self._page_key(self._rows.lane, head.number), head.keys)
            head = _Head(head.number + 1)
        when = self._now_ms(head)
        head.keys.append((when, key))
        self._rows.put(head_key, head)
        return when

    def read(
        self, limit: int, after: str | None, find: Callable[[str, int], Row | None]
    ) -> Page[Row]:
        """Return a page of rows.

        `find` returns the row of a key that was listed at a time, None when it is gone, or was
        removed and then listed anew: then it stands further up.
        """
        if limit < 1:
            raise Reject(f"limit is {limit}; expected at least 1.", status=400, field="limit")
        ends = self._ends()
        mark = ends if after is None else _read_mark(after)
        reached = {lane: before for lane, before in mark.items() if lane in ends}
        entries = heapq.merge(
            *(self._newest_first(lane, before) for lane, before in reached.items()), reverse=True
        )
        found: list[tuple[str, Row]] = []
        for when, lane, position, key in entries:
            if len(found) == limit:
                return Page(found, _write_mark(reached))
            reached[lane] = position
            row = find(key, when)
            if row is not None:
                found.append((key, row))
        return Page(found, None)

    def _ends(self) -> dict[str, int]:
        """Lane -> position behind its newest key. What comes later is on none of the pages."""
        lanes = self._rows.get(self._lanes_key, list[str]) or []
        self._rows.load(map(self._head_key, lanes))
        heads = {lane: self._head(lane) for lane in lanes}
        return {lane: head.number * PAGE_SIZE + len(head.keys) for lane, head in heads.items()}

    def _newest_first(self, lane: str, before: int) -> Iterator[tuple[int, str, int, str]]:
        """Yield (when, lane, position, key), beginning below the position `before`."""
        head = self._head(lane)
        for number in range(min(head.number, (before - 1) // PAGE_SIZE), -1, -1):
            keys = head.keys if number == head.number else self._full_page(lane, number)
            keys = keys[: max(0, before - number * PAGE_SIZE)]
            self._rows.load(row_key(self._table, key) for _, key in keys)
            for index in range(len(keys) - 1, -1, -1):
                when, key = keys[index]
                yield when, lane, number * PAGE_SIZE + index, key

    def _head(self, lane: str) -> _Head:
        return self._rows.get(self._head_key(lane), _Head) or _Head()

    def _full_page(self, lane: str, number: int) -> list[tuple[int, str]]:
        return self._rows.get(self._page_key(lane, number), list[tuple[int, str]]) or []

    def _now_ms(self, head: _Head) -> int:
        """The time the key was added. It rises within a lane, or merging would stumble."""
        now_ms = int(self._rows.clock.now().timestamp() * 1000)
        return max(now_ms, head.keys[-1][0] + 1) if head.keys else now_ms

    def _open_lane(self) -> None:
        lanes: list[str] = self._rows.get(self._lanes_key, list[str]) or []
        self._rows.put(self._lanes_key, [*lanes, self._rows.lane])

    @property
    def _lanes_key(self) -> str:
        return f"{self._table}.pages"

    def _head_key(self, lane: str) -> str:
        return f"{self._table}.pages/{lane}"

    def _page_key(self, lane: str, number: int) -> str:
        return f"{self._table}.pages/{lane}/{number}"


def _write_mark(reached: dict[str, int]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(reached)).decode().rstrip("=")


def _read_mark(mark: str | None) -> dict[str, int]:
    if mark is None:
        return {}
    try:
        return msgspec.json.decode(
            base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)), type=dict[str, int]
        )
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise Reject(
            f"after is {mark!r}; expected the mark that an earlier page ended with.",
            status=400,
            field="after",
        ) from None
