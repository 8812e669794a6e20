"""The index on a search server: OpenSearch, or Elasticsearch from 7.10 on."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

import msgspec

from functions.domain.indexed import FoundOrders, IndexedOrder, OrderQuery
from functions.search.search_server import LINES, SearchServer, reason_of, refused
from runtime import Reject
from runtime.errors import PlatformDown

#: Money is written as text, digit by digit, and found as such: no index and no reader rounds it.
#: `.number` beside it is a double, for ranges and sums.
_MONEY = {"type": "keyword", "fields": {"number": {"type": "double"}}}
_WORD = {"type": "keyword", "copy_to": "words"}
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "id": _WORD,
    "customerId": _WORD,
    "organizationId": {"type": "keyword"},
    "state": {"type": "keyword"},
    "product": _WORD,
    "quantity": {"type": "integer"},
    "price": _MONEY,
    "amount": _MONEY,
    "reason": {"type": "text", "copy_to": "words"},
    "words": {"type": "text"},
}
_DEFINITION = {
    # A field of a later version of ours is kept, and not searched for.
    "mappings": {"dynamic": False, "properties": FIELDS},
    "settings": {"index": {"auto_expand_replicas": "0-1"}},
}
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,200}")


class ServerIndex:
    """An alias with one index behind it, so that another one can take its place.

    A document's version is that of `IndexedOrder`, kept by the server itself: what is older, or
    the same again, is refused by it with a conflict, which is as good as written.
    """

    def __init__(self, server: SearchServer, name: str, *, is_alias: bool = True) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"Setting 'SLUICE_SEARCH_INDEX' is {name!r}; expected small letters, digits, '-'."
            )
        self._server = server
        self._name = name
        self._is_alias = is_alias

    def write(self, orders: Sequence[IndexedOrder]) -> None:
        """Write them in one bulk request; the index is made when it is missing."""
        if not self._bulk(orders):
            self._make(f"{self._name}-1", alias=self._name)
            if not self._bulk(orders):
                raise PlatformDown(f"The index {self._name!r} was made, and is missing still.")

    def find(self, query: OrderQuery) -> FoundOrders:
        """Search, by the ids' order. An index that is missing holds nothing."""
        asked: dict[str, Any] = {
            "size": query.limit + 1,
            "sort": [{"id": "asc"}],
            "track_total_hits": True,
            "query": {"bool": {"filter": _filters(query)}},
        }
        if query.after is not None:
            asked["search_after"] = [query.after]
        status, answer = self._server.ask(
            "POST", f"/{self._name}/_search", msgspec.json.encode(asked)
        )
        if status == 404:
            return FoundOrders([], 0)
        if status != 200:
            raise refused(status, answer)
        hits = answer["hits"]
        found = [msgspec.convert(hit["_source"], IndexedOrder) for hit in hits["hits"]]
        orders = found[: query.limit]
        after = orders[-1].id if len(found) > query.limit else None
        return FoundOrders(orders, hits["total"]["value"], after)

    @contextmanager
    def rebuilding(self) -> Iterator[ServerIndex]:
        """Fill an index of another name, then let the alias lead there, and remove the others."""
        name = f"{self._name}-{time.time_ns()}"
        self._make(name)
        try:
            yield ServerIndex(self._server, name, is_alias=False)
            earlier = self._behind_the_alias()
            actions: list[dict[str, Any]] = [{"add": {"index": name, "alias": self._name}}]
            actions += [{"remove_index": {"index": each}} for each in earlier]
            self._insist("POST", "/_aliases", {"actions": actions})
        except BaseException:
            with suppress(PlatformDown):
                self._server.ask("DELETE", f"/{name}")
            raise

    def _bulk(self, orders: Sequence[IndexedOrder]) -> bool:
        """Write the orders; False when there is no index. Raises Reject and PlatformDown."""
        lines = [line for order in orders for line in (self._action(order), order)]
        body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        must_be_alias = "true" if self._is_alias else "false"
        status, answer = self._server.ask(
            "POST", f"/_bulk?require_alias={must_be_alias}", body, kind=LINES
        )
        if status == 404:
            return False
        if status != 200:
            raise refused(status, answer)
        return not answer["errors"] or self._judge([item["index"] for item in answer["items"]])

    def _judge(self, items: Sequence[Mapping[str, Any]]) -> bool:
        """Say what the outcome of each order comes to for all of them."""
        failed = [item for item in items if item["status"] not in (200, 201, 409)]
        if any(item["status"] == 404 for item in failed):
            return False
        for item in failed:
            if item["status"] == 429 or item["status"] >= 500:
                raise PlatformDown(f"The search server is not able to: {reason_of(item)}.")
        if failed:
            raise refused(failed[0]["status"], failed[0])
        return True

    def _action(self, order: IndexedOrder) -> Mapping[str, Any]:
        versioned = {"version": order.version, "version_type": "external"}
        return {"index": {"_index": self._name, "_id": order.id, **versioned}}

    def _make(self, name: str, alias: str | None = None) -> None:
        """Make an index with our mapping; another replica may be faster."""
        aliases: dict[str, Any] = {"aliases": {alias: {}}} if alias else {}
        status, answer = self._server.ask(
            "PUT", f"/{name}", msgspec.json.encode({**_DEFINITION, **aliases})
        )
        if status != 200 and "resource_already_exists" not in reason_of(answer):
            raise PlatformDown(f"The index {name!r} cannot be made: {reason_of(answer)}.")

    def _behind_the_alias(self) -> list[str]:
        status, answer = self._server.ask("GET", f"/_alias/{quote(self._name)}")
        return list(answer) if status == 200 else []

    def _insist(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        status, answer = self._server.ask(method, path, msgspec.json.encode(body))
        if status != 200:
            raise Reject(f"The search server refuses {path}: {reason_of(answer)}")


def _filters(query: OrderQuery) -> list[Mapping[str, Any]]:
    exact = {"state": query.state, "customerId": query.customer_id, "product": query.product}
    found: list[Mapping[str, Any]] = [
        {"term": {field: value}} for field, value in exact.items() if value is not None
    ]
    if query.q:
        found.append({"match": {"words": {"query": query.q, "operator": "and"}}})
    return found
