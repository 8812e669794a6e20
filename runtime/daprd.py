"""What daprd asks of an application before it delivers: its subscriptions, and a clock.

A subscription is raw: were daprd to parse events, one record that is no CloudEvent would block its
partition (measured on 1.16.5). What becomes of a delivery is `runtime.receiver`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, request
from flask import Response as Answer

from runtime.catching_up import CatchingUp
from runtime.errors import SluiceError
from runtime.gate import DELIVERIES
from runtime.log import logger
from runtime.outages import say
from runtime.receiver import Receiver
from runtime.routes import routes_of
from runtime.service import Running
from runtime.settings import Settings

log = logger("daprd")

#: daprd (1.16.5) looks so often whether a record has come, for each partition of a subscription,
#: also where nothing ever comes. What is tried again has waited for seconds, and a lookup table
#: may be some moments behind its topic; events alone are in a hurry.
_RETRIES_WAIT_MS = 100
_TABLES_WAIT_MS = 25


def install(app: Flask, service: Running, tables: CatchingUp, settings: Settings) -> None:
    """Add the routes that daprd calls."""
    app.add_url_rule("/dapr/subscribe", "subscriptions", lambda: subscriptions(service, settings))
    app.add_url_rule("/dapr/config", "config", lambda: {})
    app.add_url_rule("/clock", "clock", _ticks(service), methods=["POST", "OPTIONS"])
    for component in (*events(settings), settings.tables_pubsub, settings.retries_pubsub):
        receiver = Receiver(service, tables, fills_tables=component == settings.tables_pubsub)
        path, endpoint = f"{DELIVERIES}{component}/<path:topic>", f"deliveries-{component}"
        app.add_url_rule(path, endpoint, _view(receiver), methods=["POST"])
        routes_of(app).add(endpoint, receiver)


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


def _view(receiver: Receiver) -> Callable[[str], Answer]:
    return lambda topic: receiver.answer(topic, request.get_data()).answer()


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
