"""A customer's sessions: totals and the orders they have counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from functions.domain.session import COUNTED_KEPT, Session, Sessions

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def session(minutes: float, total: str, *orders: str) -> Session:
    at = NOON + timedelta(minutes=minutes)
    return Session(at, at, Decimal(total), list(orders))


def test_absorbing_adds_up_exactly_and_covers_both():
    one = session(0, "0.10", "a")
    one.absorb(session(30, "0.20", "b"))

    assert one == Session(NOON, NOON + timedelta(minutes=30), Decimal("0.30"), ["a", "b"])


def test_an_order_is_counted_in_any_of_the_sessions():
    sessions = Sessions([session(0, "1", "a"), session(90, "1", "b")])

    assert sessions.counted("a")
    assert sessions.counted("b")
    assert not sessions.counted("c")


def test_a_session_remembers_its_latest_orders_only():
    one = session(0, "0")
    for number in range(COUNTED_KEPT + 1):
        one.absorb(session(number, "1", f"o-{number}"))

    assert len(one.orders) == COUNTED_KEPT
    assert one.orders[0] == "o-1"
    assert one.total == COUNTED_KEPT + 1
