"""invoices -> mails: tell the customer what they owe."""

from __future__ import annotations

from functions.domain.customer import Action, CustomerRow
from functions.domain.invoice import Invoice
from functions.domain.mail import MailLog, MailStatus, MailWritten
from functions.domain.organization import OrganizationRow
from functions.domain.words import Ident
from functions.notifications.letters import Letters, invoice_mail_id
from functions.notifications.mail import Mail, address_of
from functions.notifications.writing import write
from runtime import Clock, Retry, Table, function


class UnknownCustomer(Retry):
    """Nobody knows the customer of this invoice yet, or where to write to."""


class UnknownOrganization(Retry):
    """Nobody knows the organization of this invoice yet."""


@function(
    subscribes="invoices",
    publishes="mails",
    when=lambda invoice: invoice.action is Action.CREATED,
    reads={
        "customers": lambda invoice: filter(None, [key_of(invoice.customer_id)]),
        "organizations": lambda invoice: filter(None, [key_of(invoice.organization_id)]),
        "mails": lambda invoice: [invoice_mail_id(invoice)],
        "outgoing": lambda invoice: [invoice_mail_id(invoice)],
    },
    # The mails of a batch are written in one transaction, and a template may be large.
    batch=100,
)
def send_invoice_email(
    invoice: Invoice,
    customers: Table[CustomerRow],
    organizations: Table[OrganizationRow],
    mails: Table[MailLog],
    outgoing: Table[Mail],
    letters: Letters,
    clock: Clock,
) -> MailWritten | None:
    """Write the mail for an invoice, to its customer and their organization as known just now.

    One mail per invoice, with the document linked. It is logged as `created` and kept in
    `outgoing` until `send_mail` has sent it: a process killed anywhere between loses nothing.
    An invoice delivered twice finds its mail in the log. Only a mail that the provider refused
    for good is written anew when its invoice comes again: the address may have changed since.

    An unknown customer, or one without a valid address, raises UnknownCustomer: the invoice is
    tried again and then kept as a dead letter, which goes out on replay once the customer is
    known. An organization that the invoice names and nobody knows (or that was deleted) is
    treated alike, as UnknownOrganization: a mail without its name, or in the words of the wrong
    template, cannot be taken back. An invoice that names no organization needs none; one that is
    known without a name is not named.
    """
    logged = mails.get(invoice_mail_id(invoice))
    if logged is not None and logged.status is not MailStatus.FAILED_TO_SEND:
        return None
    customer = addressee(invoice, customers)
    mail = letters.invoice(invoice, customer, organization_of(invoice, organizations))
    return write(mail, mails, outgoing, clock)


def addressee(invoice: Invoice, customers: Table[CustomerRow]) -> CustomerRow:
    """Return whom to write to; raises UnknownCustomer."""
    key = key_of(invoice.customer_id)
    customer = customers.get(key) if key else None
    if customer is None:
        raise UnknownCustomer(
            f"The customer {key!r} of invoice {invoice.id} is not known; "
            "expected an event on the topic customers."
        )
    try:
        address_of(customer)
    except ValueError as error:
        raise UnknownCustomer(f"The customer {key!r} cannot be written to: {error}.") from None
    return customer


def organization_of(
    invoice: Invoice, organizations: Table[OrganizationRow]
) -> OrganizationRow | None:
    """Return the organization, None when the invoice names none; raises UnknownOrganization."""
    key = key_of(invoice.organization_id)
    if key is None:
        return None
    organization = organizations.get(key)
    if organization is None:
        raise UnknownOrganization(
            f"The organization {key!r} of invoice {invoice.id} is not known; "
            "expected an event on the topic organizations."
        )
    return organization


def key_of(id: Ident | None) -> str | None:
    """Return the key of a row; None when the invoice names nobody."""
    return None if id is None else str(id)
