"""The whole import of an order book: what it lacks first, then its orders, then the decisions."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from local import derived
from local.errors import Failure
from local.http import Client
from local.importing import import_orders
from local.order_book import OrderBook
from local.progress import Advance

if TYPE_CHECKING:
    from local.avro_values import Readable
    from local.brokers.base import Broker

#: Have the functions that read these topics handled everything on them?
CaughtUp = Callable[[Sequence[str]], bool]

VALIDATIONS_TOPIC = "order-validations"
_LOOK_SECONDS = 0.05
_MESSAGES_AT_ONCE = 500


def _as_bytes(value: bytes) -> bytes | None:
    return None


@dataclass
class Decisions:
    """How the book's orders were decided. `why` counts failed orders by the checks that failed."""

    states: Counter[str]
    why: Counter[str]


@dataclass
class OrderImport:
    """Where to import to."""

    broker: Broker
    connect: Callable[[], Client]
    caught_up: CaughtUp
    patience_seconds: float = 600.0
    #: Makes JSON of answers that are Avro.
    avro: Readable = _as_bytes

    def run(self, book: OrderBook, advance: Advance, *, derive: bool = True) -> Decisions:
        """Import the book; every row of it was told to `advance` when this returns.

        An order that the service refuses is counted in the book as rejected. Raises Failure when
        an order stays undecided.
        """
        advance(book.rejected.total())
        if derive:
            self.publish_derived(book)
        outcome = import_orders(
            list(book.orders.values()),
            self.connect,
            advance,
            patience_seconds=self.patience_seconds,
        )
        for id, reason in outcome.refused.items():
            book.refuse(id, reason)
        failed = {id for id, state in outcome.states.items() if state == "FAILED"}
        return Decisions(Counter(outcome.states.values()), self._why(failed))

    def publish_derived(self, book: OrderBook) -> None:
        """Publish stock levels and customers, and return when the services know them."""
        messages = list(derived.messages(book))
        for start in range(0, len(messages), _MESSAGES_AT_ONCE):
            self.broker.publish(messages[start : start + _MESSAGES_AT_ONCE])
        self.wait_for([derived.STOCK_TOPIC, derived.CUSTOMERS_TOPIC])

    def wait_for(self, topics: Sequence[str]) -> None:
        """Return when everything on the topics is handled. Raises Failure when that takes long."""
        deadline = time.monotonic() + self.patience_seconds
        while not self.caught_up(topics):
            if time.monotonic() > deadline:
                raise Failure(
                    f"The topics {', '.join(topics)} are not handled after "
                    f"{self.patience_seconds:g} s; `sluice lag` shows which function is behind."
                )
            time.sleep(_LOOK_SECONDS)

    def _why(self, failed: set[str]) -> Counter[str]:
        checks: dict[str, set[str]] = defaultdict(set)
        records = self.broker.read(VALIDATIONS_TOPIC) if failed else ()
        for record in records:
            if record.key in failed:
                check = _failed_check(record.value, self.avro)
                if check:
                    checks[record.key].add(check)
        return Counter(" + ".join(sorted(checks[id])) or "validation timed out" for id in failed)


class _Validation(msgspec.Struct, rename="camel"):
    check_type: str
    validation_result: str


class _Envelope(msgspec.Struct):
    data: _Validation


def _failed_check(value: bytes, avro: Readable) -> str | None:
    try:
        document = avro(value)
        if document is None:
            found = msgspec.json.decode(value, type=_Envelope).data
        else:
            found = msgspec.json.decode(document, type=_Validation)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None  # somebody else's record, or none that an order was decided by
    return found.check_type if found.validation_result == "FAIL" else None
