"""What a client may say about an invoice: everything wrong is named at once."""

from __future__ import annotations

import pytest

from functions.domain.draft import Draft, read_changes, read_draft
from functions.domain.invoice import KnownOrder
from tests.functions.invoicing.office import FREIGHT, JUMPERS, LEAST, Office, sent

ORDERS = {"o-1": KnownOrder("c1"), "nobody's": KnownOrder()}


def problems(**fields: object) -> dict[str, list[str]]:
    return read_draft(sent(LEAST | fields), ORDERS.get).problems


def test_an_empty_request_lacks_an_order_and_both_dates():
    assert read_draft({}, ORDERS.get).problems == {
        "orderId": ["can't be blank"],
        "date": ["can't be blank"],
        "deliverDate": ["can't be blank"],
    }


def test_an_order_must_exist():
    assert problems(orderId="o-9") == {"orderId": ["must exist"]}


@pytest.mark.parametrize(
    ("date", "deliver_date"),
    [
        ("2026-01-02", "2026-01-01"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"),
        ("2026-01-01T12:00:00Z", "2026-01-01T12:30:00+01:00"),
        ("2026-01-01T12:00:00Z", "2026-01-01"),
    ],
)
def test_delivery_is_later_than_the_date(date, deliver_date):
    assert problems(date=date, deliverDate=deliver_date) == {
        "deliverDate": ["must be later than date"]
    }


@pytest.mark.parametrize(
    ("date", "deliver_date"),
    [
        ("2026-01-01", "2026-01-02"),
        ("2026-01-01", "2026-01-01T00:00:01Z"),
        ("2026-01-01T12:00:00+02:00", "2026-01-01T10:00:01Z"),
    ],
)
def test_times_and_dates_are_compared_where_they_are(date, deliver_date):
    assert problems(date=date, deliverDate=deliver_date) == {}


def test_a_date_that_is_none_is_not_compared():
    assert problems(date="soon") == {"date": ["is invalid"]}


def test_somebody_must_be_billed():
    assert problems(orderId="nobody's") == {"customerId": ["can't be blank"]}
    assert problems(orderId="nobody's", customerId=5) == {}


def test_every_line_is_looked_at():
    lines = [JUMPERS, {"product": " ", "quantity": -1, "price": "x"}, {"sku": "P"}]

    assert problems(lines=lines) == {
        "lines[1].product": ["can't be blank"],
        "lines[1].quantity": ["must be greater than or equal to 0"],
        "lines[1].price": ["is not a number"],
        "lines[2].product": ["can't be blank"],
        "lines[2].quantity": ["can't be blank"],
        "lines[2].price": ["can't be blank"],
        "lines[2].sku": ["is unknown"],
    }


def test_two_lines_cannot_share_an_id():
    lines = [JUMPERS | {"id": "1"}, FREIGHT | {"id": "1"}, FREIGHT]

    assert problems(lines=lines) == {"lines[1].id": ["is taken"]}


@pytest.mark.parametrize("lines", [{}, "P", [1]])
def test_lines_are_a_list_of_objects(lines):
    assert problems(lines=lines) == {"lines": ["is invalid"]}


def test_a_total_must_be_that_of_the_lines():
    assert problems(lines=[JUMPERS], total=4.0) == {}
    assert problems(lines=[JUMPERS], total=5) == {"total": ["must be the sum of the lines, 4"]}
    assert problems(total=-1) == {"total": ["must be greater than or equal to 0"]}


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("000001", "is reserved"),
        ("1000000", "is reserved"),
        ("a/b", "is invalid"),
        (7, "is invalid"),
    ],
)
def test_an_id_must_not_look_like_a_number_that_is_given_out(id, said):
    assert problems(id=id) == {"id": [said]}


@pytest.mark.parametrize("id", ["1", "i-1", "12345"])
def test_any_other_id_will_do(id):
    assert problems(id=id) == {}


def test_what_the_service_sets_is_read_only_and_what_nobody_knows_unknown():
    assert problems(state="ISSUED", number="1", delivrDate="2026-01-01") == {
        "delivrDate": ["is unknown"],
        "number": ["is read-only"],
        "state": ["is read-only"],
    }


def test_the_same_draft_written_otherwise_is_the_same():
    one, other = (
        Draft.of(read_draft(sent(LEAST | {"id": "i-1", "lines": [FREIGHT | more]}), ORDERS.get))
        for more in ({}, {"price": "1.500", "quantity": 1.0})
    )

    assert one == other


def test_no_lines_and_empty_lines_are_the_same_draft():
    one, other, third = (
        Draft.of(read_draft(sent(LEAST | more), ORDERS.get))
        for more in ({}, {"lines": []}, {"lines": None, "customerId": None})
    )

    assert one == other == third


def test_changes_are_compared_with_what_stays():
    invoice = Office().made(date="2026-01-10", deliverDate="2026-01-20")

    assert read_changes(sent({"date": "2026-01-20"}), invoice).problems == {
        "deliverDate": ["must be later than date"]
    }
    assert read_changes(sent({"date": "2026-01-19"}), invoice).problems == {}


def test_changes_of_no_date_do_not_ask_for_dates():
    invoice = Office().made()

    form = read_changes(sent({"lines": [FREIGHT], "total": 1.5}), invoice)

    assert (list(form.values), form.problems) == (["lines"], {})
