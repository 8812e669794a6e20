"""Rows that are there, read while every connection to the database is cut again and again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from local.cluster import Cluster
from runtime.errors import PlatformDown
from runtime.sidecars.base import Write
from runtime.sidecars.dapr import DaprSidecar

CUTS = 500
#: More than a connection takes at once: an answer can be cut anywhere within them.
ROWS = 300
_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


@pytest.mark.platform
def test_a_row_that_is_there_never_counts_as_absent(
    cluster: Cluster, daprd: tuple[DaprSidecar, str]
) -> None:
    sidecar, _ = daprd
    sidecar.get(["any"])  # what tells a complete read is in the store before all that is read
    place = uuid4().hex
    # In no order, as they come to be in a store: neither of their keys nor of their age.
    keys = [f"{'abyz'[number % 4]}-table/{place}/{number * 77 % ROWS}" for number in range(ROWS)]
    sidecar.transact([Write(key, b"x" * 1000, None) for key in keys])
    with ThreadPoolExecutor(1) as hands:
        cutting = hands.submit(_cut_often, cluster.postgres)
        seen = []
        while not cutting.done():
            seen.append(_absent(sidecar, keys))
        cutting.result()

    assert seen.count(None) > CUTS / 10
    assert set(seen) == {0, None}


def _absent(sidecar: DaprSidecar, keys: list[str]) -> int | None:
    """How many rows were said to be absent; None for a read that broke off."""
    try:
        return len(keys) - len(sidecar.get(keys))
    except PlatformDown:
        return None


def _cut_often(postgres: str) -> None:
    pauses = threading.Event()
    with psycopg.connect(postgres, autocommit=True) as connection:
        for _ in range(CUTS):
            connection.execute(_CUT)
            pauses.wait(0.005)
