"""Topics of which the list says that they are Avro: outsiders write and read them their own way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from local import dead_letters
from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster
from local.finding import SCHEMAS
from local.launch import launch
from local.loading import load_functions
from local.service_process import ServiceProcess
from local.topics import TOPICS_FILE, apply, plan, topics_of
from runtime.avro.codec import Codec, schema_id
from runtime.avro.file import FileRegistry
from runtime.record import Message
from tests.flows.shop import REGISTRY, Shop, embedded
from tests.local.command_line import CommandLine
from tests.runtime.avro.making import framed
from tests.waiting import wait_until

#: How a payment system that is not ours describes a payment: other names, other order, and more.
PAYMENT: dict[str, Any] = {
    "type": "record",
    "name": "Zahlung",
    "namespace": "com.bank",
    "fields": [
        {"name": "bank", "type": "string"},
        {
            "name": "amount",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
        },
        {"name": "ccy", "type": {"type": "enum", "name": "Ccy", "symbols": ["CZK", "EUR"]}},
        {"name": "orderId", "type": "string"},
        {"name": "id", "type": "string"},
    ],
}
NEWER = {**PAYMENT, "fields": [*PAYMENT["fields"], {"name": "tip", "type": "int", "default": 0}]}
UNKNOWN = b"\0\0\x0f\x42\x3fno schema has that number"


def payment(id: str, order: str, amount: str) -> dict[str, Any]:
    paid = {"bank": "Ours", "amount": Decimal(amount), "ccy": "CZK", "orderId": order}
    return {**paid, "id": id, "tip": 1}


# The order system, on one machine with nothing else


REGISTRY_IDS = [spec.id for spec in REGISTRY.functions()]


def made(shop: Shop, path: str, body: Any) -> dict[str, Any]:
    """What is answered to a request that makes something."""
    status, answer = shop.post(path, body)
    assert status == 201, answer
    return dict(answer)


@pytest.fixture(scope="module")
def avro_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Path]]:
    data = tmp_path_factory.mktemp("avro")
    everything = TOPICS_FILE.read_text().replace('format = "json"', 'format = "avro"')
    (data / "topics.toml").write_text(everything)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_TOPICS", str(data / "topics.toml"))
        with embedded(data) as shop:
            yield shop, data


def test_the_order_system_works_with_avro_on_its_topics(avro_shop: tuple[Shop, Path]) -> None:
    shop, data = avro_shop
    registry = FileRegistry(data / SCHEMAS)
    codec = Codec(registry)
    customer = {"id": "ava", "firstName": "Ava", "lastName": "Ro", "level": "gold"}
    shop.publish("customers", "ava", json.dumps({**customer, "email": "ava@example.com"}).encode())
    shop.until(lambda: shop.row("notifications.customers", "ava") != {})
    shop.stock("AVOCADO", 10)

    shop.order("a-1", "AVOCADO", 2, price=2.5, customerId="ava")
    assert shop.decision("a-1") == "VALIDATED"
    id = registry.register("payments-value", json.dumps(PAYMENT))
    value = framed(id, PAYMENT, payment("p-1", "a-1", "1000.00"))
    shop.broker.publish([Message("payments", "p-1", UNKNOWN), Message("payments", "p-1", value)])

    shop.until(lambda: [m for m in shop.mails_to("ava@example.com") if "paid" in m["Subject"]])
    shop.until(lambda: len(list(shop.broker.read("gold"))) == 2)
    [letter] = shop.dead_letters("notifications.email_paid_order")
    assert letter.event.value == UNKNOWN
    assert "is not in the registry" in letter.letter.message
    for topic in ("orders", "orders-enriched", "gold"):
        found = [codec.read(record.value) for record in shop.broker.read(topic)]
        assert [json.loads(each)["state"] for each in found] == ["CREATED", "VALIDATED"]
        assert all(b'"price":2.5' in each for each in found)
    [line, _] = [
        json.loads(line)
        for line in CommandLine(data)("tail", "orders-enriched", "--json").stdout.splitlines()
    ]
    assert (line["value"]["customerLevel"], line["encoding"]) == ("gold", "avro")


def test_what_requests_cause_is_avro_on_every_topic(avro_shop: tuple[Shop, Path]) -> None:
    shop, data = avro_shop
    person = {"name": "Bo", "last_name": "Ek", "email": "bo@example.com"}
    customer = made(shop, "/customers", {"customer": person})
    organization = made(shop, "/organizations", {"organization": {"name": "Ek & Co"}})
    invites = f"/organizations/{organization['id']}/invites"
    made(shop, invites, {"invite": {"customer_id": customer["id"]}})
    user = made(shop, "/users", {"user": {"email": "bo@example.com", "password": "correct horse"}})
    for table, row in (("customers", customer), ("organizations", organization)):
        shop.until(lambda: shop.row(f"notifications.{table}", row["id"]) != {})  # noqa: B023
    shop.stock("BOOK", 5)
    ids = {"customerId": customer["id"], "organizationId": organization["id"]}
    shop.order("b-1", "BOOK", 1, **ids)
    shop.until(lambda: shop.row("known_orders", "b-1") != {})
    dates = {"date": "2026-01-01", "deliverDate": "2026-01-02"}
    freight = {"product": "FREIGHT", "quantity": 3, "price": 0.10}
    made(shop, "/v1/invoices", {"orderId": "b-1", "lines": [freight], **dates})
    welcome = {"to": "bo@example.com", "code": "welcome", "options": {"name": "Bo"}}
    made(shop, "/v1/mail", welcome)
    lines = [{"product": "BOOK", "quantity": 1, "price": 2.5}] * 2
    sent = {"id": "b-2", "customerId": customer["id"], "lines": lines}
    assert shop.post("/v1/orders", sent)[0] == 201

    assert shop.decisions(["b-1", "b-2"]) == ["VALIDATED", "VALIDATED"]
    shop.until(lambda: len(shop.mails_to("bo@example.com")) == 4)
    shop.until(lambda: shop.row("users.users", user["id"]) != {})

    codec = Codec(FileRegistry(data / SCHEMAS))
    for topic in ("customers", "organizations", "invites", "users", "user_activity", "mails"):
        values = [record.value for record in shop.broker.read(topic) if record.headers]
        assert values, topic
        assert all(b"{" in codec.read(value) for value in values)
    invoices = [json.loads(codec.read(each.value)) for each in shop.broker.read("invoices")]
    assert {0.3, 1, 5} <= {each["total"] for each in invoices}
    bodies = [mail.get_body(("plain",)) for mail in shop.mails_to("bo@example.com")]
    assert sum("Ek & Co" in str(body and body.get_content()) for body in bodies) == 2
    failed = {name for name in REGISTRY_IDS if shop.dead_letters(name)}
    assert failed <= {"notifications.email_paid_order"}  # by the story before this one


def test_a_dead_letter_is_put_right_over_http_and_stays_avro(avro_shop: tuple[Shop, Path]) -> None:
    shop, data = avro_shop
    odd = {"id": "odd", "firstName": "Odd", "lastName": "Ash", "level": "lead"}
    shop.publish("customers", "odd", json.dumps(odd).encode())
    shop.until(lambda: shop.row("enrichment.customers", "odd") != {})
    shop.order("c-1", "CHERRY", 1, customerId="odd")
    shop.until(lambda: len(shop.dead_letters("enrichment.route_by_level")) == 2)
    first, _ = shop.dead_letters("enrichment.route_by_level")
    path = f"/v1/dead-letters/{first.letter.id}"

    _, shown = shop.get(path)
    patched = shop.request("PATCH", f"{path}?by=ida", b'{"customerLevel": "silver"}')
    replayed = shop.post(f"{path}/replay", {"by": "ida"})

    assert (shown["record"]["encoding"], shown["record"]["value"]["customerLevel"]) == (
        "avro",
        "lead",
    )
    assert (patched[0], replayed[0], replayed[1]["count"]) == (200, 200, 1)
    shop.until(lambda: len(list(shop.broker.read("silver"))) == 1)
    [record] = shop.broker.read("silver")
    routed = json.loads(Codec(FileRegistry(data / SCHEMAS)).read(record.value))
    assert (routed["id"], routed["customerLevel"]) == ("c-1", "silver")


def test_numbers_of_schemas_outlive_a_kill(avro_shop: tuple[Shop, Path]) -> None:
    shop, data = avro_shop
    codec = Codec(FileRegistry(data / SCHEMAS))
    shop.order("a-2", "AVOCADO", 1, customerId="nobody")
    shop.decision("a-2")

    shop.kill()
    shop.restart()
    shop.order("a-3", "AVOCADO", 1, customerId="nobody")
    shop.decision("a-3")

    numbers = {schema_id(record.value) for record in shop.broker.read("orders")}
    assert len(numbers) == 1
    ids = [json.loads(codec.read(record.value))["id"] for record in shop.broker.read("orders")]
    assert {"a-2", "a-3"} <= set(ids)


# The real platform, with a registry that is a server


@dataclass
class Till:
    """A service behind a real daprd, and outsiders who know nothing of it but the registry."""

    service: ServiceProcess
    broker: KafkaBroker
    cluster: Cluster
    client: SchemaRegistryClient

    def pay(self, schema: Any, *paid: dict[str, Any]) -> None:
        """As a producer of Confluent's does."""
        write = AvroSerializer(self.client, json.dumps(schema))
        place = SerializationContext("avro-payments", MessageField.VALUE)
        self.broker.publish(
            [Message("avro-payments", each["id"], write(each, place) or b"") for each in paid]
        )

    def receipts(self, order: str) -> list[Decimal]:
        """As a consumer of Confluent's reads them."""
        read = AvroDeserializer(self.client)
        place = SerializationContext("avro-receipts", MessageField.VALUE)
        found: list[Any] = [read(r.value, place) for r in self.broker.read("avro-receipts")]
        return [Decimal(each["total"]) for each in found if each["orderId"] == order]

    def until(self, fact: Callable[[], bool]) -> None:
        wait_until(fact, 120)

    @property
    def letters(self) -> list[dead_letters.Entry]:
        return dead_letters.entries(self.broker, function="till.give_receipt")


