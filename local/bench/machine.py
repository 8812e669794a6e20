"""On what were the figures taken?"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import psycopg

from local.cluster import Cluster
from local.cluster.layout import KAFKA_VERSION

_PACKAGES = ("dapr", "flask", "granian", "confluent-kafka", "msgspec")


def describe(cluster: Cluster | None = None) -> dict[str, str]:
    """Name the processor and the versions; those of the cluster only when there is one."""
    found = {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    if cluster is not None:
        found["daprd"] = _said_by([str(cluster.daprd), "--version"])
        found["kafka"] = KAFKA_VERSION
        found["postgresql"] = _postgres(cluster.postgres)
    return found | {name: importlib.metadata.version(name) for name in _PACKAGES}


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def _postgres(connection: str) -> str:
    with psycopg.connect(connection) as session:
        row = session.execute("show server_version").fetchone()
    return str(row[0]).split()[0] if row else ""


def _said_by(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
