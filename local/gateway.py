"""The subset of Dapr's own HTTP API that examples use, on the gateway's port.

    POST /v1.0/publish/{pubsub}/{topic}        ANY /v1.0/invoke/{service}/method/{path}
    GET  /v1.0/state/{store}/{service}||{key}  GET /v1.0/healthz, /v1.0/healthz/outbound

As with daprd, a publish answers 204 once the event is kept; `metadata.partitionKey` is the
record's key, `metadata.rawPayload=true` keeps the bytes as they are, `metadata.cloudevent.id`,
`.source` and `.type` set attributes, other metadata become headers; a body that is no CloudEvent
is wrapped in one. The gateway stands for every service's daprd, so a state key may name its
service; without one the first service that has such a row answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask, request
from flask import Response as Answer
from werkzeug.exceptions import HTTPException

from local.errors import nearest
from local.masking import Mask
from local.publishing import envelope
from runtime import wire
from runtime.event import STRUCTURED
from runtime.problems import problem
from runtime.record import Message
from runtime.routes import routes_of
from runtime.secrets import SECRET
from runtime.settings import Settings
from runtime.sidecars.embedded import Store

_INVOKE = re.compile(r"/v1\.0/invoke/([^/]+)/method(/.*)?", re.DOTALL)
_METADATA = "metadata."
#: Metadata that tell daprd how to publish; the others become headers of the record.
_DIRECTIONS = {"partitionKey", "rawPayload", "ttlInSeconds"}


def install(app: Flask, store: Store, services: frozenset[str], settings: Settings) -> None:
    """Add the routes to the application of all services."""
    publishing = _Publishing(store, settings)
    app.add_url_rule("/v1.0/publish/<pubsub>/<topic>", "publish", publishing, methods=["POST"])
    reading = _StateReading(store, services, settings)
    app.add_url_rule("/v1.0/state/<name>/<path:key>", "state", reading)
    for path in ("/v1.0/healthz", "/v1.0/healthz/outbound"):
        app.add_url_rule(path, path, lambda: Answer(status=204))
    invoking = _Invoking(app, services)
    app.wsgi_app = invoking  # type: ignore[method-assign]
    routes_of(app).alias = invoking.path


class _Invoking:
    """Passes a call on to the function's own path."""

    def __init__(self, app: Flask, services: frozenset[str]) -> None:
        self._app = app
        self._inner = app.wsgi_app
        self._services = services

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        found = _INVOKE.fullmatch(environ["PATH_INFO"])
        if found is None:
            return self._inner(environ, start_response)
        service, path = found[1], found[2] or "/"
        if not self._belongs(environ["REQUEST_METHOD"], service, path):
            return self._unknown(service, path)(environ, start_response)
        return self._inner({**environ, "PATH_INFO": path}, start_response)

    def path(self, method: str, path: str) -> str | None:
        """The path that is meant; None for a call that is refused."""
        found = _INVOKE.fullmatch(path)
        if found is None:
            return path
        service, meant = found[1], found[2] or "/"
        return meant if self._belongs(method, service, meant) else None

    def _belongs(self, method: str, service: str, path: str) -> bool:
        if service not in self._services:
            return False
        try:
            routes = self._app.url_map.bind("")
            function, _ = routes.match(path, method)
        except HTTPException:
            return True  # not found, or another method: Flask says so better than we
        return str(function).startswith(f"{service}.")

    def _unknown(self, service: str, path: str) -> Answer:
        if service in self._services:
            return problem(404, f"The service {service!r} has no function at {path!r}.")
        return problem(404, f"There is no service {service!r}. {nearest(service, self._services)}")


class _Publishing:
    """POST /v1.0/publish/{pubsub}/{topic}"""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def __call__(self, pubsub: str, topic: str) -> Answer:
        if pubsub != self._settings.pubsub:
            return problem(404, f"There is no pubsub {pubsub!r}; it is {self._settings.pubsub!r}.")
        request.max_content_length = self._settings.max_body_bytes
        metadata = {
            name.removeprefix(_METADATA): value
            for name, value in request.args.items()
            if name.startswith(_METADATA)
        }
        try:
            self._store.publish([_message(topic, request.get_data(), metadata)])
        except ValueError as error:  # no name for a topic, no attribute of a CloudEvent
            return problem(400, str(error))
        return Answer(status=204)


def _message(topic: str, body: bytes, metadata: dict[str, str]) -> Message:
    key = metadata.get("partitionKey")
    headers = {
        name: value
        for name, value in metadata.items()
        if name not in _DIRECTIONS and not name.startswith("cloudevent.")
    }
    if metadata.get("rawPayload") == "true":
        return Message(topic, key, body, headers)
    if (request.content_type or "").startswith(STRUCTURED):
        return Message(topic, key, body, {**headers, "content-type": STRUCTURED})
    wrapped = envelope(
        topic,
        key,
        body,
        id=metadata.get("cloudevent.id"),
        type=metadata.get("cloudevent.type", "com.dapr.event.sent"),
        source=metadata.get("cloudevent.source", "gateway"),
    )
    return Message(topic, key, wrapped.value, {**headers, **wrapped.headers})


class _StateReading:
    """GET /v1.0/state/{store}/{service}||{key}"""

    def __init__(self, store: Store, services: frozenset[str], settings: Settings) -> None:
        self._store = store
        self._services = sorted(services)
        self._settings = settings

    def __call__(self, name: str, key: str) -> Answer:
        if name != self._settings.statestore:
            return problem(
                404, f"There is no state store {name!r}; it is {self._settings.statestore!r}."
            )
        service, bars, rest = key.partition("||")
        places = [(service, rest)] if bars else [(service, key) for service in self._services]
        for service, place in places:
            row = self._store.get(service, [place]).get(place)
            if row is not None and _holds_secrets(row.value):
                return problem(403, f"The row {place!r} of {service} holds secrets.")
            if row is not None:
                headers = {"ETag": row.etag}
                return Answer(row.value, content_type="application/json", headers=headers)
        return Answer(status=204)


def _holds_secrets(value: bytes) -> bool:
    """A hash of a password leaves its service by no way, and this port has all services' rows."""
    secret = SECRET.encode()
    return secret in wire.encode(Mask(reveal=True).payload(value)) and secret not in value
