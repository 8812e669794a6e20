"""What the topics' format means for the functions that read them and publish to them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runtime import FakeClock, Outgoing, Response, Table, function
from runtime.avro.codec import Codec
from runtime.avro.topics import AvroTopics, avro_topics, published_types
from runtime.dead_letters import replay_message
from runtime.delivery import Consumer
from runtime.errors import DeclarationError, PlatformDown, SchemaRefused, SluiceError
from runtime.record import Message, Record
from runtime.registry import Service
from runtime.requests import Request
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.avro.making import Registry, fields, framed
from tests.runtime.making import NOON, Shelf, as_record, record

SALE = fields("Sale", product="string", pieces="int")


class Sale(msgspec.Struct, frozen=True):
    """So many pieces of a product went over the counter."""

    product: str
    pieces: int = 1


class Sold(msgspec.Struct, rename="camel"):
    """What became of it."""

    product_code: str
    price: Decimal

    @property
    def key(self) -> str:
        return self.product_code


class Changed(msgspec.Struct):
    """What nobody who reads it could have written."""

    product: str
    weight: float


@function(subscribes="sales", publishes="sold")
def sell(sale: Sale, shelves: Table[Shelf]) -> Sold:
    """Count, and tell."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces
    return Sold(sale.product, Decimal("0.10") * sale.pieces)


@function(subscribes="sales")
def look(sale: bytes) -> None:
    """See the bytes as they are."""
    raise ValueError(sale.hex())


@function(http="POST /sales", publishes={"sold": Sold})
def post_sale(sale: Sale) -> Response:
    """Sell by hand."""
    return Response(201, publish=Sold(sale.product, Decimal(sale.pieces)))


class Till:
    """The function `sell` on a platform in memory, with Avro on both of its topics."""

    def __init__(self, call: Any = sell) -> None:
        self.clock, self.registry = FakeClock(NOON), Registry()
        self.sidecar = RecordingSidecar(self.clock)
        self.spec = call.spec
        self.begin()

    def begin(self) -> None:
        """Begin as a process that knows nothing but what is in the store."""
        self.avro = AvroTopics(["sales", "sold"], Codec(self.registry), {"sold": Sold})
        settings = Settings(retry_seconds="none")
        self.consumer = Consumer(
            self.spec, self.sidecar, clock=self.clock, settings=settings, avro=self.avro
        )

    def deliver(self, *records: Record) -> None:
        self.consumer.deliver(records)

    def sale(self, offset: int = 0, **headers: str) -> Record:
        id = self.registry.add(SALE)
        value = framed(id, SALE, {"product": "socks", "pieces": 2})
        return record(offset, value, headers=headers)

    def on(self, topic: str) -> list[Message]:
        return [message for message in self.sidecar.messages if message.topic == topic]

    @property
    def letters(self) -> list[Message]:
        return self.on(self.spec.dead_letter_topic)


def test_an_event_is_read_and_another_one_published() -> None:
    till = Till()

    till.deliver(till.sale())

    [message] = till.on("sold")
    assert message.value[0] == 0
    assert till.avro.json_of(record(0, message.value, topic="sold")) == (
        b'{"productCode":"socks","price":0.20}'
    )
    assert message.key == "socks"
    assert message.headers["content-type"] == "application/avro"
    assert message.headers["ce_specversion"] == "1.0"
    assert message.headers["ce_source"] == f"/{till.spec.service}/sell"
    assert message.headers["ce_type"] == "Sold"
    assert message.headers["ce_time"].startswith("2026-01-01T12:00:00")


def test_a_producer_that_knows_of_cloudevents_says_so_in_headers() -> None:
    till = Till()
    named = {"ce_specversion": "1.0", "ce_id": "7", "ce_source": "/till", "ce_type": "Sale"}

    till.deliver(till.sale(0, **named), till.sale(1, **named))

    assert len(till.on("sold")) == 1
    assert msgspec.json.decode(till.sidecar.rows["shelves/socks"])["sold"] == 2


