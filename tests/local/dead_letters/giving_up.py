"""Dead letters as the runtime writes them, on a broker in memory."""

from datetime import UTC, datetime, timedelta

import pytest

from runtime.dead_letters import describe
from runtime.record import Record
from tests.local.memory_broker import MemoryBroker

FRAUD = "fraud.validate_fraud"
STOCK = "inventory.set_stock"
MOMENT = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
EVENT = (
    b'{"specversion":"1.0","id":"e-1","source":"/till","data":{"email":"ida@x.org","price":1.10}}'
)


def empty_broker() -> MemoryBroker:
    """Topics of two functions, and nothing on them."""
    return MemoryBroker(
        {f"{FRAUD}.dead-letters": 2, f"{FRAUD}.retry": 2, f"{STOCK}.dead-letters": 1, "orders": 3}
    )


@pytest.fixture
def broker() -> MemoryBroker:
    """The same, for a test."""
    return empty_broker()


def fail(
    broker: MemoryBroker,
    id: str,
    *,
    function: str = FRAUD,
    error: Exception | None = None,
    attempts: int = 3,
    key: str | None = "o-1",
    value: bytes = EVENT,
    headers: dict[str, str] | None = None,
    minutes: int = 0,
) -> None:
    """Give one record of `orders` up, after so many attempts in all, so many minutes late."""
    record = Record("orders", 1, 7, key, value, headers or {"content-type": "x"}, 1000)
    letter = describe(
        function,
        id,
        record,
        None,
        error or ValueError("bad"),
        attempts=attempts,
        now=MOMENT + timedelta(minutes=minutes),
    )
    broker.publish([letter.to_message(f"{function}.dead-letters", record)])
