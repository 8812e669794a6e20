"""Are the results right? Counts them by order and by what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from local.bench.sample import Checked
from runtime.record import Record


class _Result(msgspec.Struct, rename="camel"):
    order_id: str
    validation_result: str


class _Envelope(msgspec.Struct):
    data: _Result


_decoder = msgspec.json.Decoder(_Envelope)


@dataclass(frozen=True)
class Answers:
    """How often each order was answered, how often each answer was given, and when the last was."""

    orders: Counter[str]
    said: Counter[str]
    #: By the log's clock, in seconds.
    last: float

    @classmethod
    def of(cls, records: Iterable[Record]) -> Answers:
        """Count the records of a topic of results."""
        orders: Counter[str] = Counter()
        said: Counter[str] = Counter()
        last_ms = 0
        for record in records:
            result = _decoder.decode(record.value).data
            orders[result.order_id] += 1
            said[result.validation_result] += 1
            last_ms = max(last_ms, record.timestamp_ms)
        return cls(orders, said, last_ms / 1000)

    def check(self, sent: int, reserved: int | None) -> Checked:
        """Compare with the number of orders; `reserved` is the sum over the stock, if known."""
        return Checked(
            results=self.orders.total(),
            missing=sent - len(self.orders),
            doubled=self.orders.total() - len(self.orders),
            wrong=self.said.total() - self.said["PASS"],
            lost_updates=None if reserved is None else sent - reserved,
        )
