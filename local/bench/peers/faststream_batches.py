"""`validate_inventory` on FastStream in batches: one read and one write of the stock for each.

The offsets of a batch are committed after it. The write is one statement, so a batch is in the
stock as a whole or not at all; a batch that comes again is there twice.
"""

# mypy: ignore-errors

import asyncio
import json
import os
from typing import Annotated

import asyncpg
from faststream import AckPolicy, Context, ContextRepo, FastStream
from faststream.kafka import KafkaBroker, KafkaPublishMessage
from pydantic import BaseModel

BATCH = 1000


class Order(BaseModel):
    id: str
    product: str
    quantity: int


class OrderCreated(BaseModel):
    data: Order


async def decode(message):
    # Left alone, FastStream takes JSON for JSON only where its content type begins so.
    return [json.loads(body) for body in message.body]


# A batch is published as one record batch, which by default may have 16 KB.
broker = KafkaBroker(os.environ["KAFKA"], max_batch_size=1024 * 1024)
app = FastStream(broker)


@app.on_startup
async def connect(context: ContextRepo):
    context.set_global("pool", await asyncpg.create_pool())


@app.after_shutdown
async def disconnect(context: ContextRepo):
    await context.get("pool").close()


@broker.subscriber(
    os.environ["ORDERS_TOPIC"],
    group_id=os.environ["GROUP"],
    auto_offset_reset="earliest",
    ack_policy=AckPolicy.NACK_ON_ERROR,
    decoder=decode,
    batch=True,
    max_records=BATCH,
)
@broker.publisher(os.environ["RESULTS_TOPIC"], batch=True)
async def validate_inventory(events: list[OrderCreated], pool: Annotated[asyncpg.Pool, Context()]):
    orders = [event.data for event in events]
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "select product, level, reserved from stock where product = any($1)",
            list({order.product for order in orders}),
        )
        stock = {row["product"]: dict(row) for row in rows}
        results = [reserve(order, stock[order.product]) for order in orders]
        await connection.execute(
            "update stock set reserved = new.reserved "
            "from unnest($1::text[], $2::bigint[]) as new(product, reserved) "
            "where stock.product = new.product",
            list(stock),
            [item["reserved"] for item in stock.values()],
        )
    return results


def reserve(order, item):
    enough = order.quantity <= item["level"] - item["reserved"]
    if enough:
        item["reserved"] += order.quantity
    result = {
        "orderId": order.id,
        "checkType": "INVENTORY_CHECK",
        "validationResult": "PASS" if enough else "FAIL",
    }
    return KafkaPublishMessage({"type": "OrderValidation", "data": result}, key=order.id.encode())


if __name__ == "__main__":
    asyncio.run(app.run())
