"""What orders does a file hold, and what became of each of its rows?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from local.order_files import read_rows
from local.order_rows import NEGATIVE_QUANTITY, Line, Rejected, read_line, read_quantity


@dataclass
class BookedOrder:
    """The accepted lines of one invoice. `date` is the earliest of its lines."""

    id: str
    customer: str
    date: datetime
    lines: list[Line] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum((line.quantity * line.price for line in self.lines), Decimal(0))


@dataclass
class OrderBook:
    """Every row of a file, accepted into an order or counted under one reason."""

    rows: int = 0
    orders: dict[str, BookedOrder] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    #: Units per product that the file writes off: negative quantities on ordinary invoices.
    written_off: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, path: Path) -> OrderBook:
        """Read a .csv or .csv.gz file. Raises Misuse or Failure when it is no order book."""
        book = cls()
        for row in read_rows(path):
            book.add(row)
        return book

    def add(self, row: dict[str, str] | Rejected) -> None:
        """Take in one row."""
        self.rows += 1
        try:
            if isinstance(row, Rejected):
                raise row
            self._accept(read_line(row))
        except Rejected as reason:
            self.rejected[str(reason)] += 1
            if str(reason) == NEGATIVE_QUANTITY and isinstance(row, dict):
                self.written_off[row["StockCode"].strip().upper()] -= read_quantity(row["Quantity"])

    def refuse(self, order_id: str, reason: str) -> None:
        """Count an order's rows as rejected after all: the service did not take it."""
        self.rejected[reason] += len(self.orders.pop(order_id).lines)

    def _accept(self, line: Line) -> None:
        order = self.orders.get(line.invoice)
        if order is None:
            order = self.orders[line.invoice] = BookedOrder(line.invoice, line.customer, line.date)
        if order.customer != line.customer:
            raise Rejected("another customer on the invoice")
        order.date = min(order.date, line.date)
        order.lines.append(line)

    @property
    def lines(self) -> list[Line]:
        return [line for order in self.orders.values() for line in order.lines]

    def summary(self) -> dict[str, object]:
        """The figures of `import-orders --json`; `total` is exact, as a decimal string."""
        lines = self.lines
        return {
            "rows": self.rows,
            "accepted_rows": len(lines),
            "rejected_rows": self.rejected.total(),
            "rejected": dict(self.rejected.most_common()),
            "orders": len(self.orders),
            "customers": len({order.customer for order in self.orders.values()}),
            "lines": len(lines),
            "units": sum(line.quantity for line in lines),
            "total": money(sum((order.total for order in self.orders.values()), Decimal(0))),
        }


def money(amount: Decimal) -> str:
    """Write an amount with at least two decimals, and with more only where it has them."""
    exact = amount.normalize()
    places = max(2, -int(exact.as_tuple().exponent))
    return f"{exact:.{places}f}"
