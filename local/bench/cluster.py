"""All contestants on one cluster, interleaved: round by round, so that a slow minute hits all."""

from __future__ import annotations

import collections
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.bench import trial
from local.bench.arena import Arena
from local.bench.contestants.base import Contestant
from local.bench.sample import Sample
from local.bench.trial import Size
from local.bench.workload import Workload
from local.cluster import Cluster, down, find_cluster, up
from local.cluster.progress import Progress
from local.errors import Misuse

#: Marks a cluster whose topics the bench may delete: one that it has made itself.
_MARK = "bench"
#: Times that a round's records are sent before the first round.
_WARM_UPS = 3


def run(
    cluster: Cluster,
    contestants: Sequence[Contestant],
    rounds: int,
    size: Size,
    tell: Progress,
) -> list[Sample]:
    """Run all rounds. Logs are in the folder `trials` of the cluster until the next run."""
    place = arena(cluster)
    shutil.rmtree(place.directory, ignore_errors=True)
    warm_up(place, size.events, tell)
    return [
        trial.run(place, contestant, number, size, tell)
        for number in range(1, rounds + 1)
        for contestant in contestants
    ]


def warm_up(place: Arena, records: int, tell: Progress) -> None:
    """Send records through the broker until it is warm.

    One that has just started takes three times the processor time for a record until its code is
    compiled, and whoever comes first would pay for that.
    """
    tell("broker", f"{records:,} records to warm it up")
    topic = f"warm-up-{place.token}"
    place.make_topics([topic])
    for _ in range(_WARM_UPS):
        place.publish(Workload(topic, topic).orders(records))
        collections.deque(place.broker.read(topic), maxlen=0)
    place.delete_topics([topic])


def arena(cluster: Cluster) -> Arena:
    """Names of its own for topics, services and their state, on this cluster."""
    return Arena(cluster, cluster.directory / "trials")


@contextmanager
def own(directory: Path | None, tell: Progress) -> Iterator[Cluster]:
    """Bring up a cluster for the bench alone, on free ports; it is down again afterwards.

    `directory` is the folder of a bench cluster to keep; without one it is temporary, and erased.
    One that runs already is left running. Raises Misuse for a folder with somebody's cluster.
    """
    home = directory or Path(tempfile.mkdtemp(prefix="sluice-bench-"))
    _claim(home)
    ran_before = find_cluster(home) is not None
    try:
        yield up(home, ports=None if ran_before else "free", progress=tell)
    finally:
        if not ran_before:
            down(home, keep_data=directory is not None, progress=tell)


def _claim(home: Path) -> None:
    """Refuse a cluster that is not the bench's: it would delete the topics of its functions."""
    if (home / "cluster.json").exists() and not (home / _MARK).exists():
        raise Misuse(
            f"In {str(home)!r} is a cluster that the bench did not make; expected one of its own, "
            "because it deletes topics. Name another folder, or none."
        )
    home.mkdir(parents=True, exist_ok=True)
    (home / _MARK).touch()
