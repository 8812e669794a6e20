"""`validate_inventory` in the style of Dapr's quickstarts (pub_sub/python/sdk, state_management).

One event per request on Flask's own server; a client is opened for every event, as the
quickstarts' `with DaprClient() as client` does. Read and write are two calls without etag, so
events of two partitions that meet on one product lose an update.
"""

# mypy: ignore-errors

import json
import os

from cloudevents.v1.http import from_http
from dapr.clients import DaprClient
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/dapr/subscribe", methods=["GET"])
def subscribe():
    topic = os.environ["ORDERS_TOPIC"]
    return jsonify([{"pubsubname": "events", "topic": topic, "route": "orders"}])


@app.route("/orders", methods=["POST"])
def validate_inventory():
    event = from_http(request.headers, request.get_data())
    order = event.data
    with DaprClient() as client:
        stock = json.loads(client.get_state("statestore", order["product"]).data)
        enough = order["quantity"] <= stock["level"] - stock["reserved"]
        if enough:
            stock["reserved"] += order["quantity"]
            client.save_state("statestore", order["product"], json.dumps(stock))
        result = {
            "orderId": order["id"],
            "checkType": "INVENTORY_CHECK",
            "validationResult": "PASS" if enough else "FAIL",
        }
        client.publish_event(
            pubsub_name="events",
            topic_name=os.environ["RESULTS_TOPIC"],
            data=json.dumps(result),
            data_content_type="application/json",
            publish_metadata={"partitionKey": order["id"]},
        )
    return json.dumps({"success": True}), 200, {"ContentType": "application/json"}


if __name__ == "__main__":
    app.run(port=int(os.environ["APP_PORT"]))
