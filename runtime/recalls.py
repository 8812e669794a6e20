"""Sends back what waits for another attempt, when its time has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from runtime.clock import Clock
from runtime.delivery import Consumer
from runtime.errors import Conflict
from runtime.outbox import Outbox
from runtime.rows import Rows
from runtime.sidecars.base import Sidecar


class Recalls:
    """Looks after the agendas of all functions of a service."""

    def __init__(
        self, consumers: Sequence[Consumer], sidecar: Sidecar, outbox: Outbox, clock: Clock
    ) -> None:
        self._consumers = consumers
        self._sidecar = sidecar
        self._outbox = outbox
        self._clock = clock

    def tick(self) -> None:
        """Publish the events that are due on the retry topics of their functions.

        To be called every second or so: an idle one costs one request. Raises PlatformDown; then,
        and when another replica was quicker, the next tick goes on.
        """
        now = self._clock.now()
        rows = Rows(self._sidecar.get)
        rows.load(key for consumer in self._consumers for key in consumer.agenda.keys)
        for consumer in self._consumers:
            due = consumer.agenda.next_due(rows)
            if due is not None and due <= now.timestamp():
                self._recall(consumer, now)

    def _recall(self, consumer: Consumer, now: datetime) -> None:
        while True:
            rows = Rows(self._sidecar.get)
            rows.load(consumer.agenda.keys)
            events = consumer.agenda.take(rows, now)
            if not events:
                return
            topic = consumer.spec.retry_topic
            messages = [event.letter.to_message(topic, event.record) for event in events]
            try:
                self._outbox.commit(rows.writes(), messages)
            except Conflict:
                return