def test_without_them_each_record_is_an_event_of_its_own() -> None:
    till = Till()

    till.deliver(till.sale(0), till.sale(1))

    assert len({message.headers["ce_id"] for message in till.on("sold")}) == 2


def test_a_record_of_an_unknown_schema_is_a_dead_letter_with_its_bytes_and_the_next_goes_on() -> (
    None
):
    till = Till()
    unknown = record(0, b"\0\0\0\x03\xe7\x0asocks\4", headers={"x": "y"})

    till.deliver(unknown, till.sale(1))

    [letter] = till.letters
    assert letter.value == unknown.value
    assert letter.headers["x"] == "y"
    assert letter.headers["sluice-message"] == "The schema 999 is not in the registry."
    assert letter.headers["sluice-attempts"] == "1"
    assert len(till.on("sold")) == 1


@pytest.mark.parametrize(
    "value",
    [b"\xff\xfe", b"\0", b"\0\0\0\0\1", b"\0\0\0\0\1\x0aso", b"\1\0\0\0\1\x0asocks\4", b"{so"],
)
def test_bytes_that_are_no_event_are_a_dead_letter(value: bytes) -> None:
    till = Till()
    till.registry.add(SALE)

    till.deliver(record(0, value))

    assert [letter.value for letter in till.letters] == [value]


def test_what_is_json_on_the_topic_still_is_read() -> None:
    """It was there before the topic's format was changed, or somebody edited a dead letter."""
    till = Till()

    till.deliver(record(0, b'{"product": "socks", "pieces": 3}'))

    assert msgspec.json.decode(till.sidecar.rows["shelves/socks"])["sold"] == 3


def test_a_tombstone_is_one_on_every_topic() -> None:
    @function(subscribes="sales")
    def take(sale: Sale | None) -> None:
        assert sale is None

    till = Till(take)
    till.deliver(record(0, b""))

    assert till.letters == []


def test_a_registry_that_is_away_holds_the_work_up_and_makes_no_dead_letter() -> None:
    till = Till()
    sales = [till.sale(0), till.sale(1)]
    till.registry.away = True

    with pytest.raises(PlatformDown):
        till.deliver(*sales)
    assert till.sidecar.messages == []
    till.registry.away = False
    till.deliver(*sales)

    assert len(till.on("sold")) == 2
    assert till.letters == []


def test_so_does_one_that_is_away_when_something_is_to_be_published() -> None:
    till = Till()
    till.registry.away = True

    with pytest.raises(PlatformDown):
        till.deliver(record(0, b'{"product": "socks"}'))
    assert till.sidecar.rows == {}
    assert till.sidecar.messages == []


def test_a_function_that_takes_bytes_gets_them_as_they_are() -> None:
    till = Till(look)
    sale = till.sale()

    till.deliver(sale)

    [letter] = till.letters
    assert letter.headers["sluice-message"] == sale.value.hex()


def test_a_replayed_dead_letter_is_read_by_its_schema() -> None:
    till = Till()
    till.deliver(record(0, b"\0\0\0\0\1\x0asocks\4"))
    [letter] = till.letters
    till.registry.add(SALE)
    message = replay_message(till.spec.retry_topic, as_record(letter))
    till.begin()
    till.deliver(as_record(message))

    assert len(till.on("sold")) == 1


def test_an_event_that_is_not_of_the_schema_fails_alone() -> None:
    @function(subscribes="sales", publishes="sold")
    def tell(sale: Sale) -> Sold:
        return Sold(sale.product, Decimal("NaN") if sale.pieces == 13 else Decimal(1))

    till = Till(tell)

    till.deliver(record(0, b'{"product": "a", "pieces": 13}'), record(1, b'{"product": "b"}'))

    [letter] = till.letters
    assert "Avro topic 'sold' is not of its schema" in letter.headers["sluice-message"]
    assert [message.key for message in till.on("sold")] == ["b"]


