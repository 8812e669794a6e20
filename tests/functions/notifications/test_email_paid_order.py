"""email_paid_order and await_payment: one mail for an order whose payment is near it in time."""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from functions.domain.customer import Customer, CustomerRow
from functions.domain.mail import MailWritten
from functions.domain.payment import EVENTS_KEPT, Dues, Payment
from functions.notifications.await_payment import await_payment
from functions.notifications.email_paid_order import email_paid_order
from functions.notifications.letters import Letters, receipt_mail_id
from functions.notifications.remember_customer import remember_customer
from runtime import Clock, Table, wire
from runtime.arguments import Resources
from runtime.delivery import Consumer
from runtime.errors import DecodeError
from runtime.rows import Rows
from runtime.sidecars.recording import RecordingSidecar
from tests.functions.making import event, order
from tests.functions.notifications.office import Office
from tests.functions.notifications.writing import ada, letters
from tests.runtime.making import record

ADA = Customer(id="1", first_name="Ada", email="ada@example.com")
MAIL = MailWritten(receipt_mail_id("o-1"))


class Desk(Office):
    """The service, and what comes to it: minutes are event times after noon."""

    def __init__(self, *customers: CustomerRow) -> None:
        super().__init__(*customers)
        self.dues: Table[Dues] = Table({})
        self.letters = letters()

    def ordered(
        self, minutes: float, state: str = "CREATED", organization: str | int | None = None
    ) -> MailWritten | None:
        sold = replace(order(customer="1", state=state), organization_id=organization)
        return await_payment(sold, event(minutes), *self._tables())

    def paid(self, minutes: float, id: str = "p-1", order: str = "o-1") -> MailWritten | None:
        payment = Payment(id, order, "CZK", Decimal("1000.00"))
        return email_paid_order(payment, event(minutes), *self._tables())

    def _tables(self):
        tables = self.dues, self.customers, self.mails, self.outgoing
        return *tables, self.letters, self.clock


def test_a_payment_after_its_order_is_mailed():
    desk = Desk(ada())

    assert desk.ordered(0) is None
    assert desk.paid(0.5) == MAIL


def test_a_payment_before_its_order_is_mailed_when_the_order_comes():
    desk = Desk(ada())

    assert desk.paid(0.5) is None
    assert desk.ordered(0) == MAIL


@pytest.mark.parametrize(
    ("organization", "subject"), [(None, "Acme: o-1"), ("7", "Seven: o-1"), (7, "Seven: o-1")]
)
@pytest.mark.parametrize("order_first", [True, False])
def test_the_template_is_that_of_the_order_s_organization(
    tmp_path: Path, organization: str | int | None, subject: str, order_first: bool
):
    (tmp_path / "acme-paid.subject").write_text("Acme: $order")
    (tmp_path / "acme-7-paid.subject").write_text("Seven: $order")
    desk = Desk(ada())
    desk.letters = Letters.open({"SLUICE_TEMPLATES": str(tmp_path), "SLUICE_TENANT": "acme"})
    steps = [lambda: desk.ordered(0, organization=organization), lambda: desk.paid(0.5)]

    assert [step() for step in (steps if order_first else steps[::-1])] == [None, MAIL]
    written = desk.outgoing.get(MAIL.id)
    assert written is not None
    assert written.subject == subject


@pytest.mark.parametrize("apart", [-1, 1])
@pytest.mark.parametrize("order_first", [True, False])
def test_exactly_a_minute_apart_they_belong_together(apart: float, order_first: bool):
    desk = Desk(ada())
    steps = [lambda: desk.ordered(0), lambda: desk.paid(apart)]

    assert [step() for step in (steps if order_first else steps[::-1])] == [None, MAIL]


@pytest.mark.parametrize("apart", [-1.001, 1.001])
@pytest.mark.parametrize("order_first", [True, False])
def test_further_apart_they_do_not(apart: float, order_first: bool):
    desk = Desk(ada())
    steps = [lambda: desk.ordered(0), lambda: desk.paid(apart)]

    assert [step() for step in (steps if order_first else steps[::-1])] == [None, None]


def test_a_later_event_of_the_order_may_be_near_enough():
    desk = Desk(ada())
    desk.ordered(0)
    desk.paid(5)

    assert desk.ordered(5.5, "VALIDATED") == MAIL


