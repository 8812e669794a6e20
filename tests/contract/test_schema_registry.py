"""The same facts of every schema registry: the laptop's file, and a server that is Confluent's way.

A producer and a consumer that are not ours agree with it: they use Confluent's own serializers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from local.cluster import Cluster
from runtime import wire
from runtime.avro.codec import Codec
from runtime.avro.registry import SchemaRegistry, open_registry
from runtime.avro.schemas import schema_of
from runtime.errors import DecodeError, PlatformDown, SchemaRefused


class Sale(msgspec.Struct, rename="camel", frozen=True):
    """What is sold."""

    product_code: str
    price: Decimal = Decimal("0.10")


class Wider(msgspec.Struct, rename="camel", frozen=True):
    """The same, with more."""

    product_code: str
    price: Decimal = Decimal("0.10")
    till: int | None = None


class Other(msgspec.Struct, frozen=True):
    """What nobody can make of a sale."""

    weight: float


@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.platform)])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SchemaRegistry]:
    address = str(tmp_path / "schemas.db")
    if request.param == "server":
        address = request.getfixturevalue("registry_server").registry_url
    found = open_registry(address, 30)
    yield found
    found.close()


@pytest.fixture
def server(registry_server: Cluster) -> Iterator[SchemaRegistry]:
    with closing(open_registry(registry_server.registry_url, 30)) as found:
        yield found


@pytest.fixture
def client(registry_server: Cluster) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": registry_server.registry_url}) as found:
        yield found


@pytest.fixture
def subject() -> str:
    return f"sales-{token_hex(4)}-value"


def named(name: str, wanted: Any) -> str:
    """The schema of another version: a record keeps its name."""
    return json.dumps({**json.loads(schema_of(wanted)), "name": name})


def test_a_schema_is_found_by_its_number(registry: SchemaRegistry, subject: str) -> None:
    id = registry.register(subject, schema_of(Sale))

    assert registry.register(subject, schema_of(Sale)) == id
    assert json.loads(registry.schema(id)[-1]) == json.loads(schema_of(Sale))
    assert registry.newest(subject) == id


def test_a_number_or_a_subject_that_is_not_there(registry: SchemaRegistry, subject: str) -> None:
    assert registry.newest(subject) is None
    with pytest.raises(DecodeError, match="The schema 987654 is not in the registry"):
        registry.schema(987654)


def test_a_version_with_one_more_field_reads_and_is_read(
    registry: SchemaRegistry, subject: str
) -> None:
    codec = Codec(registry)
    old = codec.register(subject, named("Sale", Sale))
    new = codec.register(subject, named("Sale", Wider))

    before = codec.write(old, Sale("socks", Decimal("1.10")))
    after = codec.write(new, Wider("socks", Decimal("1.10"), 7))

    assert old != new
    assert wire.decode(Codec(registry).read(before), Wider) == Wider("socks", Decimal("1.10"))
    assert wire.decode(Codec(registry).read(after), Sale) == Sale("socks", Decimal("1.10"))


def test_a_version_that_cannot_read_the_one_before_is_refused(
    registry: SchemaRegistry, subject: str
) -> None:
    id = registry.register(subject, named("Sale", Sale))

    with pytest.raises(SchemaRefused, match=subject):
        registry.register(subject, named("Sale", Other))
    assert registry.newest(subject) == id


def test_a_registry_that_is_not_there_is_an_outage() -> None:
    registry = open_registry("http://user:secret@127.0.0.1:1/apis/ccompat/v7", 2)

    for ask in (lambda: registry.schema(1), lambda: registry.register("a-value", '"string"')):
        with pytest.raises(PlatformDown) as told:
            ask()
        assert told.value.awaited == "the schema registry at 127.0.0.1:1"
        assert "secret" not in str(told.value)
    registry.close()


@pytest.mark.platform
def test_confluent_s_own_serializers_understand_ours_and_we_theirs(
    server: SchemaRegistry, client: SchemaRegistryClient, subject: str
) -> None:
    codec = Codec(server)
    place = SerializationContext(subject.removesuffix("-value"), MessageField.VALUE)
    schema = {
        "type": "record",
        "name": "Sale",
        "namespace": "com.acme",
        "fields": [
            {"name": "till", "type": "int"},
            {
                "name": "price",
                "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
            },
            {"name": "productCode", "type": "string"},
        ],
    }
    theirs = AvroSerializer(client, json.dumps(schema))
    value = theirs({"till": 1, "price": Decimal("2.50"), "productCode": "hats"}, place)
    id = codec.register(f"ours-{subject}", schema_of(Sale))

    assert wire.decode(codec.read(value), Sale) == Sale("hats", Decimal("2.50"))
    assert AvroDeserializer(client)(codec.write(id, Sale("hats", Decimal("2.50"))), place) in (
        {"productCode": "hats", "price": "2.50"},
        {"productCode": "hats", "price": Decimal("2.50")},  # in our own process
    )


@pytest.mark.platform
def test_a_schema_that_names_another_is_read_with_it(
    server: SchemaRegistry, client: SchemaRegistryClient, subject: str
) -> None:
    name = f"acme.P{token_hex(4)}"
    inner = {"type": "enum", "name": name, "symbols": ["hats", "socks"]}
    outer = {
        "type": "record",
        "name": "Sale",
        "fields": [{"name": "productCode", "type": name}],
    }
    client.register_schema(f"inner-{subject}", Schema(json.dumps(inner), "AVRO"))
    reference = SchemaReference(name=name, subject=f"inner-{subject}", version=1)
    id = client.register_schema(subject, Schema(json.dumps(outer), "AVRO", [reference]))

    found = Codec(server).read(b"\0" + id.to_bytes(4, "big") + b"\2")

    assert found == b'{"productCode":"socks"}'
