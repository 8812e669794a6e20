"""Receives what daprd delivers, and answers each delivery.

daprd's contract has traps that this module answers (measured on 1.16.5):

- RETRY for one entry brings the whole batch again and stops every other partition of the
  component meanwhile: it is answered only when the platform is down, for all entries.
- What nobody receives must not answer 404, daprd would take that for "drop it".
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runtime import metrics, problems, wire
from runtime.catching_up import CatchingUp
from runtime.delivery import Consumer
from runtime.errors import SluiceError
from runtime.log import logger
from runtime.outages import say
from runtime.record import Record
from runtime.reply import Reply
from runtime.service import Running

log = logger("daprd")


class _Entry(msgspec.Struct, rename={"id": "entryId"}):
    id: str
    event: bytes | None  # base64 on the wire
    metadata: dict[str, str] | None = None  # Go writes an empty map as null


class _Delivery(msgspec.Struct):
    topic: str
    entries: list[_Entry]


_deliveries = msgspec.json.Decoder(_Delivery)


class Receiver:
    """Takes the deliveries of one component. Safe to use from many threads.

    The server asks it directly: Flask's way round takes longer than a batch of one event does.
    """

    def __init__(self, service: Running, tables: CatchingUp, *, fills_tables: bool) -> None:
        self._service = service
        self._tables = tables
        self._fills_tables = fills_tables

    def answer(self, topic: str, body: bytes) -> Reply:
        """Handle a bulk delivery of a topic; nothing that goes wrong comes through."""
        try:
            delivery = _deliveries.decode(body)
            status = self._receive(topic, delivery)
        except Exception as error:
            return Reply.of_answer(problems.explain(error)).hardened()
        statuses = [{"entryId": entry.id, "status": status} for entry in delivery.entries]
        said = wire.encode({"statuses": statuses})
        return Reply(200, [("Content-Type", "application/json")], said).hardened()

    def _receive(self, topic: str, delivery: _Delivery) -> str:
        consumers = [
            consumer
            for consumer in self._service.on_topic(topic)
            if topic == consumer.spec.retry_topic or consumer.spec.fills_table == self._fills_tables
        ]
        try:
            self._service.start()
            if not self._fills_tables:
                with self._service.sidecar.outages.trying("the lookup tables"):
                    self._tables.check()
            return "SUCCESS" if _delivered(consumers, delivery) else "RETRY"
        except SluiceError as error:  # also a store or a setting that has to be put right first
            # A name of somebody's own making must not become a series that is kept for good.
            metrics.OUTAGES.labels(topic if consumers else "").inc()
            say(log, "delivery.put_off", error, topic=topic)
            return "RETRY"


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
