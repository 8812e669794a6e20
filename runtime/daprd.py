"""What daprd asks of an application: its subscriptions, and an answer for every delivery.

daprd's contract has traps that this module answers (measured on 1.16.5):

- RETRY for one entry brings the whole batch again and stops every other partition of the
  component meanwhile: it is answered only when the platform is down, for all entries.
- An unknown route must not answer 404, daprd would take that for "drop it".
- Deliveries are raw: parsing by daprd makes one record that is no CloudEvent block its partition.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Flask, request
from flask import Response as Answer

from runtime import metrics, wire
from runtime.catching_up import CatchingUp
from runtime.delivery import Consumer
from runtime.errors import SluiceError
from runtime.gate import DELIVERIES
from runtime.log import logger
from runtime.outages import say
from runtime.record import Record
from runtime.service import Running
from runtime.settings import Settings

log = logger("daprd")

#: daprd (1.16.5) looks so often whether a record has come, for each partition of a subscription,
#: also where nothing ever comes. What is tried again has waited for seconds, and a lookup table
#: may be some moments behind its topic; events alone are in a hurry.
_RETRIES_WAIT_MS = 100
_TABLES_WAIT_MS = 25


class _Entry(msgspec.Struct, rename={"id": "entryId"}):
    id: str
    event: bytes | None  # base64 on the wire
    metadata: dict[str, str] | None = None  # Go writes an empty map as null


class _Delivery(msgspec.Struct):
    topic: str
    entries: list[_Entry]


_deliveries = msgspec.json.Decoder(_Delivery)


def install(app: Flask, service: Running, tables: CatchingUp, settings: Settings) -> None:
    """Add the routes that daprd calls."""
    app.add_url_rule("/dapr/subscribe", "subscriptions", lambda: subscriptions(service, settings))
    app.add_url_rule("/dapr/config", "config", lambda: {})
    app.add_url_rule("/clock", "clock", _ticks(service), methods=["POST", "OPTIONS"])
    for component in (*events(settings), settings.tables_pubsub, settings.retries_pubsub):
        app.add_url_rule(
            f"{DELIVERIES}{component}/<path:topic>",
            f"deliveries-{component}",
            _receiver(service, tables, component == settings.tables_pubsub),
            methods=["POST"],
        )


def subscriptions(service: Running, settings: Settings) -> list[dict[str, Any]]:
    """What the service reads, and by which components.

    Events come by two of one consumer group, so that daprd brings a batch while another one is
    worked on. Tables have a group of their own, so that the functions can wait for them; so have
    retries, so that waiting there holds nobody else up.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for consumer in service.consumers:
        spec = consumer.spec
        topic = str(spec.trigger)
        for pubsub in [settings.tables_pubsub] if spec.fills_table else events(settings):
            found[pubsub, topic] = _subscription(pubsub, topic, settings)
        retries = settings.retries_pubsub
        found[retries, spec.retry_topic] = _subscription(retries, spec.retry_topic, settings)
    return list(found.values())


def events(settings: Settings) -> list[str]:
    """The components by which events come: members of one consumer group."""
    return [name for name in (settings.pubsub, settings.second_pubsub) if name]


def _subscription(pubsub: str, topic: str, settings: Settings) -> dict[str, Any]:
    return {
        "pubsubname": pubsub,
        "topic": topic,
        "route": f"{DELIVERIES}{pubsub}/{topic}",
        "metadata": {"rawPayload": "true"},
        "bulkSubscribe": {
            "enabled": True,
            "maxMessagesCount": settings.batch_events,
            "maxAwaitDurationMs": _wait_ms(pubsub, settings),
        },
    }


def _wait_ms(pubsub: str, settings: Settings) -> int:
    unhurried = {
        settings.tables_pubsub: _TABLES_WAIT_MS,
        settings.retries_pubsub: _RETRIES_WAIT_MS,
    }
    return max(settings.batch_wait_ms, unhurried.get(pubsub, 0))


def _receiver(service: Running, tables: CatchingUp, fills_tables: bool) -> Any:
    def receive(topic: str) -> Answer:
        delivery = _deliveries.decode(request.get_data())
        consumers = [
            consumer
            for consumer in service.on_topic(topic)
            if topic == consumer.spec.retry_topic or consumer.spec.fills_table == fills_tables
        ]
        try:
            service.start()
            if not fills_tables:
                with service.sidecar.outages.trying("the lookup tables"):
                    tables.check()
            status = "SUCCESS" if _delivered(consumers, delivery) else "RETRY"
        except SluiceError as error:  # also a store or a setting that has to be put right first
            # A name of somebody's own making must not become a series that is kept for good.
            metrics.OUTAGES.labels(topic if consumers else "").inc()
            say(log, "delivery.put_off", error, topic=topic)
            status = "RETRY"
        statuses = [{"entryId": entry.id, "status": status} for entry in delivery.entries]
        return Answer(wire.encode({"statuses": statuses}), content_type="application/json")

    return receive


def _delivered(consumers: Sequence[Consumer], delivery: _Delivery) -> bool:
    """Deliver to each function in turn; False when there is none. Raises PlatformDown.

    When all must come again, a function that had its turn finds its events handled.
    """
    records = [_record(delivery.topic, entry) for entry in delivery.entries]
    for consumer in consumers:
        consumer.deliver(records)
    return bool(consumers)


def _record(topic: str, entry: _Entry) -> Record:
    metadata = entry.metadata or {}
    return Record(
        topic,
        int(metadata.get("__partition", "0")),
        int(metadata.get("__offset", "0")),
        metadata.get("__key"),
        entry.event or b"",
        {name: value for name, value in metadata.items() if not name.startswith("__")},
        int(metadata.get("__timestamp", "0")),
    )


def _ticks(service: Running) -> Any:
    # daprd's clock does not wait for the tick before: in an outage all threads would hang in some.
    turn = threading.Lock()

    def tick() -> Answer:
        if request.method == "POST" and turn.acquire(blocking=False):
            try:
                service.start()  # no function runs on a store that has not been probed
                service.tick()
            except SluiceError as error:
                say(log, "clock.put_off", error)
            finally:
                turn.release()
        return Answer(status=204)

    return tick
