"""The real platform comes up beside others, works, and leaves nothing behind."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import psycopg
import pytest
from confluent_kafka import Consumer, Producer

from local.cluster import Cluster, down, find_cluster, status, up
from local.cluster.identity import ProcessId
from tests.waiting import wait_until

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    directory = tmp_path_factory.mktemp("cluster")
    yield up(directory, ports="free")
    down(directory, keep_data=False)


def publish(cluster: Cluster, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": cluster.kafka})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def read_one(cluster: Cluster, topic: str) -> bytes | None:
    settings = {"group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"}
    consumer = Consumer({"bootstrap.servers": cluster.kafka, **settings})
    consumer.subscribe([topic])
    record = consumer.poll(20)
    consumer.close()
    return record.value() if record else None


def test_kafka_keeps_a_record_over_a_crash(cluster: Cluster):
    publish(cluster, "greetings", b"hello")

    cluster.kill("kafka")
    cluster.start("kafka")

    assert read_one(cluster, "greetings") == b"hello"


def test_kafka_passes_a_record_of_four_megabytes(cluster: Cluster):
    producer = Producer({"bootstrap.servers": cluster.kafka, "message.max.bytes": 5_000_000})
    outcomes: list[object] = []
    producer.produce("books", b"x" * 4_000_000, on_delivery=lambda error, _: outcomes.append(error))
    producer.flush(20)

    assert outcomes == [None]


def test_daprds_that_start_together_need_not_make_their_table(cluster: Cluster):
    with psycopg.connect(cluster.postgres) as session:
        columns = session.execute(
            "select column_name, data_type, is_nullable from information_schema.columns"
            " where table_name = 'dapr_metadata' order by column_name"
        ).fetchall()

    assert columns == [("key", "text", "NO"), ("value", "text", "NO")]


def test_postgres_answers_and_is_durable(cluster: Cluster):
    with psycopg.connect(cluster.postgres) as session:
        assert session.execute("select 1").fetchone() == (1,)
        assert session.execute("show fsync").fetchone() == ("on",)
        assert session.execute("show server_encoding").fetchone() == ("UTF8",)


def test_postgres_stops_although_a_client_is_connected(cluster: Cluster):
    with psycopg.connect(cluster.postgres):
        cluster.stop("postgres")

    assert [each.state for each in cluster.status() if each.name == "postgres"] == ["stopped"]
    cluster.start("postgres")


def test_a_killed_postgres_comes_back_with_its_rows(cluster: Cluster):
    with psycopg.connect(cluster.postgres) as session:
        session.execute("create table facts as select 7 as fact")

    cluster.kill("postgres")
    cluster.start("postgres")

    with psycopg.connect(cluster.postgres) as session:
        assert session.execute("select fact from facts").fetchone() == (7,)


def test_moto_stores_documents_and_takes_mail(cluster: Cluster):
    account = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    store = boto3.client("s3", endpoint_url=cluster.moto_url, **account)
    mail = boto3.client("ses", endpoint_url=cluster.moto_url, **account)

    store.create_bucket(Bucket="invoices")
    mail.verify_email_identity(EmailAddress="shop@example.com")

    assert [bucket["Name"] for bucket in store.list_buckets()["Buckets"]] == ["invoices"]
    assert mail.list_identities()["Identities"] == ["shop@example.com"]


def test_a_paused_member_is_seen_as_paused(cluster: Cluster):
    cluster.pause("kafka")
    wait_until(lambda: {each.name: each.state for each in cluster.status()}["kafka"] == "paused")

    cluster.resume("kafka")

    wait_until(lambda: {each.name: each.state for each in cluster.status()}["kafka"] == "ready")


def test_a_second_up_finds_everything_running(cluster: Cluster):
    before = [each.pid for each in status(cluster.directory)]

    again = up(cluster.directory)

    assert again == cluster == find_cluster(cluster.directory)
    assert [each.pid for each in status(cluster.directory)] == before


def test_down_leaves_no_process_and_no_folder(tmp_path: Path):
    cluster = up(tmp_path / "cluster", ports="free")
    processes = [member.process() for member in cluster.members()]
    family = [each for one in processes if one for each in (one, *one.descendants())]

    down(cluster.directory, keep_data=False)

    assert len(family) > 3  # PostgreSQL has helpers of its own
    assert all(isinstance(each, ProcessId) and each.state() == "gone" for each in family)
    assert not cluster.directory.exists()
    assert find_cluster(cluster.directory) is None
