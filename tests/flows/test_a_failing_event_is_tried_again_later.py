"""An invoice comes before its customer: the mail goes out by itself, and nobody waits for it."""

import json
from typing import Any

from local.loading import load_functions
from local.retries import Waiting, waiting
from tests.flows.shop import Shop

MAILER = "notifications.send_invoice_email"


def test_a_mail_waits_for_its_customer_and_goes_out_by_itself(shop: Shop) -> None:
    shop.stock("EARLY", 5)
    shop.order("early", "EARLY", 1, customerId="latecomer")
    shop.until(lambda: waits(shop, "early") != [])
    [entry] = waits(shop, "early")
    shop.order("early-after", "EARLY", 1, customerId="latecomer-too")
    assert shop.decision("early-after") == "VALIDATED"
    introduce(shop, "latecomer")

    shop.until(lambda: shop.mails_to("latecomer@example.com") != [])

    assert (entry.function, entry.retries, entry.topic) == (MAILER, 1, "invoices")
    assert "latecomer" in entry.error
    assert len(shop.mails_to("latecomer@example.com")) == 1
    assert "early" not in {letter.letter.event_id for letter in shop.dead_letters(MAILER)}


def test_what_waits_is_tried_again_after_a_kill(shop: Shop) -> None:
    shop.stock("KILLED", 5)
    shop.order("killed", "KILLED", 1, customerId="survivor")
    shop.until(lambda: waits(shop, "killed") != [])
    shop.kill("notifications")
    introduce(shop, "survivor")
    shop.restart("notifications")

    shop.until(lambda: shop.mails_to("survivor@example.com") != [])

    assert len(shop.mails_to("survivor@example.com")) == 1


def waits(shop: Shop, order: str) -> list[Waiting]:
    found = waiting(load_functions(["functions"]), shop.store, MAILER)
    return [entry for entry in found if entry.key and invoice_of(shop, entry) == order]


def invoice_of(shop: Shop, entry: Waiting) -> Any:
    ids = {row["id"]: row["orderId"] for row in shop.rows("invoices").values()}
    return ids.get(entry.key)


def introduce(shop: Shop, id: str) -> None:
    customer = {"id": id, "firstName": "A", "lastName": "B", "email": f"{id}@example.com"}
    shop.publish("customers", id, json.dumps(customer).encode())
