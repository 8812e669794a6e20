"""The Kafka broker: one node that is also its own controller."""

import os
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from local.cluster.errors import MemberFailed
from local.cluster.java import QUICK
from local.cluster.members import Member
from local.cluster.ports import HOST, free_port

#: An order of 675 lines is 50 KB and a batch of them must pass; Kafka's own limit is 1 MB.
_MAX_MESSAGE_BYTES = 16 * 1024 * 1024

#: Enough for a laptop's topics; the page cache does the rest.
_HEAP = ("-Xms256m", "-Xmx512m")

#: The broker's log goes to its standard output and so to the member's log file.
_LOGGING = """\
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %m (%c{1})%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
# These repeat the whole configuration, or a line per client, and bury what matters.
logger.config.name = org.apache.kafka.common.config
logger.config.level = warn
logger.server.name = kafka.server.KafkaConfig
logger.server.level = warn
logger.clients.name = org.apache.kafka.clients
logger.clients.level = warn
"""


class Kafka(Member):
    """Apache Kafka in KRaft mode, from its jars."""

    name: ClassVar[str] = "kafka"

    def __init__(self, directory: Path, port: int, java: Path, jars: Path) -> None:
        super().__init__(directory, port)
        self.java = java
        self.jars = jars

    def prepare(self) -> None:
        """Write the properties, and format the data folder the first time."""
        self._home.mkdir(parents=True, exist_ok=True)
        (self._home / "log4j2.properties").write_text(_LOGGING)
        # Nobody but the broker itself connects to the controller, so its port need not last.
        text = server_properties(self._data, self.port, free_port({self.port}))
        self._properties.write_text(text)
        if not (self._data / "meta.properties").exists():
            self._format()

    def command(self) -> list[str]:
        """The JVM with the broker's main class."""
        logging = self._home / "log4j2.properties"
        return [
            str(self.java),
            *_HEAP,
            *QUICK,
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={logging}",
            "kafka.Kafka",
            str(self._properties),
        ]

    def environment(self) -> Mapping[str, str]:
        """The classpath goes here, not to the arguments, where `ps` would show 46 jars."""
        jars = sorted(str(jar) for jar in self.jars.glob("*.jar"))
        return os.environ | {"CLASSPATH": os.pathsep.join(jars)}

    def works(self) -> bool:
        """True when a client is told about this broker."""
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        client = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        try:
            return len(client.list_topics(timeout=2.0).brokers) == 1
        except KafkaException:
            return False

    @property
    def _home(self) -> Path:
        return self.directory / "kafka"

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @property
    def _properties(self) -> Path:
        return self._home / "server.properties"

    def _format(self) -> None:
        # 22 characters as Kafka makes them, but never a dash in front, which looks like an option.
        cluster_id = f"sluice{uuid.uuid4().hex[:16]}"
        done = subprocess.run(
            [
                *(str(self.java), *QUICK),
                *("kafka.tools.StorageTool", "format", "--cluster-id", cluster_id),
                *("--config", str(self._properties)),
            ],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise MemberFailed(
                f"Member 'kafka' could not format {self._data}: {done.stderr.strip()[-500:]}"
            )


def server_properties(data: Path, port: int, controller_port: int) -> str:
    """The broker's configuration. Every replication factor is 1: there is one node."""
    listeners = f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}"
    settings: dict[str, str | int] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        # Fixed voters rather than bootstrap servers: those would write the controller's port into
        # the data, and it changes with each start.
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data).replace("\\", "\\\\"),
        "auto.create.topics.enable": "true",
        "num.partitions": 3,
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        # The first member of a group need not wait three seconds for others.
        "group.initial.rebalance.delay.ms": 0,
        # 50 partitions each by default, all of which a start has to open.
        "offsets.topic.num.partitions": 8,
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.num.partitions": 8,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 8,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        # A start is over at the next heartbeat, 2 s by default.
        "broker.heartbeat.interval.ms": 500,
        # Kafka's own, named because 3 s would be tempting: after a crash the controller waits until
        # the broker's session of before has ended, so a start takes 12 s, and 6 with 3. But when a
        # busy machine stalls for longer than the session, all leaders are taken away.
        "broker.session.timeout.ms": 9000,
        "message.max.bytes": _MAX_MESSAGE_BYTES,
        "replica.fetch.max.bytes": _MAX_MESSAGE_BYTES,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
