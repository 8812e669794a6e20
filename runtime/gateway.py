"""The part of Dapr's HTTP API that examples and tests use, served by the embedded engine itself.

`POST /v1.0/publish/{pubsub}/{topic}`, any `/v1.0/invoke/{app}/method/{path}` and
`GET /v1.0/state/{store}/{key}`, with the answers of Dapr 1.16 (API reference: pub/sub, service
invocation, state). Every pubsub and store name means the one log and the one store there is.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Flask, request
from flask import Response as Answer

from runtime import problems, wire
from runtime.clock import Clock
from runtime.event import STRUCTURED
from runtime.record import Message
from runtime.service import Running
from runtime.sidecars.base import Sidecar

_METADATA = "metadata."
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def install(app: Flask, services: Sequence[Running], clock: Clock | None = None) -> None:
    """Add the routes to an application that serves these services."""
    by_name = {service.name: service for service in services}
    clock = clock or Clock()

    def publish(pubsub: str, topic: str) -> Answer:
        sidecar = next(iter(by_name.values())).sidecar
        return _publish(sidecar, topic, pubsub, clock.now())

    def invoke(name: str, path: str) -> Any:
        if name not in by_name:
            known = ", ".join(sorted(by_name))
            return problems.problem(404, f"There is no app {name!r}; expected one of {known}.")
        endpoint, names = app.url_map.bind("localhost").match(f"/{path}", method=request.method)
        if not str(endpoint).startswith(f"{name}."):
            return problems.problem(404, f"The app {name!r} has no method {path!r}.")
        return app.view_functions[str(endpoint)](**names)

    def state(store: str, key: str) -> Answer:
        return _state(by_name, key)

    app.add_url_rule(
        "/v1.0/publish/<pubsub>/<path:topic>", "publish", publish, methods=["POST", "PUT"]
    )
    app.add_url_rule("/v1.0/invoke/<name>/method/<path:path>", "invoke", invoke, methods=_METHODS)
    app.add_url_rule("/v1.0/state/<store>/<path:key>", "state", state)


def _publish(sidecar: Sidecar, topic: str, pubsub: str, now: datetime) -> Answer:
    """Append what was posted; it is made a CloudEvent unless it is one, or is to stay raw."""
    given = {
        name.removeprefix(_METADATA): value
        for name, value in request.args.items()
        if name.startswith(_METADATA)
    }
    body = request.get_data()
    headers: dict[str, str] = {}
    if given.get("rawPayload", "").lower() == "true":
        body = b"" if body == b"null" else body
    else:
        if not (request.content_type or "").startswith(STRUCTURED):
            body = wire.encode(_envelope(body, topic, pubsub, now, given))
        headers["content-type"] = STRUCTURED
    sidecar.publish([Message(topic, given.get("partitionKey"), body, headers)])
    return Answer(status=204)


def _envelope(
    body: bytes, topic: str, pubsub: str, now: datetime, given: dict[str, str]
) -> dict[str, Any]:
    content_type = request.content_type or "text/plain"
    data = wire.decode(body) if "json" in content_type else body.decode("utf-8", "replace")
    return {
        "specversion": "1.0",
        "id": given.get("cloudevent.id") or str(uuid.uuid4()),
        "source": given.get("cloudevent.source") or "gateway",
        "type": given.get("cloudevent.type") or "com.dapr.event.sent",
        "time": now,
        "datacontenttype": content_type,
        "topic": topic,
        "pubsubname": pubsub,
        "data": data,
    }


def _state(services: dict[str, Running], key: str) -> Answer:
    """Find a row by Dapr's full key, `service||table/key`, or by `table/key` in any service."""
    service, found, rest = key.partition("||")
    places = [(services[service], rest)] if found and service in services else []
    if not found:
        places = [(running, key) for running in services.values()]
    for running, row in places:
        stored = running.sidecar.get([row]).get(row)
        if stored is not None:
            answer = Answer(stored.value, content_type="application/json")
            answer.headers["ETag"] = stored.etag
            return answer
    return Answer(status=204)
