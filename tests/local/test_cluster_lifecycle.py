"""What a cluster says about itself when it is not up."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local.cluster import Cluster, ClusterError, Ports, down, find_cluster, status, up
from local.cluster.cluster import Programs, read_record, write_record


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    """A cluster of which no member runs."""
    return Cluster(
        directory=tmp_path,
        kafka="127.0.0.1:19092",
        postgres="host=127.0.0.1 port=15432 user=sluice dbname=sluice sslmode=disable",
        moto_url="http://127.0.0.1:15000",
        daprd=Path("/platform/.dapr/bin/daprd"),
        dapr=Path("/platform/bin/dapr"),
        runtime_path=Path("/platform"),
        ports=Ports(kafka=19092, postgres=15432, moto=15000),
        programs=Programs(Path("/java"), Path("/jars"), Path("/pgsql/bin")),
    )


def test_the_record_reads_back_as_it_was_written(cluster: Cluster):
    write_record(cluster)

    assert read_record(cluster.directory) == cluster


def test_the_record_is_plain_for_other_programs(cluster: Cluster):
    write_record(cluster)

    record = json.loads((cluster.directory / "cluster.json").read_text())

    assert record["kafka"] == "127.0.0.1:19092"
    assert record["daprd"] == "/platform/.dapr/bin/daprd"
    assert record["pids"] == {"moto": None, "kafka": None, "postgres": None}


def test_what_was_asked_for_later_stays_in_the_record_of_one_who_knew_it_before(cluster: Cluster):
    write_record(replace(cluster, ports=replace(cluster.ports, opensearch=19200)))

    cluster.stop("moto")

    later = read_record(cluster.directory)
    assert later is not None
    assert later.ports.opensearch == 19200


def test_a_damaged_record_is_an_error_with_its_cure(tmp_path: Path):
    (tmp_path / "cluster.json").write_text("{}")

    with pytest.raises(ClusterError, match="Delete it and bring the cluster up again"):
        read_record(tmp_path)


def test_a_record_without_a_process_is_no_cluster(cluster: Cluster):
    write_record(cluster)

    assert find_cluster(cluster.directory) is None


def test_there_is_no_cluster_in_an_empty_folder(tmp_path: Path):
    assert find_cluster(tmp_path) is None
    assert [member.state for member in status(tmp_path)] == ["stopped"] * 3


def test_a_member_that_is_not_optional_cannot_be_asked_for(tmp_path: Path):
    with pytest.raises(
        ClusterError, match=r"'redis' is not optional; expected of \['opensearch', 'registry'\]"
    ):
        up(tmp_path, extra=["redis"])


def test_a_member_that_was_not_asked_for_is_not_started_by_itself(cluster: Cluster):
    with pytest.raises(ClusterError, match="cluster up --with opensearch"):
        cluster.start("opensearch")


def test_taking_down_what_is_not_up_does_nothing(tmp_path: Path):
    down(tmp_path / "never-made")

    assert not (tmp_path / "never-made").exists()


def test_an_unknown_member_is_answered_with_the_known_ones(cluster: Cluster):
    with pytest.raises(
        ClusterError, match=r"'redis'.*\['kafka', 'moto', 'opensearch', 'postgres', 'registry'\]"
    ):
        cluster.stop("redis")
