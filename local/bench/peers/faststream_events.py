"""`validate_inventory` on FastStream, one event at a time, its stock in PostgreSQL.

    python faststream_events.py nack_on_error|ack_first

A subscriber and a publisher as FastStream's documentation has them. With `nack_on_error` the offset
is committed after each event, with `ack_first`, FastStream's default, every five seconds, whether
the events were handled or not. Read and write are two statements: one process handles one event
after the other, but a second process would lose updates.
"""

# mypy: ignore-errors

import asyncio
import json
import os
import sys
from typing import Annotated

import asyncpg
from faststream import AckPolicy, Context, ContextRepo, FastStream
from faststream.kafka import KafkaBroker, KafkaResponse
from pydantic import BaseModel


class Order(BaseModel):
    id: str
    product: str
    quantity: int


class OrderCreated(BaseModel):
    data: Order


async def decode(message):
    # Left alone, FastStream takes JSON for JSON only where its content type begins so.
    return json.loads(message.body)


broker = KafkaBroker(os.environ["KAFKA"])
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
    ack_policy=AckPolicy(sys.argv[1]),
    decoder=decode,
)
@broker.publisher(os.environ["RESULTS_TOPIC"])
async def validate_inventory(event: OrderCreated, pool: Annotated[asyncpg.Pool, Context()]):
    order = event.data
    async with pool.acquire() as connection:
        stock = await connection.fetchrow(
            "select level, reserved from stock where product = $1", order.product
        )
        enough = order.quantity <= stock["level"] - stock["reserved"]
        if enough:
            await connection.execute(
                "update stock set reserved = $2 where product = $1",
                order.product,
                stock["reserved"] + order.quantity,
            )
    result = {
        "orderId": order.id,
        "checkType": "INVENTORY_CHECK",
        "validationResult": "PASS" if enough else "FAIL",
    }
    return KafkaResponse({"type": "OrderValidation", "data": result}, key=order.id.encode())


if __name__ == "__main__":
    asyncio.run(app.run())
