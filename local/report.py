"""What did an import find and do? Said in lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from local import derived
from local.order_book import OrderBook
from local.order_import import Decisions


def of_book(book: OrderBook) -> Iterator[str]:
    """Say what became of the rows."""
    found = book.summary()
    accepted, rejected = found["accepted_rows"], found["rejected_rows"]
    yield f"{book.rows:,} rows: {accepted:,} accepted, {rejected:,} rejected"
    yield from counted(book.rejected)
    who = f"{found['orders']:,} orders of {found['customers']:,} customers"
    yield f"{who}, {found['lines']:,} lines, {found['units']:,} units, {found['total']} in all"


def of_derived(book: OrderBook) -> Iterator[str]:
    """Say what the file lacks and how it was made up."""
    levels = derived.stock_levels(book)
    yield "Not in the file, so derived from it:"
    yield (
        f"  {len(levels):,} stock levels: the units its orders ask for, "
        f"less the {book.written_off.total():,} it writes off"
    )
    yield (
        f"  {len(derived.customers(book)):,} customers, with names made of their numbers and the "
        "address <number>@customers.example.com"
    )


def of_decisions(decisions: Decisions) -> Iterator[str]:
    """Say how the orders were decided, and why some failed."""
    for state, count in sorted(decisions.states.items(), reverse=True):
        yield f"{count:,} {state}"
        if state == "FAILED":
            yield from counted(decisions.why)


def counted(counts: Counter[str]) -> Iterator[str]:
    """One line each, the most frequent first."""
    for name, count in counts.most_common():
        yield f"  {count:>8,}  {name}"
