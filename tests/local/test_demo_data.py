"""What a fresh system starts with."""

import msgspec

from local import demo_data
from tests.local.memory_broker import MemoryBroker


def keys(broker: MemoryBroker, topic: str) -> list[str | None]:
    return [record.key for record in broker.read(topic)]


def test_a_fresh_broker_gets_topics_customers_and_stock() -> None:
    broker = MemoryBroker()

    assert demo_data.seed(broker, ["functions"])

    assert sorted(map(str, keys(broker, "customers"))) == [str(n) for n in range(1, 10)]
    assert sorted(map(str, keys(broker, "warehouse-inventory"))) == ["JUMPERS", "UNDERPANTS"]
    assert "inventory.validate_inventory.dead-letters" in broker.topics()


def test_a_broker_with_customers_is_left_alone() -> None:
    broker = MemoryBroker()
    demo_data.seed(broker, ["functions"])

    assert not demo_data.seed(broker, ["functions"])

    assert len(keys(broker, "customers")) == 9


def test_the_customers_have_the_levels_of_the_behaviour() -> None:
    found = [msgspec.json.decode(m.value)["data"] for m in demo_data.messages(["functions"])]
    levels = {c["id"]: c.get("level", "bronze") for c in found if isinstance(c, dict)}

    assert [levels[str(n)] for n in (1, 5, 6, 4)] == ["platinum", "gold", "silver", "bronze"]
