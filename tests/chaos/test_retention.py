"""How long is an event remembered? As long as SLUICE_RETENTION_SECONDS says, on both engines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from local.cluster import Cluster
from runtime.clock import FakeClock
from runtime.dead_letters import replay_message
from runtime.delivery import Consumer
from runtime.handled import SEGMENT_IDS
from runtime.record import Record
from runtime.settings import Settings
from runtime.sidecars.embedded import EmbeddedSidecar, Store
from tests.chaos import ledger
from tests.chaos.embedded import EmbeddedSystem
from tests.chaos.functions.depot.count_weights import count_weights
from tests.chaos.functions.desk.sign_parcel import sign_parcel
from tests.chaos.on_dapr import DaprSystem
from tests.chaos.run import EVENTS, Run
from tests.chaos.system import System
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(600)
ENGINES = ["embedded", pytest.param("dapr", marks=pytest.mark.platform)]
DAY = 24 * 3600


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    """An embedded store by a clock that the test moves."""
    with Store.open(tmp_path, clock=clock) as store:
        yield store


class Remembering:
    """One function over a store, which remembers for a day."""

    def __init__(self, store: Store, clock: FakeClock, function: Any) -> None:
        self._clock = clock
        self._spec = function.spec
        self._store = store
        self._offsets = itertools.count()
        self.restart()

    def restart(self) -> None:
        """Begin with what is in the store, and nothing else."""
        sidecar = EmbeddedSidecar(self._store, self._spec.service)
        settings = Settings(retention_seconds=DAY)
        self._consumer = Consumer(self._spec, sidecar, clock=self._clock, settings=settings)

    def deliver(self, *ids: str, number: int = 0) -> None:
        """Deliver an event for each of these ids, at offsets of their own."""
        self._consumer.deliver([self._record(id, number) for id in ids])

    def handled(self, table: str) -> int:
        """How many events the table has counted."""
        key = f"{table}/RUN"
        row = self._store.get(self._spec.service, [key]).get(key)
        return int(msgspec.json.decode(row.value)["events"]) if row else 0

    def _record(self, id: str, number: int) -> Record:
        fields = {"run": "RUN", "id": "RUN", "number": number, "grams": 1, "last": False}
        envelope = {"specversion": "1.0", "id": id, "source": "/s", "type": "t", "data": fields}
        now_ms = int(self._clock.now().timestamp() * 1000)
        value = msgspec.json.encode(envelope)
        headers = {"content-type": "application/cloudevents+json"}
        topic = str(self._spec.trigger)
        return Record(topic, 0, next(self._offsets), "RUN", value, headers, now_ms)


@pytest.mark.parametrize(("seconds", "times"), [(DAY - 1, 1), (DAY + 1, 2)])
def test_a_unique_event_is_remembered_that_long(
    store: Store, clock: FakeClock, seconds: int, times: int
) -> None:
    desk = Remembering(store, clock, sign_parcel)
    desk.deliver("first")
    clock.advance(seconds)
    desk.restart()
    desk.deliver("second")

    assert desk.handled("signed") == times


@pytest.mark.parametrize(("seconds", "again"), [(DAY - 1, 0), (DAY + 1, SEGMENT_IDS)])
def test_ids_in_rows_of_their_own_are_remembered_that_long(
    store: Store, clock: FakeClock, seconds: int, again: int
) -> None:
    """The last few hundred ids are in the row of the progress, and remembered for longer."""
    depot = Remembering(store, clock, count_weights)
    ids = [f"{number}" for number in range(SEGMENT_IDS)]
    for start in range(0, SEGMENT_IDS, 64):
        depot.deliver(*ids[start : start + 64])
    clock.advance(seconds)
    depot.restart()
    depot.deliver(*ids)

    assert depot.handled("totals") == SEGMENT_IDS + again


@pytest.fixture(params=ENGINES)
def forgetful(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system that remembers for two seconds."""
    home, setting = tmp_path_factory.mktemp("forgetful"), {"SLUICE_RETENTION_SECONDS": "2"}
    if request.param == "embedded":
        system: System = EmbeddedSystem(home, setting)
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        system = DaprSystem(home, cluster, setting)
    with system:
        system.wait_until_ready()
        yield system


@pytest.mark.slow
def test_the_setting_reaches_the_store(forgetful: System) -> None:
    """A replayed dead letter that is replayed again counts again, once its mark has ended."""
    run, topic = Run(f"ret-{forgetful.engine[:2]}", requests=0), "desk.look_at_parcel"
    for_longer = marks(forgetful)  # of other tests, on a cluster that they share
    run.start(forgetful)
    forgetful.wait_until_quiet()
    records = forgetful.broker.read(f"{topic}.dead-letters")
    letters = [record for record in records if run.name in (record.key or "")]
    forgetful.repairs.add(run.name)
    for _ in range(2):
        forgetful.broker.publish([replay_message(f"{topic}.retry", each) for each in letters])
        forgetful.wait_until_quiet()
        wait_until(lambda: marks(forgetful) <= for_longer, 60)

    lines = ledger.read(forgetful, run.name)[run.name].only("table looked").lines
    counted_twice = [row for _, row in lines if f'"events":{EVENTS + 1},' in row]
    assert len(counted_twice) == len(letters) > 0


def marks(system: System) -> set[str]:
    """The events that are remembered by rows of their own."""
    rows = [*system.store.scan("desk||settled/"), *system.store.scan("desk||unique/")]
    return {key for key, _ in rows}
