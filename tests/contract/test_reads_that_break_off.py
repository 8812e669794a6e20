"""Rows that are there, read while every connection to the database is cut again and again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from local.cluster import Cluster
from runtime.errors import PlatformDown
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.dapr import DaprSidecar

CUTS = 100
_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


@pytest.mark.platform
def test_a_row_that_is_there_never_counts_as_absent(
    cluster: Cluster, daprd: tuple[DaprSidecar, str]
) -> None:
    sidecar, _ = daprd
    sidecar.transact([Write("there", b"1", ANY)])
    with ThreadPoolExecutor(1) as hands:
        cutting = hands.submit(_cut_often, cluster.postgres)
        seen = []
        while not cutting.done():
            seen.append(_read(sidecar))
        cutting.result()

    assert seen.count("broken off") > CUTS / 10
    assert set(seen) == {"there", "broken off"}


def _read(sidecar: DaprSidecar) -> str:
    try:
        return "there" if "there" in sidecar.get(["there"]) else "absent"
    except PlatformDown:
        return "broken off"


def _cut_often(postgres: str) -> None:
    pauses = threading.Event()
    with psycopg.connect(postgres, autocommit=True) as connection:
        for _ in range(CUTS):
            connection.execute(_CUT)
            pauses.wait(0.02)
