"""What tests of the unit of work share, and those at the real server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Shop
from tests.runtime.selling import count
from tests.runtime.site import Site


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def together() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(50) as pool:
        yield pool


@pytest.fixture(params=[True, False], ids=["publishes in the transaction", "publishes after it"])
def shop(request: pytest.FixtureRequest) -> Shop:
    return Shop(count, RecordingSidecar(publishes_in_transaction=request.param))
