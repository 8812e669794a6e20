"""What the Dapr sidecar makes of answers that a healthy daprd does not give.

What a healthy one does is in tests/contract, against the real thing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from dapr.proto import api_service_v1, api_v1
from google.protobuf.empty_pb2 import Empty

from runtime.errors import Conflict, PlatformDown, PlatformSilent, PlatformSlow, ReadUnproven
from runtime.record import Message
from runtime.settings import Settings
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.dapr import WITNESS, DaprSidecar


class Daprd(api_service_v1.DaprServicer):  # type: ignore[misc]
    """A daprd that knows one row, and refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.etag, self.data = "1", b"x"
        self.unreadable: set[str] = set()
        self.refusal: grpc.StatusCode | None = None
        self.writes_all_the_same = False
        self.failed_entries: list[Any] = []
        self.published: list[Any] = []
        #: Calls that are answered only when this is set: none, unless a test clears it.
        self.answers = threading.Event()
        self.answers.set()
        self.is_alive = self.reads = True
        #: Whether its connection to the store is lost within each read.
        self.breaks_off = False
        #: Whether it answers in the order of keys.
        self.orders = True

    def GetMetadata(self, request: Any, context: Any) -> Any:
        if not self.is_alive:
            self.answers.wait(10)
        return api_v1.GetMetadataResponse()

    def GetBulkState(self, request: Any, context: Any) -> Any:
        if not self.reads:
            self.answers.wait(10)
        items = [
            api_v1.BulkStateItem(key=key, error="no such disk")
            if key in self.unreadable
            else api_v1.BulkStateItem(key=key, data=self.data, etag=self._etag_of(key))
            for key in sorted(request.keys, reverse=not self.orders)
        ]
        return api_v1.GetBulkStateResponse(items=items)

    def _etag_of(self, key: str) -> str:
        return self.etag if key in ("row", WITNESS) and not self.breaks_off else ""

    def ExecuteStateTransaction(self, request: Any, context: Any) -> Any:
        if [each.request.key for each in request.operations] == [WITNESS]:
            return Empty()
        self.answers.wait(10)
        if self.writes_all_the_same:
            self.etag = "2"
        if self.refusal is not None:
            context.abort(self.refusal, "no")
        return Empty()

    def BulkPublishEventAlpha1(self, request: Any, context: Any) -> Any:
        self.published.append(request)
        return api_v1.BulkPublishResponse(failedEntries=self.failed_entries)


@pytest.fixture
def daprd() -> Daprd:
    return Daprd()


@pytest.fixture
def port(daprd: Daprd) -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(8))
    api_service_v1.add_DaprServicer_to_server(daprd, server)
    found = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield found
    daprd.answers.set()
    server.stop(0).wait()


@pytest.fixture
def sidecar(port: int) -> Iterator[DaprSidecar]:
    sidecar = DaprSidecar(Settings(dapr_grpc_port=port, platform_seconds=0.3))
    yield sidecar
    sidecar.close()


CHANGE = [Write("row", b"y", "1")]


def test_a_refusal_of_a_row_that_has_changed_is_a_conflict(
    sidecar: DaprSidecar, daprd: Daprd
) -> None:
    daprd.refusal, daprd.etag = grpc.StatusCode.INTERNAL, "other"

    with pytest.raises(Conflict, match="'row' was changed"):
        sidecar.transact(CHANGE)


def test_a_refusal_of_a_row_that_has_not_changed_is_an_outage(
    sidecar: DaprSidecar, daprd: Daprd
) -> None:
    daprd.refusal = grpc.StatusCode.INTERNAL

    with pytest.raises(PlatformDown, match="INTERNAL: no"):
        sidecar.transact(CHANGE)


@pytest.mark.parametrize("code", ["UNAVAILABLE", "DEADLINE_EXCEEDED"])
def test_our_own_change_whose_answer_was_lost_is_no_conflict(
    sidecar: DaprSidecar, daprd: Daprd, code: str
) -> None:
    daprd.refusal, daprd.writes_all_the_same = grpc.StatusCode[code], True

    with pytest.raises(PlatformDown):
        sidecar.transact(CHANGE)


