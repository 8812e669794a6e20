"""An order and its payment, at most a minute apart in event time, make one mail."""

import json
from datetime import UTC, datetime, timedelta

from tests.flows.shop import Shop

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_one_mail_for_each_order_whatever_comes_first_and_how_often(shop: Shop) -> None:
    known_customer(shop, "payer")
    order(shop, "paid-later", 0)
    pay(shop, "paid-later", 60)
    pay(shop, "paid-first", 0)
    order(shop, "paid-first", 60)
    for again in range(3):
        pay(shop, "paid-later", 30, number=again)
        order(shop, "paid-first", 10 * again, state="VALIDATED")
    shop.until(lambda: len(subjects(shop)) >= 2)
    order(shop, "paid-after-all", 0)
    pay(shop, "paid-after-all", 0)
    shop.until(lambda: len(subjects(shop)) >= 3)

    assert subjects(shop) == [
        f"Your order {id} is paid" for id in ("paid-after-all", "paid-first", "paid-later")
    ]


def test_no_mail_for_a_payment_that_is_too_far_away_or_of_somebody_unknown(shop: Shop) -> None:
    known_customer(shop, "punctual")
    order(shop, "paid-late", 0, customer="punctual")
    pay(shop, "paid-late", 61)
    order(shop, "of-nobody", 0, customer="nobody-knows")
    pay(shop, "of-nobody", 0)
    for id in ("paid-late", "of-nobody"):
        shop.until(lambda id=id: has_both(shop, id))

    order(shop, "paid-late", 90, customer="punctual", state="VALIDATED")
    shop.until(lambda: subjects(shop, "punctual") == ["Your order paid-late is paid"])
    assert not [id for id in shop.rows("mails") if id.startswith("paid-of-nobody")]
    assert shop.dead_letters("notifications.email_paid_order") == []
    assert shop.dead_letters("notifications.await_payment") == []


def has_both(shop: Shop, id: str) -> bool:
    """Has the order and its payment been looked at?"""
    row = shop.row("dues", id)
    return bool(row.get("ordered")) and bool(row.get("payments"))


def known_customer(shop: Shop, id: str) -> None:
    customer = {"id": id, "firstName": "Pat", "lastName": "Payer", "email": f"{id}@example.com"}
    shop.publish("customers", id, json.dumps(customer).encode())
    shop.until(lambda: shop.row("notifications.customers", id) != {})


def order(
    shop: Shop, id: str, seconds: float, *, customer: str = "payer", state: str = "CREATED"
) -> None:
    data = {"id": id, "customerId": customer, "state": state}
    data |= {"product": "PAID", "quantity": 1, "price": 1}
    at = (NOON + timedelta(seconds=seconds)).isoformat()
    shop.event("orders", id, data, id=f"{id}-{state}-{seconds}", time=at)


def pay(shop: Shop, order_id: str, seconds: float, *, number: int = 0) -> None:
    id = f"payment-of-{order_id}-{number}-{seconds}"
    data = {"id": id, "orderId": order_id, "ccy": "CZK", "amount": 1000.00}
    at = (NOON + timedelta(seconds=seconds)).isoformat()
    shop.event("payments", id, data, id=id, time=at)


def subjects(shop: Shop, customer: str = "payer") -> list[str]:
    found = [str(mail["Subject"]) for mail in shop.mails_to(f"{customer}@example.com")]
    return sorted(subject for subject in found if subject.endswith("is paid"))
