"""An order is billed by hand: the invoice is numbered, mailed, put right and cancelled again."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from functions.invoicing.documents import Documents
from tests.flows.shop import Shop
from tests.functions.invoicing.paper import text

FREIGHT = {"product": "FREIGHT", "quantity": 1, "price": 12.5}


def test_an_invoice_made_by_hand_is_mailed_once_and_its_document_follows_every_change(
    shop: Shop,
) -> None:
    ordered(shop, "by-hand")
    [issued] = events_of(shop, "by-hand")

    made = ask(shop, "POST", "", bill("by-hand") | {"lines": [FREIGHT]}, expected=201)
    path = f"/{made['id']}"
    document = made["document"]
    shop.until(lambda: len(shop.mails_to("by-hand@example.com")) == 2)
    shop.until(lambda: "FREIGHT" in kept(document))

    ask(shop, "PATCH", path, {"deliverDate": "2026-03-01"})
    packing = {"product": "PACKING", "quantity": 3, "price": "0.10"}
    item = ask(shop, "POST", f"{path}/items", packing, expected=201)
    ask(shop, "PATCH", f"{path}/items/{item['id']}", {"quantity": 1})
    shop.until(lambda: "PACKING 1 0.10 0.10" in kept(document))
    assert "Delivery: 2026-03-01" in kept(document)
    ask(shop, "DELETE", f"{path}/items/1", expected=204)
    assert ask(shop, "GET", path)["total"] == 0.1

    ask(shop, "DELETE", path, expected=204)
    shop.until(lambda: "Cancelled" in kept(document))
    ask(shop, "GET", path, expected=404)

    told = [event for event in events_of(shop, "by-hand") if event["id"] != issued["id"]]
    assert [(e["action"], e["total"]) for e in told] == [
        ("created", 12.5),
        ("edited", 12.5),
        ("edited", 12.8),
        ("edited", 12.6),
        ("edited", 0.1),
        ("deleted", 0.1),
    ]
    assert {event["number"] for event in told} == {made["number"]}
    subjects = {str(mail["Subject"]) for mail in shop.mails_to("by-hand@example.com")}
    assert subjects == {f"Your invoice {issued['number']}", f"Your invoice {made['number']}"}


def test_invoices_made_by_hand_are_listed_and_cancelled_ones_apart(shop: Shop) -> None:
    ordered(shop, "listed")
    left, dropped = (ask(shop, "POST", "", bill("listed"), expected=201) for _ in range(2))
    ask(shop, "DELETE", f"/{dropped['id']}", expected=204)

    shop.until(lambda: left["id"] in listed(shop, "ISSUED"))
    shop.until(lambda: dropped["id"] in listed(shop, "CANCELLED"))
    assert dropped["id"] not in listed(shop, "ISSUED")


def test_a_wrong_invoice_is_explained_and_takes_no_number(shop: Shop) -> None:
    ordered(shop, "explained")
    wrong = {"orderId": "nobody's", "date": "2026-02-01", "lines": [FREIGHT | {"price": -1}]}

    assert ask(shop, "POST", "", wrong, expected=422) == {
        "deliverDate": ["can't be blank"],
        "lines[0].price": ["must be greater than or equal to 0"],
        "orderId": ["must exist"],
    }
    wrong |= {"orderId": "explained", "deliverDate": "2026-02-01"}
    assert set(ask(shop, "POST", "", wrong, expected=422)) == {"deliverDate", "lines[0].price"}
    assert ask(shop, "POST", "", b"{", expected=400)["status"] == 400
    assert len(events_of(shop, "explained") + events_of(shop, "nobody's")) == 1


def test_numbers_have_no_gaps_however_many_clients_ask_at_once(shop: Shop) -> None:
    ordered(shop, "at-once")

    def post(number: int) -> dict[str, Any]:
        twice = bill("at-once") | {"id": f"at-once-{number // 2}", "lines": [FREIGHT]}
        return ask(shop, "POST", "", twice, expected=201)

    with ThreadPoolExecutor(8) as clients:
        made = list(clients.map(post, range(40)))

    assert len({invoice["number"] for invoice in made}) == 20
    numbers = sorted(invoice["number"] for invoice in shop.rows("invoices").values())
    assert numbers == [f"{number:06}" for number in range(1, len(numbers) + 1)]


def bill(order: str) -> dict[str, Any]:
    """What has to be said about an invoice."""
    return {"orderId": order, "date": "2026-02-01", "deliverDate": "2026-02-15"}


def ordered(shop: Shop, id: str) -> None:
    """Have an order of a known customer validated and billed, and known to who bills by hand."""
    known_customer(shop, id)
    shop.stock(id.upper(), 5)
    shop.order(id, id.upper(), 2, customerId=id)
    assert shop.decision(id) == "VALIDATED"
    shop.until(lambda: len(events_of(shop, id)) == 1 and shop.row("known_orders", id) != {})


def known_customer(shop: Shop, id: str) -> None:
    customer = {"id": id, "firstName": "Ada", "lastName": "Moss", "email": f"{id}@example.com"}
    shop.publish("customers", id, json.dumps(customer).encode())
    shop.until(lambda: shop.row("notifications.customers", id) != {})


def events_of(shop: Shop, order: str) -> list[dict[str, Any]]:
    """What was published about the invoices of an order."""
    return [invoice for invoice in shop.data("invoices") if invoice["orderId"] == order]


def ask(shop: Shop, method: str, path: str, body: Any = None, *, expected: int = 200) -> Any:
    """Send a request about invoices, and insist on how it is answered."""
    raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    status, answer = shop.request(method, f"/v1/invoices{path}", raw, service="invoicing")
    assert status == expected, answer
    return answer


def listed(shop: Shop, state: str) -> set[str]:
    page = ask(shop, "GET", f"?limit=500&state={state}")
    return {invoice["id"] for invoice in page["invoices"]}


def kept(document: str) -> str:
    """What stands on the document at this address; nothing before it is there."""
    found = fetched(document)
    return text(found) if found else ""


def fetched(document: str) -> bytes:
    address = urlsplit(document)
    if address.scheme == "file":
        path = Path(address.path)
        return path.read_bytes() if path.exists() else b""
    _, bucket, key = address.path.split("/", 2)
    moto = {"AWS_ENDPOINT_URL": f"http://{address.netloc}", "SLUICE_INVOICE_BUCKET": bucket}
    return Documents.open(moto).read(key) or b""
