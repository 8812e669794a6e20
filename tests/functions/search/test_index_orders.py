"""The function, with an index in a file; and in the runtime, with a server that refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.domain.indexed import OrderQuery
from functions.domain.state import OrderState
from functions.search.index_orders import index_orders
from functions.search.order_index import OrderIndex
from functions.search.search_orders import search_orders
from runtime import Reject, wire
from runtime.arguments import Resources
from runtime.dead_letters import DeadLetter
from runtime.delivery import Consumer
from runtime.errors import PlatformDown
from runtime.record import Record
from runtime.sidecars.recording import RecordingSidecar
from tests.functions.search.answering import answering
from tests.functions.search.making import order
from tests.functions.search.test_server_index import DONE, outcome

REFUSED = {"type": "mapper_parsing_exception", "reason": "out of range"}


@pytest.fixture
def index(tmp_path: Path) -> OrderIndex:
    return OrderIndex.open({"SLUICE_DATA": str(tmp_path)})


def record(offset: int, id: str, state: str = "CREATED") -> Record:
    return Record("orders", 0, offset, id, wire.encode(order(id, state)), {}, 1)


def test_the_latest_state_of_each_order_is_one_document(index: OrderIndex) -> None:
    index_orders([order("1"), order("2"), order("1", "VALIDATED")], index)

    found = index.find(OrderQuery()).orders
    assert [(each.id, each.state) for each in found] == [
        ("1", OrderState.VALIDATED),
        ("2", OrderState.CREATED),
    ]


def test_a_second_delivery_changes_nothing(index: OrderIndex) -> None:
    index_orders([order("1"), order("1", "FAILED")], index)
    index_orders([order("1")], index)
    index_orders([order("1"), order("1", "FAILED")], index)

    assert [each.state for each in index.find(OrderQuery()).orders] == [OrderState.FAILED]


def test_a_client_finds_them_a_page_at_a_time(index: OrderIndex) -> None:
    index_orders([order("1"), order("2"), order("3", product="cup")], index)

    page = search_orders(index, q="pot", limit=1)

    assert ([each.id for each in page.orders], page.total, page.after) == (["1"], 2, "1")


def test_a_limit_that_is_none_is_refused(index: OrderIndex) -> None:
    with pytest.raises(Reject, match="limit"):
        search_orders(index, limit=0)


def test_a_refused_order_is_a_dead_letter_and_the_others_are_written() -> None:
    bad = outcome((201, None), (400, REFUSED), (201, None))
    # All three, then the first, the two others, and each of these.
    answers = (bad, outcome((400, REFUSED), (201, None)), DONE, outcome((400, REFUSED)), DONE)
    with answering(*answers) as server:
        resources = Resources({"SLUICE_SEARCH_URL": server.url})
        sidecar = RecordingSidecar()

        Consumer(index_orders.spec, sidecar, resources=resources).deliver(
            [record(0, "1"), record(1, "2"), record(2, "3")]
        )

    [message] = sidecar.messages
    letter = DeadLetter.read(message.headers)
    assert (message.key, letter.attempts) == ("2", 1)
    assert "out of range" in letter.message


def test_while_the_server_is_away_events_wait_and_none_is_given_up() -> None:
    with answering((503, b"starting")) as server:
        resources = Resources({"SLUICE_SEARCH_URL": server.url})
        sidecar = RecordingSidecar()
        consumer = Consumer(index_orders.spec, sidecar, resources=resources)
        batch = [record(0, "1"), record(1, "2")]
        for _ in range(30):
            with pytest.raises(PlatformDown):
                consumer.deliver(batch)

        server.answers[:] = [DONE]
        consumer.deliver(batch)

    assert sidecar.messages == []
    assert server.asked[-1].body.count(b'"_id"') == 2
