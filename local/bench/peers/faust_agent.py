"""`validate_inventory` as a Faust agent, its stock in a table: RocksDB and a changelog topic.

    python faust_agent.py worker

A table belongs to the stream's key, and orders are keyed by order: `group_by` sends each of them
through a topic that is keyed by product, as the documentation has it.
"""

# mypy: ignore-errors

import os

import faust

LEVEL = 1_000_000_000


class Order(faust.Record):
    id: str
    product: str
    quantity: int


class OrderCreated(faust.Record):
    data: Order


class Stock(faust.Record):
    level: int = LEVEL
    reserved: int = 0


app = faust.App(
    os.environ["GROUP"],
    broker=f"kafka://{os.environ['KAFKA']}",
    store="rocksdb://",
    datadir=os.environ["STATE_DIR"],
    topic_partitions=4,
    web_enabled=False,
)
orders = app.topic(os.environ["ORDERS_TOPIC"], value_type=OrderCreated)
results = app.topic(os.environ["RESULTS_TOPIC"], key_type=str, value_serializer="json")
table = app.Table("stock", default=Stock, value_type=Stock)


@app.agent(orders)
async def validate_inventory(events):
    async for event in events.group_by(lambda event: event.data.product, name="product"):
        order = event.data
        stock = table[order.product]
        enough = order.quantity <= stock.level - stock.reserved
        if enough:
            stock.reserved += order.quantity
            table[order.product] = stock
        result = {
            "orderId": order.id,
            "checkType": "INVENTORY_CHECK",
            "validationResult": "PASS" if enough else "FAIL",
        }
        await results.send(key=order.id, value={"type": "OrderValidation", "data": result})


if __name__ == "__main__":
    app.main()
