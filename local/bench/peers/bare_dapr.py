"""`validate_inventory` as a loop over daprd: what daprd, its store and its broker take.

A batch comes in one request; the rows that it needs are read in one call, written in one
transaction with their etags, and the results are published in one more. It remembers nothing of
what it has handled: a batch that comes again reserves again and is answered again.

granian --interface wsgi --port $APP_PORT --blocking-threads 8 bare_dapr:app
"""

# mypy: ignore-errors

import os
import threading

import grpc
import msgspec
from dapr.proto import api_service_v1, api_v1, common_v1
from flask import Flask, jsonify, request

ORDERS, RESULTS = os.environ["ORDERS_TOPIC"], os.environ["RESULTS_TOPIC"]
#: Two members of one consumer group: one batch is published while the next one is worked on.
COMPONENTS = ("events", "events-2")
BATCH = {"enabled": True, "maxMessagesCount": 5000, "maxAwaitDurationMs": 2}

app = Flask(__name__)
daprd = api_service_v1.DaprStub(grpc.insecure_channel(f"127.0.0.1:{os.environ['DAPR_GRPC_PORT']}"))
#: One batch at a time: two would meet on nearly every row.
turn = threading.Lock()

decode = msgspec.json.Decoder().decode
encode = msgspec.json.Encoder().encode


class Record(msgspec.Struct):
    event: bytes


class Delivery(msgspec.Struct):
    entries: list[Record]


batches = msgspec.json.Decoder(Delivery)


@app.get("/dapr/subscribe")
def subscribe():
    raw = {"topic": ORDERS, "metadata": {"rawPayload": "true"}, "bulkSubscribe": BATCH}
    return jsonify([{"pubsubname": name, "route": "orders", **raw} for name in COMPONENTS])


@app.post("/orders")
def validate_inventory():
    events = [decode(record.event) for record in batches.decode(request.get_data()).entries]
    with turn:
        rows = read({event["data"]["product"] for event in events})
        stock = {row.key: decode(row.data) for row in rows}
        for event in events:
            event["type"] = "OrderValidation"
            event["data"] = answer(event["data"], stock)
        write(rows, stock)
    publish(events)
    # Entries are named by their place in the batch.
    done = [{"entryId": str(number), "status": "SUCCESS"} for number in range(len(events))]
    return jsonify({"statuses": done})


def answer(order, stock):
    item = stock[order["product"]]
    enough = order["quantity"] <= item["level"] - item["reserved"]
    if enough:
        item["reserved"] += order["quantity"]
    return {
        "orderId": order["id"],
        "checkType": "INVENTORY_CHECK",
        "validationResult": "PASS" if enough else "FAIL",
    }


def read(products):
    asked = api_v1.GetBulkStateRequest(store_name="statestore", keys=list(products), parallelism=10)
    return daprd.GetBulkState(asked).items


def write(rows, stock):
    first_write = common_v1.StateOptions.StateConcurrency.CONCURRENCY_FIRST_WRITE
    operations = [
        api_v1.TransactionalStateOperation(
            operationType="upsert",
            request=common_v1.StateItem(
                key=row.key,
                value=encode(stock[row.key]),
                etag=common_v1.Etag(value=row.etag),
                options=common_v1.StateOptions(concurrency=first_write),
            ),
        )
        for row in rows
    ]
    daprd.ExecuteStateTransaction(
        api_v1.ExecuteStateTransactionRequest(storeName="statestore", operations=operations)
    )


def publish(events):
    entries = [
        api_v1.BulkPublishRequestEntry(
            entry_id=str(number),
            event=encode(event),
            content_type="application/cloudevents+json",
            metadata={"rawPayload": "true", "partitionKey": event["data"]["orderId"]},
        )
        for number, event in enumerate(events)
    ]
    answered = daprd.BulkPublishEventAlpha1(
        api_v1.BulkPublishRequest(
            pubsub_name="events",
            topic=RESULTS,
            entries=entries,
            metadata={"rawPayload": "true"},
        )
    )
    if answered.failedEntries:
        raise RuntimeError(answered.failedEntries[0].error)
