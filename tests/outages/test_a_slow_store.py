"""A store that is slow is no outage until the deadline, and a backlog passes also then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from local.cluster.postgres import connection_string
from tests.outages.shop import PLATFORM_SECONDS, Bakery
from tests.outages.slow_way import SlowWay
from tests.waiting import wait_until

pytestmark = pytest.mark.platform

#: What an exchange with PostgreSQL takes; a unit of work needs half a dozen.
SLOW_SECONDS = 0.25
#: With this a transaction of some 50 rows is ready before the deadline.
FAR_SECONDS = 0.05
BACKLOG = 240


@pytest.fixture(scope="module")
def way(open_bakery: Bakery) -> Iterator[SlowWay]:
    """What lies between every daprd and PostgreSQL."""
    way = SlowWay(open_bakery.cluster.ports.postgres)
    open_bakery.find_state_at(connection_string(way.port))
    yield way
    open_bakery.find_state_at(open_bakery.cluster.postgres)
    way.close()


@pytest.fixture(autouse=True)
def _fast_again(way: SlowWay) -> Iterator[None]:
    yield
    way.delay_seconds = 0.0


def test_slow_is_no_error(open_bakery: Bakery, way: SlowWay) -> None:
    ids = [f"slow-{number}" for number in range(3)]
    way.delay_seconds = SLOW_SECONDS
    answers = [open_bakery.order(id, "slow") for id in ids]
    wait_until(lambda: open_bakery.decisions(ids)[0] == 0, 60)

    assert [answer.status for answer in answers] == [201] * 3
    assert min(answer.seconds for answer in answers) > SLOW_SECONDS
    assert open_bakery.decisions(ids) == Counter({1: 3})


def test_slower_than_the_deadline_is_an_outage_and_nothing_is_doubled(
    open_bakery: Bakery, way: SlowWay
) -> None:
    way.delay_seconds = 2 * PLATFORM_SECONDS
    refused = open_bakery.order("late", "late")
    way.delay_seconds = 0.0
    wait_until(lambda: open_bakery.order("late", "late").status == 201, 60)
    wait_until(lambda: open_bakery.decisions(["late"])[0] == 0, 60)

    assert (refused.status, refused.retry_after) == (503, "5")
    assert refused.seconds < 4 * PLATFORM_SECONDS
    assert (open_bakery.decisions(["late"]), open_bakery.reserved("late")) == (Counter({1: 1}), 1)


def test_a_backlog_that_is_too_much_for_one_deadline_is_worked_off(
    open_bakery: Bakery, way: SlowWay
) -> None:
    ids = [f"far-{number}" for number in range(BACKLOG)]
    before = open_bakery.put_off("cake-decisions")
    way.delay_seconds = FAR_SECONDS
    open_bakery.publish(ids, "far")
    wait_until(lambda: open_bakery.decisions(ids)[0] == 0, 120)
    way.delay_seconds = 0.0

    assert open_bakery.put_off("cake-decisions") > before
    assert open_bakery.decisions(ids) == Counter({1: BACKLOG})
    assert open_bakery.reserved("far") == BACKLOG
    assert open_bakery.failures() == 0
