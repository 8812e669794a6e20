"""The depot on Dapr: every service as a process with its daprd, once or as several replicas."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from local import components
from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster, process
from local.cluster.identity import ProcessId
from local.lag import consumer_groups
from local.service_process import ServiceProcess
from local.states import PostgresStore
from local.topics import apply, plan
from tests.chaos.nursery import nursery
from tests.chaos.system import FUNCTIONS, TOPICS, System, paused

SERVICES = ("depot", "desk")


class DaprSystem(System):
    """The services of the depot on a running cluster. A replica has ports and logs of its own."""

    engine = "dapr"

    def __init__(self, home: Path, cluster: Cluster, environment: Mapping[str, str] = {}) -> None:
        broker = KafkaBroker(cluster.kafka)
        super().__init__(home, broker, PostgresStore(cluster.postgres), consumer_groups(broker))
        apply(plan(TOPICS.values(), broker.topics()), broker)
        self._cluster = cluster
        self._added = environment
        self._numbers = itertools.count(1)
        self.running: dict[str, ServiceProcess] = {}
        for service in SERVICES:
            self.add(service)

    @property
    def processes(self) -> Sequence[str]:
        return list(self.running)

    def add(self, service: str) -> str:
        """Start one more replica, without waiting for it; return its name."""
        name = f"{service}-{next(self._numbers)}"
        self.running[name] = replica = self._prepare(service, self.home / name)
        replica.begin()
        return name

    def remove(self, name: str) -> None:
        """Stop a replica with SIGTERM, for good."""
        self.running.pop(name).stop()

    def drop(self, name: str) -> None:
        """Kill a replica for good."""
        self.running.pop(name).kill()

    def kill(self, name: str) -> None:
        self.running[name].kill()

    def kill_part(self, name: str, part: str) -> None:
        """Kill one of the two processes of a replica: `app` or `daprd`."""
        process.kill([self._part(name, part)])

    def stop(self, name: str) -> None:
        self.running[name].stop()

    def pause(self, name: str) -> Callable[[], None]:
        return paused([self._part(name, part).pid for part in ("app", "daprd")])

    def pause_server(self, name: str) -> Callable[[], None]:
        """Let `kafka` or `postgres` stand still; returns what lets it go on."""
        self._cluster.pause(name)
        return lambda: self._cluster.resume(name)

    def stop_server(self, name: str) -> Callable[[], None]:
        """Stop `kafka` or `postgres`; returns what starts it again."""
        self._cluster.stop(name)
        return lambda: self._cluster.start(name)

    def revive(self) -> None:
        for replica in self.running.values():
            before = replica.app
            replica.begin()
            self.revived += replica.app is not before

    def wait_until_ready(self) -> None:
        for replica in self.running.values():
            replica.wait_until_consuming()

    def rest(self) -> None:
        """Stop everything properly; `revive` starts it again."""
        for replica in self.running.values():
            replica.stop()

    def read_all_again(self) -> None:
        """Set the services' consumer groups back to the first records; nothing may run."""
        admin = AdminClient({"bootstrap.servers": self._cluster.kafka, "log_level": 0})
        for service in SERVICES:
            for group in (service, f"{service}-retries"):
                places = [
                    TopicPartition(topic, at, 0)
                    for topic in TOPICS
                    for at in self.broker.committed(group, topic)
                ]
                if places:  # a group without work has read nothing
                    wanted = [ConsumerGroupTopicPartitions(group, places)]
                    admin.alter_consumer_group_offsets(wanted)[group].result()

    def depot(self) -> str:
        return next(r.http_url for name, r in self.running.items() if name.startswith("depot"))

    def close(self) -> None:
        for replica in self.running.values():
            replica.kill()
        self.broker.close()

    def _part(self, name: str, part: str) -> ProcessId:
        found: ProcessId | None = getattr(self.running[name], part)
        assert found is not None
        return found

    def _prepare(self, service: str, home: Path) -> ServiceProcess:
        cluster = self._cluster
        folder = components.render(
            home / "components", kafka=cluster.kafka, postgres=cluster.postgres
        )
        words = ["runtime", service, "--functions", FUNCTIONS]
        environment = {
            "SLUICE_KAFKA": cluster.kafka,
            "SLUICE_LOG_LEVEL": "info",
            **self.environment,
            **self._added,
        }
        return ServiceProcess(service, words, cluster, folder, home, environment, nursery().spawn)
