"""Replicas of a service come and go while 20,000 events flow: it ends as if nobody had."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from local.cluster import Cluster
from tests.chaos import ledger
from tests.chaos.ledger import MAILS, Ledger
from tests.chaos.on_dapr import DaprSystem
from tests.chaos.run import EVENTS, Run
from tests.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.timeout(900)]
PARCELS = 4000
#: Units of work as a service has them, not the small ones that are good for killing.
BATCH = {"CHAOS_BATCH": "500"}


@pytest.fixture(scope="module")
def system(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaprSystem]:
    """Two replicas of the depot, and one of the desk."""
    with DaprSystem(tmp_path_factory.mktemp("replicas"), cluster, BATCH) as system:
        system.add("depot")
        system.wait_until_ready()
        yield system


@pytest.fixture(scope="module")
def calm(system: DaprSystem) -> Ledger:
    run = Run("rep-00", PARCELS)
    run.start(system)
    system.wait_until_quiet(300)
    return ledger.read(system, run.name)[run.name]


def weighed(system: DaprSystem) -> int:
    """How many events have come through the first function."""
    return sum(high for _, high in system.broker.watermarks("weights").values())


def test_replicas_that_are_added_stopped_and_killed_amid_20000_events_change_nothing(
    system: DaprSystem, calm: Ledger
) -> None:
    run, start = Run("rep-01", PARCELS), weighed(system)
    first, second = (name for name in system.running if name.startswith("depot"))
    acts: list[tuple[int, Callable[[], object]]] = [
        (2_000, lambda: system.add("depot")),
        (6_000, lambda: system.drop(first)),
        (9_000, lambda: system.add("depot")),
        (12_000, lambda: system.remove(second)),
        (16_000, lambda: system.kill("desk-2")),
    ]
    run.start(system)
    for events, act in acts:
        wait_until(lambda least=start + events: weighed(system) >= least, 120)
        act()
    system.wait_until_quiet(300)
    found = ledger.read(system, run.name)[run.name]

    assert calm.count("topic weights") == PARCELS * EVENTS + run.requests
    assert not found.without(MAILS).differences(calm.without(MAILS))
    assert not found.differences(calm).lost


def test_a_rolling_restart_changes_nothing(system: DaprSystem, calm: Ledger) -> None:
    run, start = Run("rep-02", PARCELS), weighed(system)
    run.start(system)
    for number, name in enumerate(list(system.running), 1):
        wait_until(lambda least=start + 3_000 * number: weighed(system) >= least, 120)
        system.remove(name)
        system.add(name.split("-")[0])
        system.wait_until_ready()
    system.wait_until_quiet(300)
    found = ledger.read(system, run.name)[run.name]

    assert run.answered
    assert not found.differences(calm)
