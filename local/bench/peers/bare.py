"""`validate_inventory` as a loop over confluent-kafka, its stock in a dict: the limit.

    python bare.py plain|transactions

plain: results are flushed before offsets are committed, so at least once.
transactions: consume, process, produce and commit in one Kafka transaction, so exactly once.
In both the stock is gone when the process ends.
"""

# mypy: ignore-errors

import os
import signal
import sys

import msgspec
from confluent_kafka import Consumer, Producer

BATCH = 2000

decode = msgspec.json.Decoder().decode
encode = msgspec.json.Encoder().encode
running = True


def validate_inventory(order, stock):
    item = stock.setdefault(order["product"], {"level": 1_000_000_000, "reserved": 0})
    enough = order["quantity"] <= item["level"] - item["reserved"]
    if enough:
        item["reserved"] += order["quantity"]
    return {
        "orderId": order["id"],
        "checkType": "INVENTORY_CHECK",
        "validationResult": "PASS" if enough else "FAIL",
    }


def result_of(record, stock):
    event = decode(record.value())
    event["data"] = validate_inventory(event["data"], stock)
    event["type"] = "OrderValidation"
    return record.key(), encode(event)


def consume(transactions):
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ["KAFKA"],
            "group.id": os.environ["GROUP"],
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([os.environ["ORDERS_TOPIC"]])
    settings = {
        "bootstrap.servers": os.environ["KAFKA"],
        "partitioner": "fnv1a_random",
        "queue.buffering.max.messages": 2 * BATCH,
        "linger.ms": 0 if transactions else 5,
    }
    if transactions:
        settings["transactional.id"] = os.environ["GROUP"]
    producer = Producer(settings)
    if transactions:
        producer.init_transactions()
    stock = {}
    while running:
        records = [each for each in consumer.consume(BATCH, timeout=0.01) if not each.error()]
        if not records:
            continue
        if transactions:
            producer.begin_transaction()
        for record in records:
            key, value = result_of(record, stock)
            producer.produce(os.environ["RESULTS_TOPIC"], value, key)
        if transactions:
            positions = consumer.position(consumer.assignment())
            producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata())
            producer.commit_transaction()
        else:
            producer.flush()
            consumer.commit(asynchronous=True)
    consumer.close()


def stop(*_):
    global running
    running = False


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    consume(sys.argv[1] == "transactions")
