"""What each answer of a search server comes to. The real one: tests/flows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.domain.indexed import OrderQuery
from functions.search.order_index import OrderIndex
from runtime import Reject
from runtime.errors import PlatformDown
from tests.functions.search.answering import Answering, answering
from tests.functions.search.making import document

DONE = (200, {"errors": False, "items": []})


def index_of(server: Answering, **settings: str) -> OrderIndex:
    return OrderIndex.open({"SLUICE_SEARCH_URL": server.url, **settings})


def outcome(*items: tuple[int, Any]) -> tuple[int, Any]:
    """The answer to a bulk request."""
    found = [{"index": {"status": status, "error": error}} for status, error in items]
    return 200, {"errors": True, "items": found}


def test_all_orders_go_in_one_request_each_with_its_version() -> None:
    with answering(DONE) as server:
        index_of(server).write([document("1"), document("2", "SHIPPED")])

    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/_bulk?require_alias=true")
    actions = [json.loads(line)["index"] for line in asked.body.splitlines()[::2]]
    assert [(a["_id"], a["version"], a["version_type"]) for a in actions] == [
        ("1", 1, "external"),
        ("2", 3, "external"),
    ]
    assert json.loads(asked.body.splitlines()[1])["price"] == "5.00"


def test_nothing_to_write_asks_nothing() -> None:
    with answering(DONE) as server:
        index_of(server).write([])

    assert server.asked == []


def test_what_is_there_already_counts_as_written() -> None:
    conflict = {"type": "version_conflict_engine_exception", "reason": "version conflict"}
    with answering(outcome((201, None), (409, conflict))) as server:
        index_of(server).write([document("1"), document("2")])

    assert len(server.asked) == 1


def test_a_missing_index_is_made_with_its_mapping_and_written_then() -> None:
    missing = {"type": "index_not_found_exception", "reason": "no such index"}
    with answering(outcome((404, missing)), (200, {}), DONE) as server:
        index_of(server, SLUICE_SEARCH_INDEX="shop").write([document("1")])

    [_, asked, _] = server.asked
    assert (asked.method, asked.path) == ("PUT", "/shop-1")
    made = json.loads(asked.body)
    assert made["aliases"] == {"shop": {}}
    fields = made["mappings"]["properties"]
    kinds = {name: fields[name]["type"] for name in ("id", "customerId", "state", "product")}
    assert set(kinds.values()) == {"keyword"}
    assert (fields["quantity"]["type"], fields["price"]["type"]) == ("integer", "keyword")


def test_another_replica_may_have_made_it() -> None:
    there = (400, {"error": {"type": "resource_already_exists_exception", "reason": "there"}})
    with answering((404, {}), there, DONE) as server:
        index_of(server).write([document("1")])

    assert len(server.asked) == 3


def test_an_order_that_is_refused_is_rejected_with_the_server_s_reason() -> None:
    error = {"type": "mapper_parsing_exception", "reason": "failed", "caused_by": {"reason": "x y"}}
    with (
        answering(outcome((201, None), (400, error))) as server,
        pytest.raises(Reject, match=r"mapper_parsing_exception: failed \(x y\)"),
    ):
        index_of(server).write([document("1"), document("2")])


def test_a_request_that_is_refused_as_a_whole_is_rejected_too() -> None:
    error = {"error": {"type": "action_request_validation_exception", "reason": "id is too long"}}
    with answering((400, error)) as server, pytest.raises(Reject, match="id is too long"):
        index_of(server).write([document("1")])


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_server_that_is_not_able_to_now_is_waited_for(status: int) -> None:
    with (
        answering((status, b"<html>proxy</html>")) as server,
        pytest.raises(PlatformDown, match=f"answers {status}: <html>"),
    ):
        index_of(server).write([document("1")])


def test_one_order_for_which_there_is_no_room_now_lets_all_wait() -> None:
    busy = {"type": "es_rejected_execution_exception", "reason": "queue is full"}
    refused = {"type": "mapper_parsing_exception", "reason": "failed"}
    with (
        answering(outcome((400, refused), (429, busy))) as server,
        pytest.raises(PlatformDown, match="queue is full"),
    ):
        index_of(server).write([document("1"), document("2")])


def test_a_server_that_is_away_is_waited_for() -> None:
    with answering(DONE) as server:
        index = index_of(server)

    with pytest.raises(PlatformDown, match="does not answer"):
        index.write([document("1")])
    with pytest.raises(PlatformDown, match="does not answer"):
        index.find(OrderQuery())


def test_an_alias_that_cannot_be_made_says_why_and_is_waited_for() -> None:
    taken = (400, {"error": {"type": "invalid_alias_name", "reason": "an index has the name"}})
    with (
        answering((404, {}), taken) as server,
        pytest.raises(PlatformDown, match="an index has the name"),
    ):
        index_of(server).write([document("1")])


def test_an_index_that_was_never_made_holds_nothing() -> None:
    with answering((404, {"error": "no such index"})) as server:
        assert index_of(server).find(OrderQuery()).orders == []


def test_a_query_that_is_refused_is_the_client_s_fault() -> None:
    error = {"error": {"type": "too_many_clauses", "reason": "1024"}}
    with (
        answering((400, error)) as server,
        pytest.raises(Reject, match="too_many_clauses") as caught,
    ):
        index_of(server).find(OrderQuery(q="x"))

    assert caught.value.status == 400


def test_user_and_password_go_in_a_header() -> None:
    with answering(DONE) as server:
        settings = {"SLUICE_SEARCH_USER": "ada", "SLUICE_SEARCH_PASSWORD": "pw"}
        index_of(server, **settings).write([document("1")])

    assert server.asked[0].headers["authorization"] == "Basic YWRhOnB3"


@pytest.mark.parametrize("url", ["search:9200", "ftp://search", "http://ada:secret@search"])
def test_a_wrong_address_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="SLUICE_SEARCH_URL"):
        OrderIndex.open({"SLUICE_SEARCH_URL": url})


def test_a_wrong_name_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"'Sluice Orders'; expected"):
        OrderIndex.open({"SLUICE_SEARCH_URL": "http://s", "SLUICE_SEARCH_INDEX": "Sluice Orders"})


def test_a_rebuild_leads_the_alias_to_the_new_index_and_removes_the_old_one() -> None:
    with (
        answering((200, {}), DONE, (200, {"sluice-orders-1": {}}), (200, {})) as server,
        index_of(server).rebuilding() as fresh,
    ):
        fresh.write([document("1")])

    made, written, _, swapped = server.asked
    name = made.path.removeprefix("/")
    assert written.path == "/_bulk?require_alias=false"
    assert json.loads(swapped.body)["actions"] == [
        {"add": {"index": name, "alias": "sluice-orders"}},
        {"remove_index": {"index": "sluice-orders-1"}},
    ]


def test_a_rebuild_that_fails_removes_what_it_began() -> None:
    with (
        answering((200, {})) as server,
        pytest.raises(ZeroDivisionError),
        index_of(server).rebuilding(),
    ):
        raise ZeroDivisionError

    assert [asked.method for asked in server.asked] == ["PUT", "DELETE"]
    assert server.asked[0].path == server.asked[1].path
