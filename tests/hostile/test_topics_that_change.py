"""A topic made anew, a group set back or forward, records removed unread: nothing goes unseen.

On real Kafka and daprd. The embedded engine has no groups, and no topic of it is ever deleted;
what it lets go of unread is in tests/runtime/test_store_topics.py.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from local.cluster import Cluster
from local.service_process import ServiceProcess
from tests.hostile.archive import PAPERS, PATIENCE_SECONDS, KafkaArchive, make_topics, on_dapr
from tests.hostile.records import Hostile, paper
from tests.waiting import wait_until

pytestmark = pytest.mark.platform

#: A producer's clock may be wrong, and records that are written again keep their time.
LONG_AGO_MS = 1_500_000_000_000


@dataclass
class Site:
    """The archive at work, and the hands of who looks after its Kafka."""

    cluster: Cluster
    archive: KafkaArchive
    service: ServiceProcess
    admin: AdminClient

    def write(
        self, name: str, count: int, at_ms: int | None = None, filling: str = ""
    ) -> list[str]:
        """Write papers to one partition; return their ids."""
        ids = [f"{name}-{number}" for number in range(count)]
        self.archive.write(
            [Hostile(id, paper(id, filling=filling), b"k", at_ms=at_ms) for id in ids]
        )
        return ids

    def wait_until_kept(self, ids: list[str]) -> None:
        """Wait until these papers are kept; the test fails when one was kept twice."""
        wait_until(lambda: set(ids) <= set(self.archive.kept()), PATIENCE_SECONDS)
        assert set(self.archive.kept().values()) == {1}

    @property
    def place(self) -> TopicPartition:
        """The partition that all papers are on."""
        marks = self.archive.broker.watermarks(PAPERS)
        return TopicPartition(PAPERS, next(at for at, (_, high) in marks.items() if high))

    def make_topic_anew(self) -> None:
        """Delete the topic and make it again."""
        make_topics(self.cluster, self.archive.broker, [PAPERS])

    def remove_before(self, offset: int) -> None:
        """Let the topic forget what lies before an offset, as retention does."""
        place = self.place
        wanted = TopicPartition(PAPERS, place.partition, offset)
        for done in self.admin.delete_records([wanted]).values():
            done.result()

    def set_group(self, offset: int) -> None:
        """Have the group go on at an offset. Kafka lets nobody do so while the service runs."""
        group = self.service.app_id
        wanted = TopicPartition(PAPERS, self.place.partition, offset)
        places = ConsumerGroupTopicPartitions(group, [wanted])

        def is_set() -> bool:
            done = self.admin.alter_consumer_group_offsets([places])[group]
            try:
                return not done.result().topic_partitions[0].error
            except Exception:  # its members have not all left yet
                return False

        wait_until(is_set, PATIENCE_SECONDS)

    def wait_until_group_is_at(self, offset: int) -> None:
        """Wait until Kafka knows that the group has come so far."""
        group, partition = self.service.app_id, self.place.partition
        broker = self.archive.broker
        wait_until(
            lambda: broker.committed(group, PAPERS).get(partition) == offset, PATIENCE_SECONDS
        )

    @contextmanager
    def daprd_paused(self) -> Iterator[None]:
        """Stop daprd in the middle of what it does, and let it go on."""
        assert self.service.daprd is not None
        os.kill(self.service.daprd.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.service.daprd.pid, signal.SIGCONT)

    def told(self, event: str) -> list[Mapping[str, Any]]:
        """What the service's log says under this name."""
        lines = self.service.app_log.read_text().splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [line for line in found if line["event"] == event]

    def lost(self) -> Mapping[str, int]:
        """What the service's metrics say is lost, by reason."""
        with urlopen(f"{self.service.http_url}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        counted = [line for line in lines if line.startswith("sluice_lost_events_total{")]
        return {
            line.partition('reason="')[2].partition('"')[0]: int(float(line.split()[-1]))
            for line in counted
            if float(line.split()[-1])
        }


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    with on_dapr(cluster, tmp_path) as (archive, service):
        admin = AdminClient({"bootstrap.servers": cluster.kafka})
        yield Site(cluster, archive, service, admin)


def test_a_topic_made_anew_while_the_service_runs_is_read_from_its_start(site: Site) -> None:
    site.wait_until_kept(site.write("old", 20))
    site.make_topic_anew()
    site.wait_until_kept(site.write("few", 5, LONG_AGO_MS))
    site.make_topic_anew()
    site.wait_until_kept(site.write("many", 50, LONG_AGO_MS))

    assert site.told("continuity.topic_made_anew")
    assert site.told("standstills.group_rewound")


def test_a_topic_made_anew_while_the_service_is_down_is_read_from_its_start(site: Site) -> None:
    site.wait_until_kept(site.write("old", 20))
    site.service.stop()
    site.make_topic_anew()
    few = site.write("few", 5, LONG_AGO_MS)
    site.service.start()
    site.wait_until_kept(few)
    site.service.stop()
    site.make_topic_anew()
    many = site.write("many", 50, LONG_AGO_MS)
    site.service.start()
    site.wait_until_kept(many)

    assert site.told("continuity.topic_made_anew")


def test_a_group_set_back_to_the_beginning_does_nothing_twice(site: Site) -> None:
    before = site.write("before", 20)
    site.wait_until_kept(before)
    site.service.stop()
    site.set_group(0)
    site.service.start()
    site.wait_until_kept(site.write("after", 5))

    receipts = [offset for _, _, offset in site.archive.receipts()]
    assert sorted(receipts) == list(range(25))
    assert site.lost() == {}


def test_records_that_a_group_was_set_past_are_told_and_kept_when_it_is_set_back(
    site: Site,
) -> None:
    site.wait_until_kept(site.write("before", 5))
    site.service.stop()
    passed = site.write("passed", 10)
    site.set_group(15)
    site.service.start()
    site.wait_until_kept(site.write("after", 5))
    told, lost = site.told("continuity.records_skipped"), site.lost()
    site.service.stop()
    site.set_group(0)
    site.service.start()
    site.wait_until_kept(passed)

    assert lost == {"skipped": 10}
    (line,) = told
    assert (line["topic"], line["first"], line["last"]) == (PAPERS, 5, 14)


def test_drafts_that_a_killed_process_had_passed_by_are_not_missed(site: Site) -> None:
    site.wait_until_kept(site.write("before", 5))
    site.write("draft", 5, LONG_AGO_MS)
    site.wait_until_group_is_at(10)
    site.service.kill()  # mostly before the tick that would have written them
    site.service.start()
    site.wait_until_kept(site.write("after", 5))
    lost = site.lost()
    site.service.stop()
    site.set_group(0)
    site.service.start()
    site.wait_until_kept(site.write("last", 5))

    receipts = [offset for _, _, offset in site.archive.receipts()]
    assert sorted(receipts) == [*range(5), *range(10, 20)]
    assert lost == site.lost() == {}


def test_records_removed_before_the_service_came_back_are_told(site: Site) -> None:
    site.wait_until_kept(site.write("before", 5))
    site.service.stop()
    site.write("removed", 10)
    site.remove_before(15)
    site.service.start()
    site.wait_until_kept(site.write("after", 5))

    assert site.lost() == {"removed": 10}
    (line,) = site.told("continuity.records_removed")
    assert (line["topic"], line["first"], line["last"]) == (PAPERS, 5, 14)


def test_records_removed_before_a_running_service_read_them_are_told_and_it_goes_on(
    site: Site,
) -> None:
    site.wait_until_kept(site.write("before", 5))
    with site.daprd_paused():
        on_its_way = site.write("on-its-way", 1)  # what daprd has asked for before
        # It has asked for at most 1 MiB, so that a slow broker may send a few of these as well.
        removed = site.write("removed", 9, filling="x" * 500_000)
        site.remove_before(15)
        after = site.write("after", 5)
    site.wait_until_kept(on_its_way + after)
    kept = set(removed) & set(site.archive.kept())

    assert len(kept) < 5
    assert site.lost() == {"removed": len(removed) - len(kept)}
    assert site.told("standstills.group_rewound")
