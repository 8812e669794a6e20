"""Orders that keep coming, and a payment for each that was accepted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING
from uuid import uuid4

from local.errors import Failure
from local.http import Answer, Client
from local.progress import Advance
from local.publishing import envelope
from runtime import wire
from runtime.errors import PlatformDown

if TYPE_CHECKING:
    from local.brokers.base import Broker

PAYMENTS_TOPIC = "payments"
SOURCE = "sluice/populate"
CUSTOMERS = ("0", "1", "2", "3", "4", "5")
PRODUCTS = ("UNDERPANTS", "JUMPERS", "STOCKINGS")
#: Pause before something that is down is asked again.
PAUSE_SECONDS = 0.5
#: The service, or what it needs, is not there; the order may be taken a moment later.
_PASSING = (408, 425, 429, 500, 502, 503, 504)


@dataclass
class Counts:
    """What became of the orders so far."""

    accepted: int = 0
    refused: int = 0
    paid: int = 0


@dataclass(frozen=True)
class Sale:
    """One order, the same however often it is sent."""

    id: str
    customer: str
    product: str
    time: str

    def order(self) -> bytes:
        """The body of the request."""
        return wire.encode(
            {
                "id": self.id,
                "customerId": self.customer,
                "state": "CREATED",
                "product": self.product,
                "quantity": 1,
                "price": 1.0,
            }
        )

    def payment(self) -> bytes:
        """The data of the payment; its id is its own."""
        paid = f'"id":"{self.payment_id}","orderId":"{self.id}","ccy":"CZK","amount":1000.00'
        return f"{{{paid}}}".encode()  # a float would lose the last digit

    @property
    def payment_id(self) -> str:
        """The same for every attempt: readers know a payment that is published twice."""
        return f"payment-{self.id}"


@dataclass
class Populator:
    """Where the orders go. `tell` gets a line when something is waited for, or refused.

    Once `stopped` is set it ends with the order that is under way, paid if it was accepted.
    """

    connect: Callable[[], Client]
    broker: Broker
    tell: Callable[[str], None]
    counts: Counts
    stopped: Event = field(default_factory=Event)

    def run(self, rate: float, advance: Advance, count: int | None = None) -> None:
        """Send `rate` orders a second, `count` of them or without end.

        After a pause in which nothing could be sent it goes on at that rate; it does not catch up.
        """
        due = time.monotonic()
        for sale in sales(count):
            if self.stopped.wait(max(0.0, due - time.monotonic())):
                return
            due = max(due, time.monotonic()) + 1 / rate
            self._sell(sale)
            advance(1)

    def _sell(self, sale: Sale) -> None:
        answer = self._post(sale)
        if answer is None:
            return
        if answer.status != 201:
            self.counts.refused += 1
            self.tell(f"The order {sale.id} is refused with {answer.status}: {_said(answer)}")
            return
        self.counts.accepted += 1
        self.counts.paid += self._pay(sale)

    def _post(self, sale: Sale) -> Answer | None:
        """Send the order until the service answers, always under the same id; None if stopped."""
        headers = {"content-type": "application/json", "ce-time": sale.time}
        waiting = _Waiting(self)
        while True:
            try:
                client = self.connect()
                answer = client.request("POST", "v1/orders", sale.order(), headers)
                if answer.status not in _PASSING:
                    return answer
                reason = f"it answers {answer.status}"
            except (Failure, OSError) as down:
                reason = str(down)
            if waiting.stopped(f"Waiting for the orders service: {reason}"):
                return None

    def _pay(self, sale: Sale) -> bool:
        """Publish the payment until the broker has it; False if stopped before."""
        message = envelope(
            PAYMENTS_TOPIC,
            sale.payment_id,
            sale.payment(),
            id=sale.payment_id,
            type="sluice.paid",
            time=sale.time,
            source=SOURCE,
        )
        waiting = _Waiting(self)
        while True:
            try:
                self.broker.publish([message])
                return True
            except PlatformDown as down:
                if waiting.stopped(f"Waiting to pay: {down}"):
                    return False


class _Waiting:
    """Says once what is waited for, and pauses."""

    def __init__(self, populator: Populator) -> None:
        self._populator = populator
        self._told = False

    def stopped(self, reason: str) -> bool:
        if not self._told:
            self._populator.tell(reason)
        self._told = True
        return self._populator.stopped.wait(PAUSE_SECONDS)


def sales(count: int | None = None) -> Iterator[Sale]:
    """Yield orders of every customer and product in turn, under ids that no other run uses."""
    run, number = uuid4().hex[:8], 0
    while count is None or number < count:
        customer = CUSTOMERS[number // len(PRODUCTS) % len(CUSTOMERS)]
        product = PRODUCTS[number % len(PRODUCTS)]
        number += 1
        yield Sale(f"{run}-{number}", customer, product, datetime.now(UTC).isoformat())


def _said(answer: Answer) -> str:
    return answer.body[:200].decode(errors="replace")
