"""Why the orders of a book failed, as the validators have said it."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.domain.checks import CheckType, OrderValidation, ValidationResult
from local.avro_values import AvroValues
from local.finding import SCHEMAS
from local.http import Client
from local.order_import import OrderImport
from local.publishing import envelope
from runtime import wire
from runtime.avro.codec import Codec
from runtime.avro.file import FileRegistry
from runtime.avro.schemas import schema_of
from runtime.record import Message
from tests.local.http_service import serving
from tests.local.memory_broker import MemoryBroker
from tests.local.test_importing import OrdersService, book

TOPIC = "order-validations"


@pytest.mark.parametrize("format", ["json", "avro"])
def test_failed_orders_are_counted_by_the_checks_that_failed(tmp_path: Path, format: str) -> None:
    codec = Codec(FileRegistry(tmp_path / SCHEMAS))
    id = codec.register(f"{TOPIC}-value", schema_of(OrderValidation))
    broker = MemoryBroker({TOPIC: 1})
    for check, result in (("FRAUD_CHECK", "FAIL"), ("INVENTORY_CHECK", "PASS")):
        said = OrderValidation("2", CheckType(check), ValidationResult(result))
        as_avro = Message(TOPIC, "2", codec.write(id, said))
        as_json = envelope(TOPIC, "2", wire.encode(said), type="test")
        broker.publish([as_avro if format == "avro" else as_json])
    orders = book(("1", "good", "2011-07-01 08:26:00"), ("2", "bad", "2011-07-01 08:27:00"))

    with serving(OrdersService()) as url:
        target = OrderImport(
            broker, lambda: Client(url), lambda topics: True, avro=AvroValues(data=tmp_path).shown
        )
        decisions = target.run(orders, lambda rows: None, derive=False)

    assert decisions.why == {"FRAUD_CHECK": 1}
