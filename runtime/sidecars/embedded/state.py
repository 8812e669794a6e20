"""Rows with etags: read many at once, write many in one transaction."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeVar

import msgspec

from runtime.errors import Conflict
from runtime.sidecars.base import Stored, Write, refuse_contradictions
from runtime.sidecars.embedded.database import Database, Transaction
from runtime.sidecars.embedded.statements import GET, SWEEP, Kind, kind_of, sized

#: Rows per statement, so that few different statements are ever prepared.
_SIZES = (256, 16, 1)

Item = TypeVar("Item")

_heads = msgspec.json.Decoder(list[tuple[int, int, int]])


class State:
    """The rows of all services, each under `<service>||<key>`: `prefix` is all up to the bars."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, prefix: str, keys: Sequence[str], now_ms: int) -> dict[str, Stored]:
        """Read rows; absent and expired ones are left out."""
        found: dict[str, Stored] = {}
        for part in _parts(keys):
            wanted = chain.from_iterable((i, prefix + key) for i, key in enumerate(part))
            sql = sized(GET, 2, len(part))
            heads, joined = self._database.row(sql, (*wanted, now_ms))
            start = 0
            for index, etag, length in _heads.decode(heads):
                found[part[index]] = Stored(joined[start : start + length], str(etag))
                start += length
        return found

    def write(
        self, transaction: Transaction, prefix: str, writes: Sequence[Write], now_ms: int
    ) -> None:
        """Make all changes. Raises Conflict, after which the transaction must not be committed."""
        refuse_contradictions(writes)
        kinds: dict[Kind, list[Write]] = {}
        for write in writes:
            kinds.setdefault(kind_of(write), []).append(write)
        # Random and not counted up: a row removed and made again must not look unchanged.
        etag = random.getrandbits(62)
        for kind, of_kind in kinds.items():
            for part in _parts(of_kind):
                rows = [
                    kind.values(prefix + write.key, write, etag, _expiry(write, now_ms))
                    for write in part
                ]
                bound = (now_ms,) if kind.asks_time else ()
                sql = sized(kind.sql, len(rows[0]), len(rows))
                changed = transaction.execute(sql, (*chain.from_iterable(rows), *bound)).rowcount
                _check(kind, part, changed)

    def sweep(self, now_ms: int) -> int:
        """Remove rows that have expired, and return how many. Until then they only look absent."""
        with self._database.transaction() as transaction:
            return int(transaction.execute(SWEEP, (now_ms,)).rowcount)


def _check(kind: Kind, writes: Sequence[Write], changed: int) -> None:
    if kind.refused and changed != len(writes):
        raise Conflict(
            f"{len(writes) - changed} of {len(writes)} rows {kind.refused}, among"
            f" {[write.key for write in writes[:3]]}; nothing was written. Read them again."
        )


def _expiry(write: Write, now_ms: int) -> int | None:
    return None if write.ttl_seconds is None else now_ms + write.ttl_seconds * 1000


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    start = 0
    for size in _SIZES:
        while len(items) - start >= size:
            yield items[start : start + size]
            start += size
