"""Where a group stands is asked all the time, also while its coordinator is away or not ready.

librdkafka 2.16, asked as an administrator, then ended the whole process.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from local.cluster import Cluster
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.platform]

PROGRAM = """
import sys
from contextlib import suppress
from local.brokers.kafka import KafkaBroker
from runtime.errors import PlatformDown
from runtime.kafka_topics import KafkaTopics

broker, topics = KafkaBroker(sys.argv[1], patience_seconds=1), KafkaTopics(sys.argv[1])
broker.create("asked-while-it-restarts", 1)
print("asking", flush=True)
answers = 0
while answers < 1000:
    for number in range(10):
        with suppress(PlatformDown):
            topics.find(["asked-while-it-restarts"])
            topics.committed(f"group-{number}", [("asked-while-it-restarts", 0)])
            broker.committed(f"group-{number}", "asked-while-it-restarts")
            answers += 1
"""


def test_asking_where_a_group_stands_survives_it(cluster: Cluster) -> None:
    words = [sys.executable, "-c", PROGRAM, cluster.kafka]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "asking\n"
        cluster.kill("kafka")
        cluster.start("kafka")
        wait_until(lambda: asking.poll() is not None, 120)

    assert asking.returncode == 0
