"""daprd starts while Kafka takes its connections and answers nothing: a machine that stalls."""

from __future__ import annotations

import time

import pytest

from tests.outages.shop import Bakery
from tests.waiting import wait_until

pytestmark = pytest.mark.platform

#: Whoever is answered later than 5 s ends itself, when its components do not say otherwise: daprd
#: looks at the clock only then.
SILENT_SECONDS = 8.0


def test_daprd_waits_for_it(open_bakery: Bakery) -> None:
    open_bakery.kill_daprd()
    open_bakery.cluster.pause("kafka")
    try:
        open_bakery.start_daprd()
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > SILENT_SECONDS, SILENT_SECONDS + 5)
    finally:
        open_bakery.cluster.resume("kafka")
    for service in open_bakery.services.values():
        service.wait_until_consuming()  # fails where a daprd has ended

    id = f"slow-start-{time.time_ns()}"
    wait_until(lambda: open_bakery.order(id, "slow-start").status == 201, 60)
    wait_until(lambda: open_bakery.decisions([id])[1] == 1, 60)
