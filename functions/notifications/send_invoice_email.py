"""invoices -> mail: tell the customer what they owe."""

from __future__ import annotations

from msgspec.structs import replace

from functions.domain.customer import Action, CustomerRow
from functions.domain.invoice import Invoice
from functions.domain.mail import MailLog, MailStatus
from functions.notifications.letters import Letters
from functions.notifications.mail import address_of
from functions.notifications.mailer import Mailer, MailRefused
from runtime import Clock, Table, function


class UnknownCustomer(LookupError):
    """Nobody knows the customer of this invoice yet, or where to write to."""


@function(
    subscribes="invoices",
    when=lambda invoice: invoice.action is Action.CREATED,
    reads={
        "customers": lambda invoice: [customer_key(invoice)] if customer_key(invoice) else [],
        "mails": lambda invoice: [invoice.id],
    },
    # Each mail's log is kept before the next mail is sent.
    batch=1,
)
def send_invoice_email(
    invoice: Invoice,
    customers: Table[CustomerRow],
    mails: Table[MailLog],
    letters: Letters,
    mailer: Mailer,
    clock: Clock,
) -> None:
    """Send the invoice to its customer, as the customer is known at this moment.

    One mail per invoice, with the document linked: an invoice delivered twice finds its mail in
    the log as sent. The log is kept with the unit of work, after SES took the mail, so a process
    killed between the two sends this one mail again, and no other. SES cannot be asked to forget
    a repetition; both copies carry the same X-Sluice-Mail header.

    An unknown customer, or one without a valid address, raises UnknownCustomer: the invoice is
    tried again and then kept as a dead letter, which goes out on replay once the customer is
    known. So is every failure that may pass. A mail that the provider refuses for good is logged as
    `failed_to_send`, with the reason, and tried again only if the invoice is.
    """
    logged = mails.get(invoice.id)
    if logged is not None and logged.status is MailStatus.SENT:
        return
    customer = addressee(invoice, customers)
    mail = letters.invoice(invoice, customer)
    log = MailLog(
        id=invoice.id,
        to=mail.to.addr_spec,
        subject=mail.subject,
        status=MailStatus.CREATED,
        created_at=clock.now(),
    )
    try:
        message_id = mailer.send(mail)
    except MailRefused as refused:
        log = replace(log, status=MailStatus.FAILED_TO_SEND, reason=str(refused))
    else:
        log = replace(log, status=MailStatus.SENT, message_id=message_id, sent_at=clock.now())
    mails.put(invoice.id, log)


def addressee(invoice: Invoice, customers: Table[CustomerRow]) -> CustomerRow:
    """Return whom to write to; raises UnknownCustomer."""
    key = customer_key(invoice)
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


def customer_key(invoice: Invoice) -> str | None:
    """Return the customer's key in the table; None when the invoice names nobody."""
    return None if invoice.customer_id is None else str(invoice.customer_id)
