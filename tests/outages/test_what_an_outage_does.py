"""Kafka, PostgreSQL or daprd goes away in the middle of a rush, and comes back.

Each outage is had once, on the real platform; the facts are about all of them.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from runtime.outages import QUIET_SECONDS
from tests.outages.shop import PLATFORM_SECONDS, SERVICES, Bakery, Outage, suffer

pytestmark = pytest.mark.platform

#: Nobody waits longer for his answer: a call that finds out that something is silent, for a request
#: that waited for another one to find out the same, and as much again for a machine that is busy.
BOUND_SECONDS = 4 * PLATFORM_SECONDS
#: Within this all goes on again; measured are 1 to 6 s (docs/reliability.md).
RECOVERED_SECONDS = 45.0
#: A process that tries all the time would use all of one processor.
BUSY = 0.5


@dataclass(frozen=True)
class Kind:
    """One kind of outage; `awaited` begins what the counter then says that it waits for."""

    name: str
    awaited: str
    begin: Callable[[Bakery], None]
    end: Callable[[Bakery], None]
    seconds: float = 6.0
    events_during: bool = True


KINDS = [
    Kind(
        "Kafka stopped",
        "publishing by 'events'",
        lambda bakery: bakery.cluster.stop("kafka"),
        lambda bakery: bakery.cluster.start("kafka"),
        events_during=False,
    ),
    Kind(
        "Kafka paused",
        "publishing by 'events'",
        lambda bakery: bakery.cluster.pause("kafka"),
        lambda bakery: bakery.cluster.resume("kafka"),
        seconds=10.0,
        events_during=False,
    ),
    Kind(
        "PostgreSQL stopped",
        "reading from 'statestore'",
        lambda bakery: bakery.cluster.stop("postgres"),
        lambda bakery: bakery.cluster.start("postgres"),
    ),
    Kind(
        "PostgreSQL paused",
        "reading from 'statestore'",
        lambda bakery: bakery.cluster.pause("postgres"),
        lambda bakery: bakery.cluster.resume("postgres"),
    ),
    Kind("daprd killed", "daprd at ", Bakery.kill_daprd, Bakery.start_daprd),
    Kind(
        "daprd paused",
        "daprd at ",
        lambda bakery: bakery.send_to_daprd(signal.SIGSTOP),
        lambda bakery: bakery.send_to_daprd(signal.SIGCONT),
    ),
]


@pytest.fixture(scope="module", params=KINDS, ids=[kind.name for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture(scope="module")
def outage(kind: Kind, open_bakery: Bakery) -> Outage:
    return suffer(
        open_bakery,
        kind.name,
        lambda: kind.begin(open_bakery),
        lambda: kind.end(open_bakery),
        seconds=kind.seconds,
        events_during=kind.events_during,
    )


def test_every_order_is_decided_exactly_once(outage: Outage) -> None:
    assert outage.decisions == Counter({1: len(outage.ids)})
    assert set(outage.decided_by) == set(outage.ids)
    assert set(outage.decided_by.values()) == {1}


def test_as_much_is_reserved_as_was_ordered(outage: Outage) -> None:
    assert outage.reserved == len(outage.ids)


def test_no_event_has_failed(outage: Outage) -> None:
    assert outage.failures == 0


def test_a_request_is_told_when_to_come_again(outage: Outage) -> None:
    assert outage.errors == []
    assert {(a.status, a.retry_after) for a in outage.refused} == {(503, "5")}


def test_a_request_is_answered_in_time(outage: Outage) -> None:
    assert max(answer.seconds for answer in outage.refused) < BOUND_SECONDS


def test_most_are_told_at_once(outage: Outage) -> None:
    seconds = sorted(answer.seconds for answer in outage.refused)

    assert seconds[len(seconds) // 2] < 1


def test_a_refused_order_is_accepted_when_it_comes_again(outage: Outage) -> None:
    assert {answer.status for answer in outage.again} == {201}


def test_health_says_what_is_awaited(outage: Outage, kind: Kind) -> None:
    assert any(what.startswith(kind.awaited) for what in outage.awaited["counter"])
    assert outage.awaited_after == {service: [] for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_the_log_says_when_it_begins_and_when_it_ends(outage: Outage, service: str) -> None:
    said = outage.lines[service]
    begun, ended = (
        Counter(what for event, what in said if event == name)
        for name in ("platform.awaited", "platform.back")
    )

    assert begun
    assert begun == ended
    # A number of lines would count the stalls of a busy machine, which are outages of their own.
    assert max(begun.values()) <= 1 + outage.watched / QUIET_SECONDS


def test_nobody_is_busy_with_waiting(outage: Outage) -> None:
    assert {each: share for each, share in outage.cpu.items() if share > BUSY} == {}


def test_work_goes_on_by_itself(outage: Outage) -> None:
    assert outage.accepting_after < RECOVERED_SECONDS
    assert outage.deciding_after < RECOVERED_SECONDS
