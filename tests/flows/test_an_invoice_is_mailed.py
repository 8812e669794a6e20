"""A validated order is invoiced once, with the right total, and the customer gets one mail."""

import json

from tests.flows.shop import Shop


def known_customer(shop: Shop, id: str, name: str) -> None:
    customer = {"id": id, "firstName": name, "lastName": "Tester", "email": f"{id}@example.com"}
    shop.publish("customers", id, json.dumps(customer).encode())
    shop.until(lambda: shop.row("customers", id).get("firstName") == name)


def test_a_validated_order_is_invoiced_and_mailed_once(shop: Shop) -> None:
    known_customer(shop, "buyer", "Bea")
    shop.stock("KETTLE", 10)
    shop.order("kettles", "KETTLE", 3, price=2.5, customerId="buyer")
    shop.decision("kettles")

    shop.until(lambda: mails_to(shop, "buyer@example.com") == ["sent"])
    invoices = [invoice for invoice in shop.data("invoices") if invoice["orderId"] == "kettles"]

    assert [invoice["total"] for invoice in invoices] == [7.5]


def test_an_issued_invoice_and_its_document_can_be_read(shop: Shop) -> None:
    shop.stock("READABLE", 10)
    shop.order("readable", "READABLE", 2, price=3)
    shop.decision("readable")
    shop.until(lambda: shop.row("issued", "readable") != {})
    path = f"/v1/invoices/{shop.row('issued', 'readable')['invoice']}"

    status, invoice = shop.get(path, service="invoicing")
    assert (status, invoice["orderId"], invoice["total"]) == (200, "readable", 6)

    status, page = shop.get("/v1/invoices?limit=500", service="invoicing")
    assert invoice in page["invoices"]

    status, document = shop.get(f"{path}/document", service="invoicing")
    assert status == 200
    assert b"READABLE" in document


def test_a_mail_calls_the_customer_what_they_are_called_at_that_moment(shop: Shop) -> None:
    shop.stock("RENAMED", 10)
    known_customer(shop, "renamed", "Ada")
    shop.order("before", "RENAMED", 1, customerId="renamed")
    shop.until(lambda: len(mails_to(shop, "renamed@example.com")) == 1)
    known_customer(shop, "renamed", "Bob")
    shop.order("after", "RENAMED", 1, customerId="renamed")

    shop.until(lambda: mails_to(shop, "renamed@example.com") == ["sent", "sent"])


def mails_to(shop: Shop, address: str) -> list[str]:
    return [mail["status"] for mail in shop.rows("mails").values() if mail["to"] == address]
