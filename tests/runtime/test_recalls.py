"""What is due is sent back to the retry topic of its function, once."""

from __future__ import annotations

import pytest

from runtime import FakeClock, Retries, function
from runtime.outbox import Outbox
from runtime.recalls import Recalls
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import NOON, Sale, Shop, sale

ONCE = Retries(attempts=1, later_seconds=(5,))


@function(subscribes="sales", retries=ONCE)
def fail(sale: Sale) -> None:
    """Fail."""
    raise OSError("busy")


@function(subscribes="sales", retries=ONCE)
def fail_too(sale: Sale) -> None:
    """Fail too."""
    raise OSError("busy")


class Counter:
    """Two functions of a service on one platform."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.sidecar = RecordingSidecar(self.clock)
        self.shops = [Shop(f, self.sidecar, retry_seconds="5") for f in (fail, fail_too)]
        self.recalls = self.replica("one")

    def replica(self, name: str) -> Recalls:
        consumers = [shop.consumer for shop in self.shops]
        outbox = Outbox(self.sidecar, self.clock, name)
        return Recalls(consumers, self.sidecar, outbox, self.clock)

    @property
    def published(self) -> list[str]:
        return [message.topic for message in self.sidecar.messages]


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_an_idle_tick_is_one_request(counter: Counter) -> None:
    counter.sidecar.calls.clear()
    counter.recalls.tick()

    assert counter.sidecar.calls == ["get"]


def test_each_function_gets_its_own_back_and_not_too_early(counter: Counter) -> None:
    for shop in counter.shops:
        shop.deliver(sale(0))
    counter.clock.advance(4)
    counter.recalls.tick()
    assert counter.published == []
    counter.clock.advance(2)
    counter.recalls.tick()

    assert sorted(counter.published) == ["runtime.fail.retry", "runtime.fail_too.retry"]


def test_more_than_one_request_can_carry_is_sent_in_one_tick(counter: Counter) -> None:
    counter.shops[0].deliver(*(sale(number) for number in range(1600)))
    counter.clock.advance(6)
    counter.recalls.tick()

    assert len(counter.published) == 1600


def test_a_replica_that_was_slower_sends_nothing(counter: Counter) -> None:
    other = counter.replica("two")
    counter.shops[0].deliver(sale(0))
    counter.clock.advance(6)
    counter.recalls.tick()
    other.tick()

    assert counter.published == ["runtime.fail.retry"]
