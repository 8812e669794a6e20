"""send_invoice_email: one mail per invoice, to the customer as they are now."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from functions.domain.customer import Action, CustomerRow
from functions.domain.mail import MailLog, MailStatus
from functions.notifications.mail import Mail
from functions.notifications.mailer import Mailer, MailRefused
from functions.notifications.send_invoice_email import UnknownCustomer, send_invoice_email
from runtime import FakeClock, Table
from tests.functions.notifications.writing import ada, invoice_for, letters


class Postbox(Mailer):
    """Keeps the mails it is given; `trouble` is raised instead."""

    def __init__(self) -> None:
        super().__init__("shop@example.com")
        self.mails: list[Mail] = []
        self.trouble: Exception | None = None

    def _deliver(self, mail: Mail) -> str:
        if self.trouble:
            raise self.trouble
        self.mails.append(mail)
        return f"id-{len(self.mails)}"


class Office:
    """The tables of the service and its postbox."""

    def __init__(self, *customers: CustomerRow) -> None:
        self.customers = Table({customer.id: customer for customer in customers})
        self.mails: Table[MailLog] = Table({})
        self.postbox, self.clock = Postbox(), FakeClock()

    def send(self, invoice):
        send_invoice_email(invoice, self.customers, self.mails, letters(), self.postbox, self.clock)
        return self.mails.get(invoice.id)


def test_the_customer_gets_one_mail_and_it_is_logged():
    office = Office(ada())

    log = office.send(invoice_for())

    assert [mail.to.addr_spec for mail in office.postbox.mails] == ["ada@example.com"]
    assert (log.status, log.to, log.message_id) == (MailStatus.SENT, "ada@example.com", "id-1")
    assert (log.subject, log.sent_at) == ("Your invoice 000017", office.clock.now())


def test_an_invoice_delivered_twice_sends_one_mail():
    office = Office(ada())
    office.send(invoice_for())
    office.postbox = Postbox()

    office.send(invoice_for())

    assert office.postbox.mails == []


def test_a_unit_of_work_that_runs_again_sends_one_mail():
    office = Office(ada())
    office.send(invoice_for())
    office.mails = Table({})

    log = office.send(invoice_for())

    assert len(office.postbox.mails) == 1
    assert log.message_id == "id-1"


def test_the_customer_is_taken_as_they_are_at_that_moment():
    office = Office(ada(first_name="Ada"))
    office.send(invoice_for())
    office.customers.put("1", ada(first_name="Beth"))
    office.send(replace(invoice_for(), id="000018"))

    names = [mail.to.display_name for mail in office.postbox.mails]

    assert names == ["Ada Moss", "Beth Moss"]


def test_a_number_finds_the_customer_too():
    assert Office(ada()).send(invoice_for(customer=1)).status is MailStatus.SENT


@pytest.mark.parametrize("customer", ["2", None])
def test_an_unknown_customer_is_an_error_that_may_pass(customer):
    office = Office(ada())

    with pytest.raises(UnknownCustomer, match="of invoice 000017 is not known"):
        office.send(invoice_for(customer=customer))

    assert office.mails.rows == {}


@pytest.mark.parametrize("email", ["", "nowhere"])
def test_a_customer_without_an_address_is_too(email):
    with pytest.raises(UnknownCustomer, match="'1' cannot be written to"):
        Office(ada(email=email)).send(invoice_for())


def test_the_mail_goes_out_once_the_customer_is_known():
    office = Office()
    with pytest.raises(UnknownCustomer):
        office.send(invoice_for())
    office.customers.put("1", ada())

    assert office.send(invoice_for()).status is MailStatus.SENT


def test_a_mail_that_is_refused_for_good_is_logged_with_the_reason():
    office = Office(ada())
    office.postbox.trouble = MailRefused("blacklisted")

    log = office.send(invoice_for())

    assert (log.status, log.reason) == (MailStatus.FAILED_TO_SEND, "blacklisted")


def test_trouble_that_may_pass_is_raised():
    office = Office(ada())
    office.postbox.trouble = ConnectionError("no route")

    with pytest.raises(ConnectionError):
        office.send(invoice_for())


@pytest.mark.parametrize("action", Action)
def test_looks_at_new_invoices_only(action):
    invoice = replace(invoice_for(), action=action)

    assert send_invoice_email.spec.when(invoice) is (action == "created")


def test_names_the_rows_it_will_read():
    reads = send_invoice_email.spec.reads

    assert reads["customers"](invoice_for(customer=7)) == ["7"]
    assert reads["customers"](invoice_for(customer=None)) == []
    assert reads["mails"](invoice_for()) == ["000017"]