@pytest.fixture(scope="module")
def till(registry_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    home = tmp_path_factory.mktemp("till")
    (home / "topics.toml").write_text(
        '[topics.avro-payments]\nformat = "avro"\n[topics.avro-receipts]\nformat = "avro"\n'
    )
    registry = load_functions(["tests.flows.avro_shop"])
    environment = {
        "SLUICE_TOPICS": str(home / "topics.toml"),
        "SLUICE_SCHEMA_REGISTRY": registry_server.registry_url,
    }
    with (
        closing(KafkaBroker(registry_server.kafka)) as broker,
        SchemaRegistryClient({"url": registry_server.registry_url}) as client,
    ):
        apply(plan(topics_of(registry, {}).values(), broker.topics()), broker)
        with launch(
            "till",
            "tests.flows.avro_shop",
            registry_server,
            directory=home,
            environment=environment,
        ) as service:
            yield Till(service, broker, registry_server, client)


@pytest.mark.platform
def test_outsiders_write_and_read_what_functions_read_and_write(till: Till) -> None:
    till.pay(PAYMENT, payment("p-1", "o-1", "1000.10"), payment("p-2", "o-1", "0.25"))
    till.pay(NEWER, payment("p-3", "o-1", "0.01"))

    till.until(lambda: len(till.receipts("o-1")) == 3)

    assert sorted(till.receipts("o-1"))[-1] == Decimal("1000.36")
    record = next(iter(till.broker.read("avro-receipts")))
    assert record.headers["ce_type"] == "Receipt"
    assert record.headers["content-type"] == "application/avro"
    assert record.key == "o-1"


@pytest.mark.platform
def test_a_record_of_an_unknown_schema_is_a_dead_letter_and_the_next_goes_on(till: Till) -> None:
    till.broker.publish([Message("avro-payments", "p-9", UNKNOWN)])
    till.pay(PAYMENT, payment("p-9", "o-9", "1.00"))

    till.until(lambda: till.receipts("o-9") == [Decimal("1.00")] and len(till.letters) == 1)

    assert till.letters[0].event.value == UNKNOWN


@pytest.mark.platform
def test_work_waits_for_a_registry_that_is_away_and_goes_on_by_itself(till: Till) -> None:
    before = len(till.letters)
    third = {**PAYMENT, "fields": [*NEWER["fields"], {"name": "n", "type": "int", "default": 0}]}
    write = AvroSerializer(till.client, json.dumps(third))
    place = SerializationContext("avro-payments", MessageField.VALUE)
    value = write({**payment("p-5", "o-5", "5.00"), "n": 1}, place)

    till.cluster.stop("registry")
    till.broker.publish([Message("avro-payments", "p-5", value or b"")])
    till.until(lambda: b"schema registry" in till.service.app_log.read_bytes())
    assert len(till.letters) == before
    till.cluster.start("registry")

    till.until(lambda: till.receipts("o-5") == [Decimal("5.00")])
    assert len(till.letters) == before
