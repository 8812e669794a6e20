"""The post office on each of the engines."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.brokers.base import Broker
from local.brokers.embedded import EmbeddedBroker
from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster
from local.finding import find_running
from local.launch import launch
from tests.provider.mail_van import MailVan
from tests.provider.trial import Trial
from tests.waiting import wait_until

FUNCTIONS = "tests.provider.functions"
TOPICS = ("letters", "post-parcels", "post-weights")


@contextmanager
def embedded(folder: Path) -> Iterator[Trial]:
    """`sluice up` with the post office, in `folder`."""
    data, van = folder / "data", _van(folder)
    command = [sys.executable, "-m", "local", "up", "--no-demo-data", "--port", "0"]
    command += ["--data", str(data), "--functions", FUNCTIONS]
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | {"MAIL_VAN": str(folder)}
        )
    try:
        wait_until(lambda: find_running(data) is not None, 30)
        broker = EmbeddedBroker(data)
        _make_topics(broker)
        yield Trial(broker, van)
        broker.close()
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def on_dapr(cluster: Cluster, folder: Path) -> Iterator[Trial]:
    """The same beside its daprd."""
    broker, van = KafkaBroker(cluster.kafka), _van(folder)
    _make_topics(broker)
    environment = {"MAIL_VAN": str(folder)}
    with launch("post", FUNCTIONS, cluster, directory=folder, environment=environment):
        yield Trial(broker, van)
    broker.close()


def _van(folder: Path) -> MailVan:
    return MailVan.open({"MAIL_VAN": str(folder)})


def _make_topics(broker: Broker) -> None:
    for topic in set(TOPICS) - set(broker.topics()):
        broker.create(topic, 4)
