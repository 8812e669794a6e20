"""One service, wired: what it starts, ticks and closes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from runtime import FakeClock, Table, function
from runtime.arguments import Resources
from runtime.errors import PlatformDown, SluiceError, StoreRefused
from runtime.handled import next_offset
from runtime.registry import Service
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Overwriting, Sale, Shelf, Untouched, sale


class Lamp:
    """A resource that is counted and can be closed."""

    def __init__(self) -> None:
        self.on = True

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Lamp:
        if environ.get("POWER") == "off":
            raise ValueError("POWER is 'off'; expected 'on'.")
        return cls()

    def close(self) -> None:
        self.on = False


@function(subscribes="sales")
def count(sale: Sale, shelves: Table[Shelf], lamp: Lamp) -> None:
    """Count under a lamp."""


@function(subscribes="sales")
def count_too(sale: Sale, lamp: Lamp) -> None:
    """Count under the same lamp."""


@function(every="10s")
def sweep(shelves: Table[Shelf]) -> None:
    """Sweep."""
    with shelves.edit("all", Shelf) as row:
        row.sold += 1


@function(subscribes="sales", when=lambda sale: sale.product == "hats")
def count_hats(sale: Sale) -> None:
    """Count hats and nothing else."""


def run(
    *functions: Any,
    sidecar: RecordingSidecar | None = None,
    environ: Mapping[str, str] = {},
    clock: FakeClock | None = None,
) -> Running:
    service = Service("shop", {f.spec.name: f.spec for f in functions})
    return Running(
        service,
        sidecar or RecordingSidecar(),
        Settings(),
        clock=clock or FakeClock(),
        resources=Resources(environ),
        topics=Untouched(),
    )


def test_a_store_that_cannot_be_trusted_is_refused_at_the_start() -> None:
    with pytest.raises(StoreRefused):
        run(count, sidecar=Overwriting()).start()


def test_the_store_is_probed_once() -> None:
    running = run(count)
    running.start()
    before = list(running.sidecar.calls)  # type: ignore[attr-defined]
    running.start()

    assert running.sidecar.calls == before  # type: ignore[attr-defined]


def test_a_start_during_an_outage_is_made_again() -> None:
    sidecar = RecordingSidecar()
    sidecar.fail_next("transact", PlatformDown("gone"))
    running = run(count, sidecar=sidecar)
    with pytest.raises(PlatformDown):
        running.start()

    running.start()


def test_a_wrong_setting_of_a_resource_is_found_at_the_start() -> None:
    with pytest.raises(SluiceError, match=r"runtime.count cannot get its Lamp: POWER is 'off'"):
        run(count, environ={"POWER": "off"}).start()


def test_a_retry_topic_belongs_to_one_function() -> None:
    running = run(count, count_too)

    assert [c.spec.name for c in running.on_topic("sales")] == ["count", "count_too"]
    assert [c.spec.name for c in running.on_topic("runtime.count.retry")] == ["count"]
    assert running.on_topic("unknown") == []


def test_a_resource_is_made_once_and_closed_with_the_service() -> None:
    resources = Resources({})
    service = Service("shop", {f.spec.name: f.spec for f in (count, count_too)})
    running = Running(service, RecordingSidecar(), Settings(), resources=resources)
    running.start()
    lamp = resources.get(Lamp)
    running.close()

    assert resources.get(Lamp) is lamp
    assert not lamp.on


def test_a_tick_runs_what_is_due() -> None:
    running = run(sweep)
    running.tick()

    assert running.sidecar.rows["shelves/all"] == b'{"sold":1}'  # type: ignore[attr-defined]


def test_a_tick_during_an_outage_is_logged_and_the_next_one_works() -> None:
    running = run(sweep)
    running.sidecar.fail_next("get", PlatformDown("gone"))  # type: ignore[attr-defined]
    running.tick()
    running.tick()

    assert running.sidecar.rows["shelves/all"] == b'{"sold":1}'  # type: ignore[attr-defined]


def test_a_tick_writes_progress_that_has_waited_and_an_end_writes_all_of_it() -> None:
    clock = FakeClock()
    running = run(count_hats, clock=clock)
    [consumer] = running.consumers
    consumer.deliver([sale(0, "hats")])
    consumer.deliver([sale(1)])
    running.tick()
    early = progress(running)
    clock.advance(1)
    running.tick()
    late = progress(running)
    consumer.deliver([sale(2)])
    running.settle()

    assert (early, late, progress(running)) == (1, 2, 3)


def progress(running: Running) -> int:
    """The next offset of `count_hats`, as the store has it."""
    return next_offset(running.sidecar.rows["progress/count_hats/sales/0"])  # type: ignore[attr-defined]


def test_an_outage_at_the_end_is_no_failure() -> None:
    running = run(count_hats)
    [consumer] = running.consumers
    consumer.deliver([sale(0, "hats")])
    consumer.deliver([sale(1)])
    running.sidecar.fail_next("transact", PlatformDown("gone"))  # type: ignore[attr-defined]
    running.settle()

    assert progress(running) == 1
