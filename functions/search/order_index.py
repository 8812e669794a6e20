"""Where is the index of orders? On a search server, or in a file on a laptop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from functions.domain.indexed import FoundOrders, IndexedOrder, OrderQuery
from functions.search.file_index import FileIndex
from functions.search.search_server import SearchServer
from functions.search.server_index import ServerIndex


class Index(Protocol):
    """What both kinds can do. Raises PlatformDown when it cannot be reached."""

    def write(self, orders: Sequence[IndexedOrder]) -> None:
        """Keep these, unless something later of the same order is there. Raises Reject."""
        ...

    def find(self, query: OrderQuery) -> FoundOrders:
        """Return one page."""
        ...

    def rebuilding(self) -> AbstractContextManager[Index]:
        """Yield an empty index that takes this one's place at the end of the block."""
        ...


class OrderIndex:
    """Orders by id, one document for each.

    Settings: SLUICE_SEARCH_URL names an OpenSearch or Elasticsearch (see `SearchServer`);
    without it the index is a file in SLUICE_DATA (.sluice).
    """

    def __init__(self, index: Index) -> None:
        self._index = index

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> OrderIndex:
        """Read the settings; nothing is asked yet. Raises ValueError for one that is wrong."""
        if environ.get("SLUICE_SEARCH_URL"):
            name = environ.get("SLUICE_SEARCH_INDEX", "sluice-orders")
            return cls(ServerIndex(SearchServer.open(environ), name))
        return cls(FileIndex(Path(environ.get("SLUICE_DATA", ".sluice")) / "search.db"))

    def write(self, orders: Sequence[IndexedOrder]) -> None:
        """Write all of them at once. An order whose later state is there already stays as it is.

        Raises Reject when the server refuses one of them, the others are written then;
        PlatformDown when it is away.
        """
        if orders:
            self._index.write(orders)

    def find(self, query: OrderQuery) -> FoundOrders:
        """Return one page of the orders that match. Raises PlatformDown."""
        return self._index.find(query)

    @contextmanager
    def rebuilding(self) -> Iterator[OrderIndex]:
        """Yield an empty index, which takes this one's place in one step when the block ends.

        Until then searches find the old one, which is written as before: whoever rebuilds has to
        write what came meanwhile afterwards, once more. When the block fails, nothing has changed.
        """
        with self._index.rebuilding() as fresh:
            yield OrderIndex(fresh)
