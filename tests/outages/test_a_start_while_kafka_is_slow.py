"""daprd starts while Kafka takes its connections and answers nothing, as on a machine that stalls."""

from __future__ import annotations

import time

import pytest

from tests.outages.shop import Bakery
from tests.waiting import wait_until

pytestmark = pytest.mark.platform

#: More than the 5 s after which daprd ends itself when its components do not say otherwise.
SILENT_SECONDS = 8.0


def test_daprd_waits_for_it(open_bakery: Bakery) -> None:
    services = open_bakery.services.values()
    open_bakery.kill_daprd()
    open_bakery.cluster.pause("kafka")
    try:
        open_bakery.start_daprd()
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > SILENT_SECONDS, SILENT_SECONDS + 5)
        for service in services:
            service.check_alive()
    finally:
        open_bakery.cluster.resume("kafka")
    for service in services:
        service.wait_until_consuming()

    id = f"slow-start-{time.time_ns()}"
    assert open_bakery.order(id, "slow-start").status == 201
    wait_until(lambda: open_bakery.decisions([id])[1] == 1, 60)
