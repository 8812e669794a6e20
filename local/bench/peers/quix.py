"""`validate_inventory` on Quix Streams, its stock in RocksDB and a changelog topic.

    python quix.py at-least-once|exactly-once

State belongs to the message's key, and orders are keyed by order: `group_by` sends each of them
through a topic that is keyed by product, as the documentation has it. Everything else is as it is
when nothing is said: results and offsets are committed every five seconds.
"""

# mypy: ignore-errors

import os
import sys

from quixstreams import Application, State

LEVEL = 1_000_000_000


def product_of(event: dict) -> str:
    return event["data"]["product"]


def order_of(event: dict) -> str:
    return event["data"]["orderId"]


def validate_inventory(event: dict, state: State) -> dict:
    order = event["data"]
    stock = state.get("stock", {"level": LEVEL, "reserved": 0})
    enough = order["quantity"] <= stock["level"] - stock["reserved"]
    if enough:
        stock["reserved"] += order["quantity"]
        state.set("stock", stock)
    result = {
        "orderId": order["id"],
        "checkType": "INVENTORY_CHECK",
        "validationResult": "PASS" if enough else "FAIL",
    }
    return {"type": "OrderValidation", "data": result}


app = Application(
    broker_address=os.environ["KAFKA"],
    consumer_group=os.environ["GROUP"],
    auto_offset_reset="earliest",
    state_dir=os.environ["STATE_DIR"],
    processing_guarantee=sys.argv[1],
)
orders = app.topic(os.environ["ORDERS_TOPIC"], value_deserializer="json")
results = app.topic(os.environ["RESULTS_TOPIC"], key_serializer="str", value_serializer="json")

sdf = app.dataframe(orders)
sdf = sdf.group_by(product_of, name="product")
sdf = sdf.apply(validate_inventory, stateful=True)
sdf.to_topic(results, key=order_of)

if __name__ == "__main__":
    app.run()
