"""A validated order is invoiced once, with the right total, and the customer gets one mail."""

import json
from email.message import EmailMessage

from local import dead_letters
from tests.flows.shop import Shop
from tests.functions.invoicing.paper import text as printed

MAILER = "notifications.send_invoice_email"


def test_a_validated_order_is_invoiced_and_mailed_once(shop: Shop) -> None:
    known_customer(shop, "buyer", "Bea")
    shop.stock("KETTLE", 10)
    shop.order("kettles", "KETTLE", 3, price=2.5, customerId="buyer")
    shop.decision("kettles")

    shop.until(lambda: statuses(shop, "buyer@example.com") == ["sent"])
    invoices = [invoice for invoice in shop.data("invoices") if invoice["orderId"] == "kettles"]

    assert [invoice["total"] for invoice in invoices] == [7.5]
    assert [subject(mail) for mail in shop.mails_to("buyer@example.com")] == [
        f"Your invoice {invoices[0]['id']}"
    ]


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
    assert "READABLE 2 3.00 6.00\nTotal 6.00\n" in printed(document)


def test_a_mail_calls_customer_and_organization_what_they_are_called_at_that_moment(
    shop: Shop,
) -> None:
    shop.stock("RENAMED", 10)
    known_customer(shop, "renamed", "Ada")
    known_organization(shop, "renaming", "A & Co")
    ordered = {"customerId": "renamed", "organizationId": "renaming"}
    shop.order("before", "RENAMED", 1, **ordered)
    shop.until(lambda: statuses(shop, "renamed@example.com") == ["sent"])

    known_customer(shop, "renamed", "Bob")
    known_organization(shop, "renaming", "B & Co")
    shop.order("after", "RENAMED", 1, **ordered)
    shop.until(lambda: statuses(shop, "renamed@example.com") == ["sent", "sent"])

    mails = sorted(map(text, shop.mails_to("renamed@example.com")))
    assert [mail.splitlines()[0] for mail in mails] == ["Dear Ada Tester,", "Dear Bob Tester,"]
    assert "your order before of" in mails[0]
    assert "Ordered for A & Co." in mails[0]
    assert "your order after of" in mails[1]
    assert "Ordered for B & Co." in mails[1]


def test_a_partial_change_of_an_organization_leaves_its_name(shop: Shop) -> None:
    known_organization(shop, "partial", "Partial Ltd")
    shop.publish("organizations", "partial", b'{"id": "partial", "name": null}')
    shop.publish("organizations", "partial", b'{"id": "behind it", "name": "Next"}')
    shop.until(lambda: shop.row("notifications.organizations", "behind it") != {})

    assert shop.row("notifications.organizations", "partial")["name"] == "Partial Ltd"


def test_a_mail_for_an_organization_nobody_knows_goes_out_on_replay(shop: Shop) -> None:
    shop.stock("SECLUDED", 10)
    known_customer(shop, "secluded", "Ada")
    shop.order("secluded", "SECLUDED", 1, customerId="secluded", organizationId="hermits")
    shop.until(lambda: len(letters_about(shop, "hermits")) == 1)
    [entry] = letters_about(shop, "hermits")
    assert entry.letter.error == "UnknownOrganization"
    assert statuses(shop, "secluded@example.com") == []

    known_organization(shop, "hermits", "Hermits United")
    dead_letters.replay(shop.broker, [entry], by="test")
    shop.until(lambda: statuses(shop, "secluded@example.com") == ["sent"])

    [mail] = shop.mails_to("secluded@example.com")
    assert "Ordered for Hermits United." in text(mail)


def test_the_log_of_mails_can_be_read(shop: Shop) -> None:
    shop.stock("LOGGED", 10)
    known_customer(shop, "logged", "Ada")
    shop.order("logged", "LOGGED", 1, customerId="logged")
    shop.until(lambda: statuses(shop, "logged@example.com") == ["sent"])

    status, page = shop.get("/v1/mails?status=sent&limit=500", service="notifications")
    [mail] = [mail for mail in page["mails"] if mail["to"] == "logged@example.com"]

    assert status == 200
    assert mail["messageId"]
    assert mail["createdAt"] <= mail["sentAt"]
    assert shop.get("/v1/mails?status=lost", service="notifications")[0] == 400


def known_customer(shop: Shop, id: str, name: str) -> None:
    customer = {"id": id, "firstName": name, "lastName": "Tester", "email": f"{id}@example.com"}
    shop.publish("customers", id, json.dumps(customer).encode())
    shop.until(lambda: shop.row("notifications.customers", id).get("firstName") == name)


def known_organization(shop: Shop, id: str, name: str) -> None:
    change = {"id": id, "name": name, "entity": "Organization", "action": "edited"}
    shop.publish("organizations", id, json.dumps(change).encode())
    shop.until(lambda: shop.row("notifications.organizations", id).get("name") == name)


def letters_about(shop: Shop, name: str) -> list[dead_letters.Entry]:
    return [entry for entry in shop.dead_letters(MAILER) if name in entry.letter.message]


def statuses(shop: Shop, address: str) -> list[str]:
    """What the log says of the mails to this address."""
    return [mail["status"] for mail in shop.rows("mails").values() if mail["to"] == address]


def subject(mail: EmailMessage) -> str:
    return str(mail["Subject"])


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