def test_there_is_one_mail_in_whichever_order_events_and_payments_come():
    steps = {
        "created": lambda desk: desk.ordered(0),
        "validated": lambda desk: desk.ordered(0.1, "VALIDATED"),
        "paid": lambda desk: desk.paid(0.2),
        "paid again": lambda desk: desk.paid(0.3, id="p-2"),
        "delivered again": lambda desk: desk.paid(0.2),
    }
    for order_of_arrival in itertools.permutations(steps):
        desk = Desk(ada())
        written = [steps[step](desk) for step in order_of_arrival]
        assert [mail for mail in written if mail] == [MAIL], order_of_arrival
        assert list(desk.mails.rows) == [MAIL.id]


def test_the_mail_says_what_was_paid_and_for_what():
    desk = Desk(ada())
    desk.ordered(0)
    desk.send(desk.paid(0))

    [mail] = desk.postbox.mails
    assert (mail.to, mail.subject) == ("ada@example.com", "Your order o-1 is paid")
    for text in (mail.text, mail.html):
        assert "Dear Ada Moss," in text
        assert "your payment of 1,000.00 CZK for order o-1" in text


def test_a_payment_is_matched_by_the_order_it_names():
    desk = Desk(ada())
    desk.ordered(0)

    assert desk.paid(0, id="o-1", order="o-2") is None


@pytest.mark.parametrize("customers", [[], [ada(email="")], [ada(email="nowhere")]])
def test_an_unknown_customer_gets_no_mail_and_nothing_fails(customers: list[CustomerRow]):
    desk = Desk(*customers)
    desk.ordered(0)

    assert desk.paid(0) is None
    assert desk.mails.rows == desk.outgoing.rows == {}


def test_another_event_writes_it_once_the_customer_is_known():
    desk = Desk()
    desk.ordered(0)
    desk.paid(0)
    desk.customers.put("1", ada())

    assert desk.ordered(0.5, "VALIDATED") == MAIL


def test_what_was_joined_is_dropped_with_the_mail():
    desk = Desk(ada())
    desk.ordered(0)
    desk.paid(0)
    desk.ordered(1, "SHIPPED")

    assert desk.dues.rows == {}


def test_what_waits_for_a_partner_has_an_end():
    rows = Rows(clock=Clock())
    dues: Table[Dues] = Table.over(rows, "dues", Dues)
    office = Office()
    tables = dues, office.customers, office.mails, office.outgoing
    await_payment(order(customer="1"), event(0), *tables, letters(), office.clock)

    [write] = rows.writes()
    assert (write.key, write.ttl_seconds) == ("dues/o-1", 7 * 24 * 3600)


def test_a_producer_that_repeats_itself_does_not_grow_a_row_for_ever():
    desk = Desk(ada())
    for minute in range(100, 100 + 3 * EVENTS_KEPT):
        desk.paid(minute * 10, id=f"p-{minute}")

    assert len(desk.dues.get("o-1").payments) == EVENTS_KEPT


def test_an_order_that_names_nobody_is_passed_over():
    assert not await_payment.spec.when(order(customer=None))
    assert await_payment.spec.when(order(customer=0))


def test_names_the_rows_it_will_read():
    payment = Payment("p-1", "o-1", "CZK", Decimal(1))

    for spec, data in ((email_paid_order.spec, payment), (await_payment.spec, order())):
        assert spec.reads["dues"](data) == ["o-1"]
        assert spec.reads["mails"](data) == spec.reads["outgoing"](data) == [MAIL.id]
    assert await_payment.spec.reads["customers"](order(customer=7)) == ["7"]


@pytest.mark.parametrize(
    "changed", [{"ccy": "crowns"}, {"amount": "NaN"}, {"orderId": ""}, {"orderId": "a\nb"}]
)
def test_a_payment_that_makes_no_sense_is_refused(changed: dict[str, str]):
    payment = {"id": "p-1", "orderId": "o-1", "ccy": "CZK", "amount": 1}

    assert wire.decode(wire.encode(payment | {"from": "a bank"}), Payment).order_id == "o-1"
    with pytest.raises(DecodeError):
        wire.decode(wire.encode(payment | changed), Payment)


def test_delivered_twice_by_the_runtime_it_publishes_one_event():
    sidecar = RecordingSidecar()
    payment = Payment("p-1", "o-1", "CZK", Decimal("1000.00"))
    given = [
        (remember_customer, record(0, wire.encode(ADA), topic="customers")),
        (await_payment, record(0, wire.encode(order(customer="1")), topic="orders")),
        (email_paid_order, record(0, wire.encode(payment), topic="payments")),
    ]
    for function, delivered in given * 2:
        Consumer(function.spec, sidecar, resources=Resources({})).deliver([delivered])

    assert [message.topic for message in sidecar.messages] == ["mails"]
