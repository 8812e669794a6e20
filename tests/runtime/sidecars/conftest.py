"""An open store, and how to look at what is on its log."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.clock import FakeClock
from runtime.record import Record
from runtime.sidecars.embedded import Store


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(data: Path, clock: FakeClock) -> Iterator[Store]:
    with Store.open(data, clock=clock) as opened:
        yield opened


@pytest.fixture
def read() -> Callable[..., list[Record]]:
    def read(store: Store, topic: str, positions: dict[int, int] | None = None) -> list[Record]:
        reader = store.reader(topic, positions)
        found: list[Record] = []
        while records := reader.read(1000):
            found += records
        return found

    return read