def test_a_row_that_cannot_be_read_is_an_outage_not_an_absent_row(
    sidecar: DaprSidecar, daprd: Daprd
) -> None:
    daprd.unreadable = {"other"}

    with pytest.raises(PlatformDown, match="'other' cannot be read: no such disk"):
        sidecar.get(["row", "other"])


def test_a_read_that_breaks_off_is_an_outage_and_no_row_counts_as_absent(
    sidecar: DaprSidecar, daprd: Daprd
) -> None:
    daprd.breaks_off = True
    with pytest.raises(PlatformDown, match="broke off"):
        sidecar.get(["row", "absent"])
    daprd.breaks_off = False

    assert list(sidecar.get(["row", "absent"])) == ["row"]


def test_a_store_that_does_not_answer_in_the_order_of_keys_proves_nothing(
    sidecar: DaprSidecar, daprd: Daprd
) -> None:
    daprd.orders = False

    with pytest.raises(ReadUnproven, match="row 'row' came after 'zzzz/witness'"):
        sidecar.get(["row"])


def test_absent_rows_are_left_out(sidecar: DaprSidecar) -> None:
    assert list(sidecar.get(["row", "absent"])) == ["row"]


def test_nothing_to_read_or_write_asks_nobody() -> None:
    sidecar = DaprSidecar(Settings(dapr_grpc_port=1))

    assert sidecar.get([]) == {}
    sidecar.transact([])
    sidecar.publish([])
    sidecar.close()


def test_nobody_there_is_an_outage() -> None:
    sidecar = DaprSidecar(Settings(dapr_grpc_port=1))
    with pytest.raises(PlatformDown, match="daprd is not there"):
        sidecar.transact([Write("row", b"y", ANY)])
    sidecar.close()


def test_a_record_that_was_not_taken_is_an_outage(sidecar: DaprSidecar, daprd: Daprd) -> None:
    daprd.failed_entries = [
        api_v1.BulkPublishResponseFailedEntry(entry_id="0", error="broker gone")
    ]

    with pytest.raises(PlatformDown, match=r"1 of 2 records .* 'sold'.*broker gone"):
        sidecar.publish([Message("sold", None, b"1"), Message("sold", None, b"2")])


def test_records_of_one_topic_stay_in_order(sidecar: DaprSidecar, daprd: Daprd) -> None:
    sidecar.publish([Message(topic, "k", topic.encode(), {"h": "v"}) for topic in "baab"])

    assert [[entry.event for entry in request.entries] for request in daprd.published] == [
        [b"a", b"a"],
        [b"b", b"b"],
    ]
    assert dict(daprd.published[0].entries[0].metadata) == {
        "h": "v",
        "partitionKey": "k",
        "rawPayload": "true",
    }


def test_what_failed_goes_by_the_component_that_takes_larger_records(
    sidecar: DaprSidecar, daprd: Daprd
) -> None:
    topics = ("sold", "shop.count.dead-letters", "shop.count.retry")
    sidecar.publish([Message(topic, "k", b"{}") for topic in topics])

    assert {request.topic: request.pubsub_name for request in daprd.published} == {
        "sold": "events",
        "shop.count.dead-letters": "retries",
        "shop.count.retry": "retries",
    }


def test_messages_in_a_transaction_are_refused(sidecar: DaprSidecar) -> None:
    with pytest.raises(ValueError, match="publish after it"):
        sidecar.transact(CHANGE, [Message("sold", None, b"1")])


def awaited(sidecar: DaprSidecar) -> list[str]:
    return [each.what for each in sidecar.outages.awaited()]


