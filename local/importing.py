"""How do the orders of a book get into the running system, and what becomes of each?

Each order is POSTed under its invoice number, so doing it twice has the effect of once. A
customer's orders go over one connection in the order of their dates: the fraud check adds them up.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock

import msgspec

from local.errors import Failure
from local.http import Answer, Client, Unreachable
from local.order_book import BookedOrder
from local.progress import Advance
from runtime import wire

#: Connections used at once. More only makes the requests wait in the service instead of here.
CONNECTIONS = 4
#: How long one request waits for a decision before it asks again, and Ctrl-C at most.
POLL_MS = 2_000
#: A service that is being restarted is waited for this long.
RESTART_SECONDS = 60.0
#: Pause before a request to a service that does not answer is sent again.
PAUSE_SECONDS = 0.5

REFUSED = "refused by the service"


@dataclass
class Outcome:
    """The final state of every order that was taken, and why the others were not."""

    states: dict[str, str]
    refused: dict[str, str]


def import_orders(
    orders: Sequence[BookedOrder],
    connect: Callable[[], Client],
    advance: Advance,
    *,
    patience_seconds: float = 600.0,
) -> Outcome:
    """POST the orders and return when every one of them is decided.

    `advance` is called with the number of lines of each order as it is decided. Raises Failure
    when one is still open after `patience_seconds` without any decision, Unreachable when the
    service stays away.
    """
    job = _Job(connect, advance, patience_seconds)
    shares: list[list[BookedOrder]] = [[] for _ in range(CONNECTIONS)]
    for order in sorted(orders, key=lambda order: order.date):
        shares[zlib.crc32(order.customer.encode()) % CONNECTIONS].append(order)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        working = [pool.submit(job.work, share) for share in shares]
        try:
            done, _ = wait(working, None, FIRST_EXCEPTION)
        except KeyboardInterrupt:
            job.stop()
            raise
        failures = [error for future in done if (error := future.exception())]
    if failures:
        raise failures[0]
    return job.outcome


class _Job:
    """What the connections share."""

    def __init__(
        self, connect: Callable[[], Client], advance: Advance, patience_seconds: float
    ) -> None:
        self.outcome = Outcome({}, {})
        self._connect = connect
        self._advance = advance
        self._lock = Lock()
        self._patience_seconds = patience_seconds
        self._stopped = False

    def stop(self) -> None:
        """Have every connection give up at its next request."""
        self._stopped = True

    def work(self, orders: Sequence[BookedOrder]) -> None:
        """Send one share of the orders, then wait for their decisions."""
        client = self._connect()
        try:
            taken = [order for order in orders if self._post(client, order)]
            for order in taken:
                self._await(client, order)
        except BaseException:
            self.stop()  # the other connections need not finish theirs
            raise
        finally:
            client.close()

    def _post(self, client: Client, order: BookedOrder) -> bool:
        headers = {"content-type": "application/json", "ce-time": order.date.isoformat()}
        answer = self._ask(client, "POST", "v1/orders", wire.encode(_body(order)), headers)
        if answer.status == 201:
            return True
        # Without the order's id, so that orders refused for one reason are counted under one.
        reason = _title(answer).replace(f" {order.id!r}", "")
        with self._lock:
            self.outcome.refused[order.id] = f"{REFUSED}: {reason}"
        self._advance(len(order.lines))
        return False

    def _await(self, client: Client, order: BookedOrder) -> None:
        path = f"v1/orders/{order.id}/validated?timeout={POLL_MS}"
        deadline = time.monotonic() + self._patience_seconds
        answer = self._ask(client, "GET", path)
        while answer.status != 200:
            if answer.status != 504 or time.monotonic() > deadline:
                raise Failure(
                    f"Order {order.id!r} is not decided: {_title(answer).rstrip('.')}. "
                    "`sluice lag` shows which function is behind, `sluice dlq list` what failed."
                )
            answer = self._ask(client, "GET", path)
        with self._lock:
            self.outcome.states[order.id] = msgspec.json.decode(answer.body)["state"]
            self._advance(len(order.lines))

    def _ask(
        self,
        client: Client,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send until the service answers: it may be restarted, or say that its platform is down."""
        deadline = time.monotonic() + RESTART_SECONDS
        while not self._stopped:
            try:
                answer = client.request(method, path, body, headers)
                if answer.status != 503 or time.monotonic() > deadline:
                    return answer
            except Unreachable:
                if time.monotonic() > deadline:
                    raise
            time.sleep(PAUSE_SECONDS)
        raise Failure("The import was stopped.")


def _body(order: BookedOrder) -> dict[str, object]:
    return {
        "id": order.id,
        "customerId": order.customer,
        "date": order.date.isoformat(),
        "state": "CREATED",
        "lines": [
            {"product": line.product, "quantity": line.quantity, "price": line.price}
            for line in order.lines
        ],
    }


def _title(answer: Answer) -> str:
    """Return what a problem body (RFC 9457) says, else the status."""
    try:
        problem = msgspec.json.decode(answer.body)
        return str(problem.get("detail") or problem.get("title") or answer.status)
    except (msgspec.DecodeError, AttributeError):
        return f"status {answer.status}"
