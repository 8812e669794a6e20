"""create_customer: somebody becomes our customer."""

from __future__ import annotations

import msgspec
import pytest

from functions.domain.customer import Action, Customer, CustomerRow
from functions.notifications.mail import address_of
from tests.functions.customers.desk import ADA, Desk, told

BLANK = ["can't be blank"]
INVALID = ["is invalid"]


def test_a_customer_is_kept_answered_and_told_with_the_same_request():
    desk = Desk()

    answer = desk.create({"customer": ADA})

    row = msgspec.to_builtins(answer.body)
    assert row == ADA | {"id": answer.body.id, "address": "", "level": "bronze"}
    assert (answer.status, answer.headers) == (201, {"Location": f"/customers/{row['id']}"})
    assert desk.customers.get(row["id"]) == answer.body
    names = {"firstName": "Ada", "lastName": "Moss"}
    assert told(answer) == row | names | {"entity": "Customer", "action": "created"}


def test_the_event_is_a_customer_to_its_readers():
    answer = Desk().create({"customer": ADA | {"address": "1 Mill Road", "level": "gold"}})

    change = msgspec.convert(told(answer), Customer)

    assert change.action is Action.CREATED
    row = CustomerRow(change.key).learn(change)
    assert (row.first_name, row.last_name, row.level) == ("Ada", "Moss", "gold")
    assert str(address_of(row)) == "Ada Moss <ada@example.com>"


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_kept_or_published():
    desk = Desk()

    answer = desk.create({"customer": {"name": " ", "email": "ada at example", "level": "tin"}})

    assert answer.status == 422
    assert answer.body == {
        "name": BLANK,
        "last_name": BLANK,
        "email": INVALID,
        "level": INVALID,
    }
    assert desk.customers.rows == {}
    assert not answer.publish


@pytest.mark.parametrize("body", [{}, {"customer": {}}, dict.fromkeys(ADA)])
def test_what_is_required_must_be_said(body):
    assert Desk().create(body).body == dict.fromkeys(ADA, BLANK)


@pytest.mark.parametrize(("inner", "problem"), [(None, BLANK), ("Ada", INVALID), ([ADA], INVALID)])
def test_a_customer_that_is_no_object_is_refused(inner, problem):
    answer = Desk().create({"customer": inner})

    assert (answer.status, answer.body) == (422, {"customer": problem})


def test_the_envelope_may_be_left_out():
    assert Desk().create(ADA).status == 201


def test_a_field_we_do_not_know_is_refused_and_so_is_an_id():
    answer = Desk().create({"customer": ADA | {"id": "1", "phone": "12"}})

    assert answer.body == {"id": ["is read-only"], "phone": ["is unknown"]}


@pytest.mark.parametrize("email", ["a@b.example", " ada.moss+x@mail.example.com ", "o'x@y"])
def test_an_address_that_can_be_written_to_is_taken_without_the_space_around_it(email):
    customer = Desk().customer(email=email)

    assert customer.email == email.strip()
    assert address_of(CustomerRow("1", email=customer.email)).addr_spec == customer.email


@pytest.mark.parametrize(
    "email",
    ["ada", "@example.com", "ada@", "a b@c.example", "a@b@c", "a..b@c.example", "a@-b", "a@b.",
     "ada@example.com\nBcc: x@y.example", "Ada <ada@example.com>", "a" * 250 + "@b.example", 7],
)  # fmt: skip
def test_what_is_no_address_is_refused(email):
    assert Desk().create({"customer": ADA | {"email": email}}).body == {"email": INVALID}


@pytest.mark.parametrize("name", ["x" * 257, "A\0da", "A\nda", 7, ["Ada"]])
def test_a_name_is_text_of_one_line(name):
    assert Desk().create({"customer": ADA | {"name": name}}).body == {"name": INVALID}