def test_a_store_that_says_nothing_is_an_outage_after_the_deadline(
    sidecar: DaprSidecar, daprd: Daprd
) -> None:
    daprd.reads = False
    daprd.answers.clear()
    with pytest.raises(PlatformSilent, match=r"No answer in 0\.3 s"):
        sidecar.get(["row"])
    with pytest.raises(PlatformSilent) as silent:
        sidecar.transact(CHANGE)

    assert not isinstance(silent.value, PlatformSlow)
    assert awaited(sidecar) == ["reading from 'statestore'", "writing to 'statestore'"]


def test_a_store_that_reads_and_does_not_write_in_time_is_slow(
    sidecar: DaprSidecar, daprd: Daprd
) -> None:
    daprd.answers.clear()
    with pytest.raises(PlatformSlow, match=r"No answer in 0\.3 s"):
        sidecar.transact(CHANGE)

    assert awaited(sidecar) == ["writing to 'statestore'"]


def test_what_is_too_much_for_one_call_is_tried_again_with_less(
    port: int, daprd: Daprd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.sidecars.line.MOST_BYTES", 10_000)
    sidecar = DaprSidecar(Settings(dapr_grpc_port=port))
    daprd.data = b"x" * 20_000
    with pytest.raises(PlatformSlow, match="Too much for one call"):
        sidecar.get(["row"])
    with pytest.raises(PlatformSlow, match="Too much for one call"):
        sidecar.transact([Write("other", daprd.data, ANY)])
    sidecar.close()


def test_a_daprd_that_says_nothing_is_what_is_awaited(sidecar: DaprSidecar, daprd: Daprd) -> None:
    daprd.is_alive = daprd.reads = False
    daprd.answers.clear()
    with pytest.raises(PlatformSilent):
        sidecar.get(["row"])

    [awaiting] = awaited(sidecar)
    assert awaiting.startswith("daprd at 127.0.0.1:")


def test_a_daprd_that_is_not_there_is_what_is_awaited() -> None:
    sidecar = DaprSidecar(Settings(dapr_grpc_port=1))
    with pytest.raises(PlatformSilent):
        sidecar.look()
    sidecar.close()

    assert awaited(sidecar) == ["daprd at 127.0.0.1:1"]


def test_what_answers_again_is_no_longer_awaited(sidecar: DaprSidecar, daprd: Daprd) -> None:
    daprd.unreadable = {"other"}
    with pytest.raises(PlatformDown):
        sidecar.get(["other"])
    during = awaited(sidecar)
    sidecar.look()

    assert (during, awaited(sidecar)) == (["reading from 'statestore'"], [])


def test_a_topic_that_takes_nothing_is_what_is_awaited(sidecar: DaprSidecar, daprd: Daprd) -> None:
    daprd.failed_entries = [api_v1.BulkPublishResponseFailedEntry(entry_id="0", error="gone")]
    with pytest.raises(PlatformDown):
        sidecar.publish([Message("sold", None, b"1")])
    sidecar.look()

    assert awaited(sidecar) == ["publishing by 'events'"]


def test_outputs_that_had_arrived_although_nobody_was_told_are_no_longer_awaited(
    sidecar: DaprSidecar, daprd: Daprd, monkeypatch: pytest.MonkeyPatch
) -> None:
    daprd.failed_entries = [api_v1.BulkPublishResponseFailedEntry(entry_id="0", error="too late")]
    monkeypatch.setattr(sidecar, "_kafka", "a broker")
    monkeypatch.setattr("runtime.broker.missing", lambda *given, until_ms: [])
    messages = [Message("orders", "k", b"1")]
    with pytest.raises(PlatformDown):
        sidecar.publish(messages)

    sidecar.publish_again(messages, 0)

    assert awaited(sidecar) == []


def test_a_broker_that_is_not_there_is_what_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.broker.SILENCE_SECONDS", 0.3)
    sidecar = DaprSidecar(Settings(kafka="127.0.0.1:1"))
    with pytest.raises(PlatformSilent, match="does not answer"):
        sidecar.ends("sold")
    sidecar.close()

    assert awaited(sidecar) == ["Kafka at 127.0.0.1:1"]
