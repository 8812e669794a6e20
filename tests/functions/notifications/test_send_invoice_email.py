"""send_invoice_email: one mail per invoice, to customer and organization as they are now."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from functions.domain.customer import Action
from functions.domain.mail import MailStatus, MailWritten
from functions.domain.organization import OrganizationRow
from functions.notifications.letters import invoice_mail_id
from functions.notifications.mailer import MailRefused
from functions.notifications.send_invoice_email import (
    UnknownCustomer,
    UnknownOrganization,
    send_invoice_email,
)
from runtime import Retry
from tests.functions.notifications.office import Office
from tests.functions.notifications.writing import ada, invoice_for

NORTH = OrganizationRow("north", "North & Sons")


def invoice_of(organization: str | int | None):
    return replace(invoice_for(), organization_id=organization)


def test_the_mail_is_logged_and_kept_before_it_is_sent():
    office = Office(ada())

    written = office.write(invoice_for())

    log = office.mails.get(written.id)
    assert (log.status, log.to, log.message_id) == (MailStatus.CREATED, "ada@example.com", None)
    assert (log.subject, log.created_at) == ("Your invoice 000017", office.clock.now())
    assert list(office.outgoing.rows) == [written.id]
    assert office.postbox.mails == []


def test_the_event_says_which_mail_and_nothing_of_what_is_in_it():
    written = Office(ada()).write(invoice_for())

    assert written == MailWritten(invoice_mail_id(invoice_for()))
    assert written.key == written.id


def test_an_invoice_delivered_twice_writes_one_mail():
    office = Office(ada())
    office.write(invoice_for())

    assert office.write(invoice_for()) is None


def test_an_invoice_whose_mail_was_sent_writes_no_other():
    office = Office(ada())
    office.send(office.write(invoice_for()))

    assert office.write(invoice_for()) is None
    assert office.outgoing.rows == {}


def test_a_mail_that_was_refused_is_written_anew_when_its_invoice_comes_again():
    office = Office(ada(email="old@example.com"))
    office.postbox.trouble = MailRefused("blacklisted")
    assert office.send(office.write(invoice_for())).status is MailStatus.FAILED_TO_SEND
    office.customers.put("1", ada())
    office.postbox.trouble = None

    log = office.send(office.write(invoice_for()))

    assert (log.status, log.to, log.reason) == (MailStatus.SENT, "ada@example.com", None)


def test_the_customer_is_taken_as_they_are_at_that_moment():
    office = Office(ada(first_name="Ada"))
    office.send(office.write(invoice_for()))
    office.customers.put("1", ada(first_name="Beth"))
    office.send(office.write(replace(invoice_for(), id="000018")))

    assert [mail.name for mail in office.postbox.mails] == ["Ada Moss", "Beth Moss"]


def test_a_mail_says_what_was_known_when_it_was_written():
    office = Office(ada(first_name="Ada"))
    written = office.write(invoice_for())
    office.customers.put("1", ada(first_name="Beth"))
    office.send(written)

    assert [mail.name for mail in office.postbox.mails] == ["Ada Moss"]


def test_a_number_finds_the_customer_too():
    assert Office(ada()).write(invoice_for(customer=1))


@pytest.mark.parametrize("customer", ["2", None])
def test_an_unknown_customer_is_an_error_that_may_pass(customer):
    office = Office(ada())

    with pytest.raises(UnknownCustomer, match="of invoice 000017 is not known"):
        office.write(invoice_for(customer=customer))

    assert office.mails.rows == office.outgoing.rows == {}


@pytest.mark.parametrize("email", ["", "nowhere"])
def test_a_customer_without_an_address_is_too(email):
    with pytest.raises(UnknownCustomer, match="'1' cannot be written to"):
        Office(ada(email=email)).write(invoice_for())


def test_the_mail_goes_out_once_the_customer_is_known():
    office = Office()
    with pytest.raises(UnknownCustomer):
        office.write(invoice_for())
    office.customers.put("1", ada())

    assert office.write(invoice_for())


@pytest.mark.parametrize(("named", "row"), [("north", NORTH), (7, OrganizationRow("7", "Seven"))])
def test_the_organization_is_named(named, row):
    office = Office(ada())
    office.organizations.put(row.id, row)

    written = office.write(invoice_of(named))

    assert f"Ordered for {row.name}." in office.outgoing.get(written.id).text


def test_the_organization_is_called_what_it_is_called_at_that_moment():
    office = Office(ada())
    office.organizations.put("north", NORTH)
    first = office.write(invoice_of("north"))
    office.organizations.put("north", OrganizationRow("north", "Northern"))
    second = office.write(replace(invoice_of("north"), id="000018"))

    texts = [office.outgoing.get(written.id).text for written in (first, second)]

    assert "Ordered for North & Sons." in texts[0]
    assert "Ordered for Northern." in texts[1]


def test_an_unknown_organization_is_an_error_that_may_pass():
    office = Office(ada())
    with pytest.raises(UnknownOrganization, match="'north' of invoice 000017 is not known"):
        office.write(invoice_of("north"))
    assert office.mails.rows == office.outgoing.rows == {}
    office.organizations.put("north", NORTH)

    assert office.write(invoice_of("north"))


def test_an_organization_that_is_known_without_a_name_is_not_named():
    office = Office(ada())
    office.organizations.put("north", OrganizationRow("north"))

    written = office.write(invoice_of("north"))

    assert "Ordered for" not in office.outgoing.get(written.id).text


@pytest.mark.parametrize("action", Action)
def test_looks_at_new_invoices_only(action):
    invoice = replace(invoice_for(), action=action)

    assert send_invoice_email.spec.when(invoice) is (action == "created")


def test_names_the_rows_it_will_read():
    reads = send_invoice_email.spec.reads
    id = invoice_mail_id(invoice_for())

    assert list(reads["customers"](invoice_for(customer=7))) == ["7"]
    assert list(reads["customers"](invoice_for(customer=None))) == []
    assert list(reads["organizations"](invoice_of(8))) == ["8"]
    assert list(reads["organizations"](invoice_of(None))) == []
    assert reads["mails"](invoice_for()) == reads["outgoing"](invoice_for()) == [id]


@pytest.mark.parametrize("unknown", [UnknownCustomer, UnknownOrganization])
def test_what_is_not_known_yet_puts_off_its_own_mail_alone(unknown: type[Exception]) -> None:
    """`Retry` is about the event: many of them open no breaker, which would stop the others."""
    assert issubclass(unknown, Retry)
