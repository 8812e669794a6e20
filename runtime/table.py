"""`Table[Row]`: the latest row per key, as a function sees it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import msgspec

from runtime.errors import Missing
from runtime.listing import Page, Pages
from runtime.rows import Rows, plain_key, row_key

Row = TypeVar("Row")


class Listed(msgspec.Struct):
    """How a row of a listed table is stored: with the time its key was put on a page, or 0."""

    row: Any
    listed: int = 0


class Table(Generic[Row]):
    """The rows of one table. Changes are written together with everything the event causes.

    In a test: `Table({"jumpers": Stock(level=3)})`. A row got by `get` must not be changed in
    place: the change would be seen by the next events of the batch, but never written. Use `edit`
    or `put`.

    A table whose row class says `__listed__ = True` can be paged through, newest first.
    """

    def __init__(self, rows: Mapping[str, Row] | None = None) -> None:
        self._rows = Rows()
        self._name, self._type = "table", Any
        self._lists: Pages | None = None
        for key, row in (rows or {}).items():
            self.put(key, row)

    @classmethod
    def over(cls, rows: Rows, name: str, row_type: Any, *, lists: bool = True) -> Table[Row]:
        """Make the view that the runtime hands to a function.

        `lists` is off where a change must not touch the pages of a listed table: many requests
        at once would all write the same page.
        """
        table: Table[Row] = cls.__new__(cls)
        table._rows, table._name, table._type = rows, name, row_type
        table._lists = None
        if getattr(row_type, "__listed__", False):
            table._type = _listed_type(row_type)
            table._lists = Pages(rows, name) if lists else _NoPages(rows, name)
        return table

    def get(self, key: str) -> Row | None:
        """Return the row, or None."""
        row: Row | None = self._open(self._rows.get(self._key(key), self._type))
        return row

    def get_many(self, keys: Iterable[str]) -> dict[str, Row]:
        """Return the rows that exist; they are read in one request."""
        places = {key: self._key(key) for key in keys}
        self._rows.load(places.values())
        found: dict[str, Row] = {}
        for key, place in places.items():
            if (row := self._rows.get(place, self._type)) is not None:
                found[key] = self._open(row)
        return found

    def put(self, key: str, row: Row, *, ttl_seconds: int | None = None) -> None:
        """Set the row. With `ttl_seconds` it counts as absent that much later (by the clock)."""
        stored: Any = row
        if self._lists is not None:
            before = self._rows.get(self._key(key), self._type)
            stored = Listed(row, self._lists.add(key, before.listed if before else 0))
        self._rows.put(self._key(key), stored, ttl_seconds=ttl_seconds)

    def delete(self, key: str) -> None:
        """Remove the row; a row that is not there is no error."""
        self._rows.put(self._key(key), None)

    @contextmanager
    def edit(
        self,
        key: str,
        default: Callable[[], Row] | None = None,
        *,
        ttl_seconds: int | None = None,
    ) -> Iterator[Row]:
        """Yield the row to be changed in place; it is written when the block ends.

        With `ttl_seconds` it counts as absent that much later, as with `put`; without, it stays.
        Raises Missing when there is no row and no `default` to make one.
        """
        row = self._open(self._rows.change(self._key(key), self._type))
        if row is None:
            if default is None:
                raise Missing(f"The table {self._name!r} has no row {key!r}; give edit a default.")
            row = default()
            yield row
            self.put(key, row, ttl_seconds=ttl_seconds)
            return
        yield row
        if self._lists is not None or ttl_seconds is not None:
            self.put(key, row, ttl_seconds=ttl_seconds)

    def page(self, limit: int = 50, after: str | None = None) -> Page[Row]:
        """Return up to `limit` rows, newest first, and where the next page starts.

        Only for listed tables: Dapr cannot list keys, so the keys are kept on pages of rows.
        Raises Reject (400) when `after` is no mark of an earlier page.
        """
        if self._lists is None:
            return _page_of(list(self.rows.items()), limit, after)
        return self._lists.read(limit, after, self._listed_at)

    @property
    def rows(self) -> dict[str, Row]:
        """Every row that this unit of work knows: in a test, the whole table."""
        known = self._rows.known(f"{self._name}/")
        return {plain_key(key): self._open(row) for key, row in known.items()}

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def _listed_at(self, key: str, when: int) -> Row | None:
        stored = self._rows.get(self._key(key), self._type)
        return stored.row if stored and stored.listed == when else None

    def _open(self, stored: Any) -> Any:
        return stored.row if isinstance(stored, Listed) else stored

    def _key(self, key: str) -> str:
        return row_key(self._name, key)


class _NoPages(Pages):
    """Leaves the pages alone: somebody else adds the key."""

    def add(self, key: str, listed: int) -> int:
        return listed


@functools.cache
def _listed_type(row_type: Any) -> Any:
    return msgspec.defstruct(
        f"Listed{row_type.__name__}", [("row", row_type), ("listed", int, 0)], bases=(Listed,)
    )


def _page_of(rows: list[tuple[str, Any]], limit: int, after: str | None) -> Page[Any]:
    newest_first = rows[::-1]
    start = int(after or 0)
    end = start + limit
    return Page(newest_first[start:end], str(end) if end < len(newest_first) else None)
