"""One event of a batch cannot be handled: the others are handled once, and it can be put right."""

import json
from typing import Any

import pytest

from local import dead_letters
from local.lag import progress_rows
from tests.flows.shop import REGISTRY, Shop, now

VALIDATOR = "details.validate_details"

HOSTILE = {
    "not JSON": b"stock up please",
    "half of it": b'{"id": "x", "product"',
    "a wrong type": b'{"id": "x", "customerId": 1, "state": "CREATED", "lines": "none"}',
    "a huge number": b'{"id":"x","customerId":"1","product":"P","quantity":1,"price":1e999}',
    "NaN": b'{"id":"x","customerId":"1","product":"P","quantity":1,"price":NaN}',
    "a duplicate key": b'{"id":"x","id":"y","customerId":"1","product":"P","quantity":1}',
    "nothing": b"",
    "no UTF-8": b'{"id":"\xff\xfe"}',
    "deep nesting": b"[" * 50_000,
    "ten megabytes": b'{"id":"' + b"x" * 10_000_000 + b'"}',
}


def order(id: str, **changed: Any) -> dict[str, Any]:
    fields = {"id": id, "customerId": "1", "product": "POISON", "quantity": 1, "price": 1}
    return fields | {"state": "CREATED"} | changed


def letters_at(shop: Shop, function: str, key: str) -> list[dead_letters.Entry]:
    return [entry for entry in shop.dead_letters(function) if entry.record.key == key]


def test_the_good_events_around_a_poison_one_are_handled_once(shop: Shop) -> None:
    good = [f"around-{number}" for number in range(20)]
    for number, id in enumerate(good):
        shop.event("orders", "around", order(id), id=id, time=now())
        if number == 10:
            shop.publish("orders", "around", b"poison")
    shop.until(lambda: all(shop.answers(good, "ORDER_DETAILS_CHECK").values()))

    answers = shop.answers(good, "ORDER_DETAILS_CHECK")

    assert answers == {id: ["PASS"] for id in good}
    shop.until(lambda: len(letters_at(shop, VALIDATOR, "around")) == 1)


def test_a_dead_letter_says_everything_about_its_event(shop: Shop) -> None:
    shop.publish("orders", "explained", b"gibberish", shade="blue")
    shop.until(lambda: len(letters_at(shop, VALIDATOR, "explained")) == 1)

    entry = letters_at(shop, VALIDATOR, "explained")[0]

    assert entry.record.value == b"gibberish"
    assert entry.record.headers["shade"] == "blue"
    assert entry.letter.function == VALIDATOR
    assert entry.letter.error == "DecodeError"
    assert "JSON" in entry.letter.message
    assert "Traceback" in entry.letter.stack
    assert (entry.letter.origin_topic, entry.letter.attempts) == ("orders", 1)
    assert entry.letter.first_failed == entry.letter.last_failed


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_record_is_given_up_unchanged_and_holds_nobody_up(
    shop: Shop, hostile: str
) -> None:
    key = f"hostile {hostile}"
    shop.publish("orders", key, HOSTILE[hostile])
    shop.event("orders", key, order(f"after {hostile}"), id=f"after {hostile}", time=now())

    shop.until(lambda: len(letters_at(shop, VALIDATOR, key)) == 1)

    assert letters_at(shop, VALIDATOR, key)[0].record.value == HOSTILE[hostile]
    shop.until(lambda: shop.answers([f"after {hostile}"], "ORDER_DETAILS_CHECK") != {})


def test_headers_that_look_like_dapr_s_own_mislead_nobody(shop: Shop) -> None:
    """Dapr tells partition, offset and time by headers of these names; a record may bring them."""
    forged = {"__offset": "999999999", "__partition": "77", "__timestamp": "99999999999999"}
    for number, headers in enumerate((forged, {"__offset": "abc"}, {"__key": "other"}, {})):
        body = json.dumps(order(f"forged-{number}")).encode()
        shop.publish("orders", "forged", body, **headers)
    ids = [f"forged-{number}" for number in range(4)]

    shop.until(lambda: all(shop.answers(ids, "ORDER_DETAILS_CHECK").values()))

    assert shop.answers(ids, "ORDER_DETAILS_CHECK") == {id: ["PASS"] for id in ids}


def test_a_record_without_a_key_is_handled(shop: Shop) -> None:
    shop.publish("orders", None, json.dumps(order("keyless")).encode())

    shop.until(lambda: shop.answers(["keyless"], "ORDER_DETAILS_CHECK") == {"keyless": ["PASS"]})


def test_a_replayed_event_reaches_the_function_that_failed_and_no_other(shop: Shop) -> None:
    """The cause is a customer nobody knows; then the customer is made known."""
    mailer = "notifications.send_invoice_email"
    shop.stock("REPLAYED", 5)
    shop.order("replayed", "REPLAYED", 1, customerId="stranger")
    assert shop.decision("replayed") == "VALIDATED"
    shop.until(lambda: len(unsent(shop, mailer)) == 1)
    entry = unsent(shop, mailer)[0]
    customer = {"id": "stranger", "firstName": "A", "lastName": "B", "email": "a@example.com"}
    shop.publish("customers", "stranger", json.dumps(customer).encode())
    shop.until(lambda: shop.row("notifications.customers", "stranger") != {})
    before = {topic: end(shop, topic) for topic in ("orders", "invoices", "order-validations")}

    dead_letters.replay(shop.broker, [entry], by="test")
    shop.until(lambda: [mail["status"] for mail in mails(shop)] == ["sent"])

    assert {topic: end(shop, topic) for topic in before} == before
    sent = mails(shop)
    dead_letters.replay(shop.broker, [entry], by="test")
    shop.until(lambda: handled(shop, mailer) == end(shop, f"{mailer}.retry"))
    assert mails(shop) == sent


def unsent(shop: Shop, mailer: str) -> list[dead_letters.Entry]:
    return [e for e in shop.dead_letters(mailer) if "stranger" in e.letter.message]


def mails(shop: Shop) -> list[Any]:
    """The mails to the stranger, as the log has them."""
    return [row for row in shop.rows("mails").values() if row["to"] == "a@example.com"]


def handled(shop: Shop, function: str) -> int:
    """How many records of its retry topic a function has handled."""
    spec = REGISTRY.get(function)
    assert spec is not None
    return sum(progress_rows(shop.store)(spec, spec.retry_topic).values())


def end(shop: Shop, topic: str) -> int:
    return sum(high for _, high in shop.broker.watermarks(topic).values())
