"""A customer is made, edited and deleted over REST, and everybody who asks the topic knows."""

import json
from typing import Any

from tests.flows.shop import Shop

ADA = {"name": "Ada", "last_name": "Moss", "email": "ada@example.com"}


def test_who_writes_mails_knows_a_customer_made_edited_and_deleted_over_rest(shop: Shop) -> None:
    made = ask(shop, "POST", "/customers", {"customer": ADA}, expected=201)
    path = f"/customers/{made['id']}"
    assert ask(shop, "GET", path) == made
    shop.until(lambda: mailed_as(shop, made["id"]) == ("Ada", "Moss", "ada@example.com"))

    edited = ask(shop, "PATCH", path, {"customer": {"last_name": "Fern"}})
    shop.until(lambda: mailed_as(shop, made["id"]) == ("Ada", "Fern", "ada@example.com"))

    refused = ask(shop, "PATCH", path, {"customer": {"name": "", "email": "?"}}, expected=422)
    assert refused == {"name": ["can't be blank"], "email": ["is invalid"]}

    ask(shop, "DELETE", path, expected=204)
    shop.until(lambda: shop.row("notifications.customers", made["id"]) == {})
    ask(shop, "GET", path, expected=404)

    names = {"firstName": "Ada", "entity": "Customer"}
    told = [event for event in shop.data("customers") if event["id"] == made["id"]]
    assert told == [
        made | names | {"lastName": "Moss", "action": "created"},
        edited | names | {"lastName": "Fern", "action": "edited"},
        edited | names | {"lastName": "Fern", "action": "deleted"},
    ]


def test_an_order_of_a_customer_made_over_rest_is_mailed_to_them(shop: Shop) -> None:
    address = "rest@example.com"
    made = ask(shop, "POST", "/customers", {"customer": ADA | {"email": address}}, expected=201)
    named = {"organization": {"name": "Rest & Co"}}
    organization = ask(shop, "POST", "/organizations", named, expected=201)
    for table, id in (("customers", made["id"]), ("organizations", organization["id"])):
        shop.until(lambda: shop.row(f"notifications.{table}", id) != {})  # noqa: B023
    shop.stock("RESTED", 5)

    ids = {"customerId": made["id"], "organizationId": organization["id"]}
    shop.order("rested", "RESTED", 1, **ids)
    shop.until(lambda: len(shop.mails_to(address)) == 1)

    [mail] = shop.mails_to(address)
    part = mail.get_body(("plain",))
    assert part is not None
    assert "Dear Ada Moss," in str(part.get_content())
    assert "Rest & Co" in str(part.get_content())


def test_a_customer_that_another_source_brings_is_answered_listed_and_edited(shop: Shop) -> None:
    brought = {"id": "brought", "firstName": "Ida", "lastName": "Lind", "level": "gold"}
    shop.publish("customers", "brought", json.dumps(brought | {"action": "created"}).encode())
    shop.until(lambda: shop.row("customers.customers", "brought") != {})

    edit = {"customer": {"email": "ida@example.com"}}
    edited = ask(shop, "PATCH", "/customers/brought", edit)

    assert (edited["name"], edited["level"]) == ("Ida", "gold")
    shop.until(lambda: mailed_as(shop, "brought") == ("Ida", "Lind", "ida@example.com"))
    page = ask(shop, "GET", "/customers?limit=500")
    assert edited in page["customers"]


def test_an_invite_is_listed_with_its_organization_and_answered_once(shop: Shop) -> None:
    customer = ask(shop, "POST", "/customers", {"customer": ADA}, expected=201)["id"]
    ours, theirs = (
        ask(shop, "POST", "/organizations", {"organization": {"name": name}}, expected=201)["id"]
        for name in ("Ours", "Theirs")
    )
    wanted = {"invite": {"customer_id": customer}}
    invite = ask(shop, "POST", f"/organizations/{ours}/invites", wanted, expected=201)
    path = f"/organizations/{ours}/invites/{invite['id']}"
    shop.until(lambda: ask(shop, "GET", f"/organizations/{ours}/invites") == {"invites": [invite]})
    assert ask(shop, "GET", f"/organizations/{theirs}/invites") == {"invites": []}

    accepted = ask(shop, "POST", f"{path}/accept")
    ask(shop, "POST", f"{path}/reject", expected=409)
    assert ask(shop, "POST", f"{path}/accept") == accepted == ask(shop, "GET", path)

    nobody = {"invite": {"customer_id": "nobody"}}
    refused = ask(shop, "POST", f"/organizations/{ours}/invites", nobody, expected=422)
    assert refused == {"customer_id": ["must exist"]}
    told = [event for event in shop.data("invites") if event["organization_id"] == ours]
    assert [(e["action"], e["status"]) for e in told] == [
        ("created", "pending"),
        ("edited", "accepted"),
    ]
    # Nobody who reads organizations takes an invite for one.
    assert shop.row("notifications.organizations", invite["id"]) == {}


def ask(shop: Shop, method: str, path: str, body: Any = None, *, expected: int = 200) -> Any:
    """Send a request to the customers service, and insist on how it is answered."""
    raw = None if body is None else json.dumps(body).encode()
    status, answer = shop.request(method, path, raw, service="customers")
    assert status == expected, answer
    return answer


def mailed_as(shop: Shop, id: str) -> tuple[Any, ...]:
    """What the service that writes mails knows of a customer."""
    row = shop.row("notifications.customers", id)
    return row.get("firstName"), row.get("lastName"), row.get("email")
