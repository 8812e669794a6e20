"""Replicas of a service come and go while 20,000 events flow: it ends as if nobody had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.cluster import Cluster
from tests.chaos import ledger
from tests.chaos.calm import LARGE_BATCHES, undisturbed
from tests.chaos.ledger import MAILS
from tests.chaos.on_dapr import DaprSystem
from tests.chaos.run import EVENTS, Run
from tests.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.slow, pytest.mark.timeout(1800)]
PARCELS = 4000
REQUESTS = 8


@pytest.fixture(scope="module")
def system(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaprSystem]:
    """Two replicas of the depot, and one of the desk."""
    with DaprSystem(tmp_path_factory.mktemp("replicas"), cluster, LARGE_BATCHES) as system:
        system.add("depot")
        system.wait_until_ready()
        yield system


def weighed(system: DaprSystem) -> int:
    """How many events have come through the first function."""
    return sum(high for _, high in system.broker.watermarks("weights").values())


def test_replicas_that_come_and_go_amid_20000_events_change_nothing(
    system: DaprSystem, tmp_path: Path
) -> None:
    calm = undisturbed(tmp_path / "calm", parcels=PARCELS, requests=REQUESTS)
    run, start = Run("rep-01", PARCELS, REQUESTS), weighed(system)
    first, desk, second = system.running
    acts: list[tuple[int, Callable[[], object]]] = [
        (2_000, lambda: system.add("depot")),
        (5_000, lambda: system.drop(first)),
        (8_000, lambda: system.add("depot")),
        (11_000, lambda: restart(system, second)),
        (14_000, lambda: restart(system, desk)),
        (17_000, lambda: system.kill(desk)),
    ]
    run.start(system)
    for events, act in acts:
        wait_until(lambda least=start + events: weighed(system) >= least, 300)
        act()
    system.wait_until_quiet(600)
    assert run.answered
    found = ledger.read(system, run.name)[run.name]

    assert calm.count("topic weights") == PARCELS * EVENTS + run.requests
    differences = found.without(MAILS).differences(calm.without(MAILS))
    assert not differences, str(differences)
    assert not found.differences(calm).lost
    assert system.losses() == []


def restart(system: DaprSystem, name: str) -> None:
    """Stop a replica with SIGTERM and start it again, as a rolling restart does."""
    system.stop(name)
    system.revive()
