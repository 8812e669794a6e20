"""A running cluster: its addresses, and its members to stop, start and pause."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from local.cluster.errors import ClusterError
from local.cluster.kafka import Kafka
from local.cluster.members import Member, MemberStatus
from local.cluster.moto import Moto
from local.cluster.opensearch import OpenSearch
from local.cluster.ports import HOST, Ports
from local.cluster.postgres import Postgres
from local.cluster.registry import API, Registry

#: The file that tells every other command where the cluster is.
_RECORD = "cluster.json"


@dataclass(frozen=True)
class Programs:
    """What the members are run with, as `up` has found or built it."""

    java: Path
    kafka_jars: Path
    postgres_bin: Path
    opensearch: Path = Path()
    registry: Path = Path()


@dataclass(frozen=True)
class Cluster:
    """Where everything is. It is a description: holding one neither starts nor keeps anything."""

    directory: Path
    #: host:port
    kafka: str
    #: a libpq connection string, for daprd's `connectionString` and for psycopg
    postgres: str
    #: the `endpoint_url` of S3 and SES
    moto_url: str
    daprd: Path
    dapr: Path
    #: Dapr's `runtimePath`: the folder with .dapr/bin/daprd and .dapr/config.yaml
    runtime_path: Path
    ports: Ports
    programs: Programs

    @property
    def search_url(self) -> str:
        """Where OpenSearch answers, if it was asked for."""
        return f"http://{HOST}:{self.ports.opensearch}"

    @property
    def registry_url(self) -> str:
        """Where the schema registry answers, if it was asked for."""
        return f"http://{HOST}:{self.ports.registry}{API}"

    def start(self, name: str) -> None:
        """Start a member that is stopped, on the same address, and wait until it works."""
        self.member(name).start()
        self._renew_record()

    def stop(self, name: str) -> None:
        """End a member properly and wait until it is gone. The others stay."""
        self.member(name).stop()
        self._renew_record()

    def kill(self, name: str) -> None:
        """End a member as a crash would, and wait until it is gone."""
        self.member(name).kill()
        self._renew_record()

    def pause(self, name: str) -> None:
        """Freeze a member: its connections stay open and nobody answers."""
        self.member(name).pause()

    def resume(self, name: str) -> None:
        """Let a paused member go on."""
        self.member(name).resume()

    def status(self) -> list[MemberStatus]:
        """How each member is now; the optional ones only as long as they run."""
        return statuses(self.members())

    def members(self) -> list[Member]:
        """All members, in the order in which they are best stopped."""
        return members(self.directory, self.ports, self.programs)

    def member(self, name: str) -> Member:
        """The member of this name."""
        found = {member.name: member for member in self.members()}
        if name not in found:
            raise ClusterError(f"Member {name!r} does not exist; expected one of {sorted(found)}.")
        return found[name]

    def _renew_record(self) -> None:
        """Write the pids, for other commands; members may have come since this was described."""
        write_record(read_record(self.directory) or self)


def members(directory: Path, ports: Ports, programs: Programs) -> list[Member]:
    """The members of a cluster in this folder, whether they run or not."""
    return [
        Moto(directory, ports.moto),
        Kafka(directory, ports.kafka, programs.java, programs.kafka_jars),
        Postgres(directory, ports.postgres, programs.postgres_bin),
        OpenSearch(directory, ports.opensearch, programs.java, programs.opensearch),
        Registry(directory, ports.registry, programs.java, programs.registry),
    ]


def statuses(members: Sequence[Member]) -> list[MemberStatus]:
    """How each of these is now; the optional ones only as long as they run."""
    return [each.status() for each in members if not each.optional or each.process()]


def write_record(cluster: Cluster) -> None:
    """Write cluster.json, in one step: a reader sees all of it or none."""
    pids = {status.name: status.pid for status in cluster.status()}
    text = json.dumps(asdict(cluster) | {"pids": pids}, indent=2, default=str)
    unfinished = cluster.directory / f"{_RECORD}.unfinished"
    unfinished.write_text(text + "\n")
    os.replace(unfinished, cluster.directory / _RECORD)


def read_record(directory: Path) -> Cluster | None:
    """The cluster that was last brought up in this folder; None when there never was one."""
    try:
        record = json.loads((directory / _RECORD).read_text())
        programs = {name: Path(path) for name, path in record["programs"].items()}
        return Cluster(
            directory=directory,
            kafka=record["kafka"],
            postgres=record["postgres"],
            moto_url=record["moto_url"],
            daprd=Path(record["daprd"]),
            dapr=Path(record["dapr"]),
            runtime_path=Path(record["runtime_path"]),
            ports=Ports(**record["ports"]),
            programs=Programs(**programs),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ClusterError(
            f"File {str(directory / _RECORD)!r} cannot be read ({error!r}); expected what "
            f"`up` has written. Delete it and bring the cluster up again."
        ) from error
