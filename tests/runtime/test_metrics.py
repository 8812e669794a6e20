"""What an operator can count on: the numbers at /metrics."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import REGISTRY

from runtime import FakeClock, Response, Retries, function
from runtime.arguments import Resources
from runtime.outbox import Outbox
from runtime.requests import Caller, Request
from runtime.reruns import Reruns
from runtime.schedules import Schedule
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Sale, Shop, record, sale


@function(subscribes="sales", publishes="sold", retries=Retries(attempts=1))
def tell(sale: Sale) -> Sale:
    """Pass the sale on."""
    return sale


@function(http="POST /v1/sales", publishes="sales")
def sell(new: Sale) -> Response:
    """Sell."""
    return Response(201, publish=new)


@function(every="1m", publishes="minutes")
def count_minutes() -> list[int]:
    """Tell that a minute is over."""
    return [1]


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"sluice_{name}_total", labels) or 0


def counts(name: str, label: str, values: Sequence[str]) -> list[float]:
    return [counted(name, function="runtime.tell", **{label: value}) for value in values]


def test_events_are_counted_by_their_outcome() -> None:
    outcomes = ("handled", "dead_letter", "duplicate", "redelivered")
    before = counts("events", "outcome", outcomes)
    shop = Shop(tell)
    shop.deliver(sale(0), record(1, b"poison"), sale(2, id="sale-0"))
    shop.deliver(sale(0))

    assert counts("events", "outcome", outcomes) == [count + 1 for count in before]


def test_what_a_topic_function_publishes_is_counted_by_topic() -> None:
    topics = ("sold", tell.spec.dead_letter_topic)
    sold, given_up = counts("published", "topic", topics)
    Shop(tell).deliver(sale(0), sale(1), record(2, b"poison"))

    assert counts("published", "topic", topics) == [sold + 2, given_up + 1]


def test_what_requests_and_schedules_publish_is_counted_too() -> None:
    sidecar, clock, resources = RecordingSidecar(), FakeClock(), Resources({})
    outbox = Outbox(sidecar, clock, "a")
    caller = Caller(sell.spec, sidecar, outbox, clock=clock, resources=resources, reruns=Reruns())
    schedule = Schedule(count_minutes.spec, sidecar, outbox, clock=clock, resources=resources)
    published = {"runtime.sell": "sales", "runtime.count_minutes": "minutes"}
    before = {
        name: counted("published", function=name, topic=published[name]) for name in published
    }
    caller.call(Request(body=b'{"product":"socks"}'))
    schedule.tick()

    for name, topic in published.items():
        assert counted("published", function=name, topic=topic) == before[name] + 1
