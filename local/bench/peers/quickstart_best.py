"""The quickstart's handler at its best: granian instead of Flask's server, one shared client.

granian --interface wsgi --port $APP_PORT --blocking-threads 8 quickstart_best:app
"""

# mypy: ignore-errors

import json
import os

from cloudevents.v1.http import from_http
from dapr.clients import DaprClient
from flask import Flask, jsonify, request

app = Flask(__name__)
client = DaprClient()


@app.route("/dapr/subscribe", methods=["GET"])
def subscribe():
    topic = os.environ["ORDERS_TOPIC"]
    return jsonify([{"pubsubname": "events", "topic": topic, "route": "orders"}])


@app.route("/orders", methods=["POST"])
def validate_inventory():
    order = from_http(request.headers, request.get_data()).data
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
    return json.dumps({"success": True})
