"""Bringing a cluster up, taking it down, and looking at it."""

import shutil
from collections.abc import Collection
from pathlib import Path

from local.cluster import build, tools
from local.cluster.attempt import Attempt
from local.cluster.cluster import (
    Cluster,
    Programs,
    members,
    read_record,
    statuses,
    write_record,
)
from local.cluster.errors import ClusterError
from local.cluster.kafka import Kafka
from local.cluster.layout import Layout
from local.cluster.lock import locked
from local.cluster.members import Member, MemberStatus
from local.cluster.moto import Moto
from local.cluster.opensearch import OpenSearch
from local.cluster.ports import HOST, Ports, Wish, choose
from local.cluster.postgres import Postgres, connection_string
from local.cluster.progress import Progress, silent
from local.cluster.registry import Registry
from local.cluster.settings import Settings

#: Enough to name and to stop the members; nothing that would be needed to start them.
_NO_PROGRAMS = Programs(Path(), Path(), Path())


#: What a cluster does without unless it is asked for.
OPTIONAL = (OpenSearch.name, Registry.name)


def up(
    directory: Path | None = None,
    *,
    ports: Wish = None,
    extra: Collection[str] = (),
    progress: Progress | None = None,
) -> Cluster:
    """Start what is not running yet, and return when everything works.

    `extra` names optional members: "opensearch", "registry".
    Calling it again is quick and changes nothing. When a part fails, the members that this call has
    started are stopped again, and the error names the log to read. The first call on a machine
    builds daprd and the dapr command, which takes some minutes.
    """
    settings = Settings.from_environment()
    directory = (directory or settings.cluster_dir).resolve()
    tell = progress or silent
    if unknown := set(extra) - set(OPTIONAL):
        raise ClusterError(
            f"Member {min(unknown)!r} is not optional; expected of {list(OPTIONAL)}."
        )
    with locked(directory / "cluster.lock"):
        chosen = _choose_ports(directory, ports, extra, tell)
        return _bring_up(directory, chosen, Layout(settings.platform_dir), extra, tell)


def prepare(*, progress: Progress | None = None) -> None:
    """Find, install or build every program of the platform, and start nothing.

    Takes some minutes the first time on a machine, and no time at all after that.
    """
    tell = progress or silent
    layout = Layout(Settings.from_environment().platform_dir)
    build.build_dapr(layout, tell)
    build.build_kafka(layout, tell)
    build.build_opensearch(layout, tell)
    build.build_registry(layout, tell)
    tools.find_java(layout.tools, tell)
    tools.find_postgres(tell)


def down(
    directory: Path | None = None, *, keep_data: bool = True, progress: Progress | None = None
) -> None:
    """Stop every member; nothing happens when none runs. Data stays unless told otherwise."""
    directory = _directory(directory)
    if not directory.exists():
        return
    with locked(directory / "cluster.lock"):
        for member in _recorded_members(directory):
            if member.process():
                (progress or silent)(member.name, "stopping")
            member.stop()
        if not keep_data:
            Postgres(directory, 0, Path()).erase()
            shutil.rmtree(directory)


def status(directory: Path | None = None) -> list[MemberStatus]:
    """How each member is now, also when none was ever started; optional ones while they run."""
    return statuses(_recorded_members(_directory(directory)))


def find_cluster(directory: Path | None = None) -> Cluster | None:
    """The cluster in this folder, if it is up; None when no member of it runs.

    With a single member stopped or paused it still counts as up.
    """
    cluster = read_record(_directory(directory))
    if cluster and any(member.process() for member in cluster.members()):
        return cluster
    return None


def _directory(directory: Path | None) -> Path:
    return (directory or Settings.from_environment().cluster_dir).resolve()


def _recorded_members(directory: Path) -> list[Member]:
    # An `up` that was killed has left no record, but its members are found by their pid files.
    cluster = read_record(directory)
    return members(directory, cluster.ports if cluster else Ports.free(), _NO_PROGRAMS)


def _choose_ports(directory: Path, wish: Wish, extra: Collection[str], tell: Progress) -> Ports:
    earlier = read_record(directory)
    candidates = _recorded_members(directory)
    running = {each.name: port for each in candidates if (port := each.running_port())}
    without = set(OPTIONAL) - set(extra)
    chosen, notes = choose(wish, running, earlier.ports if earlier else None, without=without)
    for note in notes:
        name, _, words = note.partition(": ")
        tell(name, words)
    return chosen


def _bring_up(
    directory: Path, ports: Ports, layout: Layout, extra: Collection[str], tell: Progress
) -> Cluster:
    attempt = Attempt(tell)
    found: dict[str, Path] = {}

    def build_dapr() -> None:
        build.build_dapr(layout, tell, attempt.cancelled)

    def start_kafka() -> None:
        # In this order: Debian's Maven brings a Java, which then need not be installed once more.
        build.build_kafka(layout, tell, attempt.cancelled)
        found["java"] = tools.find_java(layout.tools, tell)
        attempt.start(Kafka(directory, ports.kafka, found["java"], layout.kafka_jars))

    def start_postgres() -> None:
        found["postgres_bin"] = tools.find_postgres(tell)
        attempt.start(Postgres(directory, ports.postgres, found["postgres_bin"]))

    def start_moto() -> None:
        attempt.start(Moto(directory, ports.moto))

    def start_opensearch() -> None:
        build.build_opensearch(layout, tell, attempt.cancelled)
        java = tools.find_java(layout.tools, tell)
        attempt.start(OpenSearch(directory, ports.opensearch, java, layout.opensearch))

    def start_registry() -> None:
        build.build_registry(layout, tell, attempt.cancelled)
        java = tools.find_java(layout.tools, tell)
        attempt.start(Registry(directory, ports.registry, java, layout.registry))

    parts = [build_dapr, start_kafka, start_postgres, start_moto]
    if OpenSearch.name in extra:
        parts.append(start_opensearch)
    if Registry.name in extra:
        parts.append(start_registry)
    attempt.run(parts)
    cluster = Cluster(
        directory=directory,
        kafka=f"{HOST}:{ports.kafka}",
        postgres=connection_string(ports.postgres),
        moto_url=f"http://{HOST}:{ports.moto}",
        daprd=layout.daprd,
        dapr=layout.dapr,
        runtime_path=layout.runtime_path,
        ports=ports,
        programs=Programs(
            kafka_jars=layout.kafka_jars,
            opensearch=layout.opensearch,
            registry=layout.registry,
            **found,
        ),
    )
    write_record(cluster)
    return cluster
