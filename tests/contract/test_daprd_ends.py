"""daprd ends when it is told to, whoever is connected to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.cluster import Cluster
from tests.contract.a_daprd import daprd_of
from tests.waiting import wait_until


@pytest.mark.platform
def test_a_daprd_that_ends_waits_for_nobody_who_is_idle(cluster: Cluster, tmp_path: Path) -> None:
    """It says that it wants to, and waits 5 s for those who do not answer."""
    with daprd_of(cluster, tmp_path) as (sidecar, process):
        sidecar.get(["any"])
        process.terminate()

        def has_ended() -> bool:
            sidecar.tidy()
            return process.poll() is not None

        wait_until(has_ended, 3, patience=1)