# What a service says at its start


@pytest.fixture
def listed(tmp_path: Path) -> Settings:
    path = tmp_path / "topics.toml"
    path.write_text('[topics.sold]\nformat = "avro"\n[topics.sales]\n')
    return Settings(topics=str(path), schema_registry=str(tmp_path / "schemas.db"))


def running(settings: Settings, *functions: Any) -> Running:
    service = Service("shop", {f.spec.name: f.spec for f in functions})
    return Running(service, RecordingSidecar(), settings)


def test_an_http_function_publishes_avro_by_the_type_that_it_declares(listed: Settings) -> None:
    service = running(listed, post_sale)
    service.start()

    service.callers[0].call(Request(body=b'{"product": "socks", "pieces": 3}'))

    sidecar: Any = service.sidecar
    assert sidecar.messages[0].value == b"\0\0\0\0\1\x0asocks\x023"


def test_a_schema_that_readers_could_not_read_stops_the_service(listed: Settings) -> None:
    @function(subscribes="sales", publishes="sold")
    def weigh(sale: Sale) -> Changed:
        return Changed(sale.product, 1.0)

    running(listed, sell).start()
    with pytest.raises(SchemaRefused, match="The new schema of 'sold-value' cannot read"):
        running(listed, weigh).start()


def test_an_avro_topic_without_a_registry_is_refused(listed: Settings) -> None:
    with pytest.raises(SluiceError, match="SLUICE_SCHEMA_REGISTRY"):
        running(Settings(topics=listed.topics), sell)


def test_a_service_without_one_needs_none(listed: Settings) -> None:
    @function(subscribes="sales")
    def count(sale: Sale) -> None:
        """Read what is JSON."""

    running(Settings(topics=listed.topics), count).start()


def test_a_function_that_does_not_say_what_it_publishes_is_refused() -> None:
    @function(subscribes="sales", publishes=("sold", "told"))
    def either(sale: Sale) -> Outgoing:
        return Outgoing(sale, topic="sold")

    with pytest.raises(DeclarationError, match="either does not say what it publishes"):
        published_types([either.spec], ["sold"])


def test_two_types_on_one_topic_are_refused() -> None:
    @function(subscribes="sales", publishes="sold")
    def other(sale: Sale) -> Sale:
        return sale

    with pytest.raises(DeclarationError, match="expected one type"):
        published_types([sell.spec, other.spec], ["sold"])


def test_the_type_is_that_of_one_event() -> None:
    @function(subscribes="sales", publishes="sold")
    def some(sale: Sale) -> Iterator[Sold] | None:
        yield Sold("a", Decimal(1))

    @function(subscribes="sales", publishes="sold")
    def maybe(sale: Sale) -> Sold | None:
        return None

    assert published_types([some.spec, maybe.spec], ["sold"]) == {"sold": Sold}


def test_the_usual_format_may_be_avro(tmp_path: Path) -> None:
    path = tmp_path / "topics.toml"
    path.write_text('[defaults]\nformat = "avro"\n[topics.a]\n[topics.b]\nformat = "json"\n')

    assert avro_topics(str(path)) == {"a"}


@pytest.mark.parametrize("text", ['[topics.a]\nformat = "xml"', "[topics", "topics = 1"])
def test_a_list_of_topics_that_is_wrong_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "topics.toml"
    path.write_text(text)

    with pytest.raises(SluiceError, match=r"topics.toml|'a' is 'xml'; expected json or avro"):
        avro_topics(str(path))


def test_a_process_without_an_avro_topic_carries_none_of_it() -> None:
    """fastavro and the registry's client are 15 MB."""
    loaded = "{'fastavro', 'httpx2', 'confluent_kafka.schema_registry'} & set(sys.modules)"
    program = f"import sys; import runtime.__main__; sys.exit(repr({loaded}))"

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stderr

    assert said.strip() == "set()"
