"""payments -> mails: tell the customer that their order is paid."""

from __future__ import annotations

from functions.domain.customer import CustomerRow
from functions.domain.mail import MailLog, MailWritten
from functions.domain.payment import Dues, Payment
from functions.notifications.letters import Letters, receipt_mail_id
from functions.notifications.mail import Mail
from functions.notifications.receipts import Receipts
from runtime import Clock, Event, Table, function


@function(
    subscribes="payments",
    publishes="mails",
    reads={
        "dues": lambda payment: [payment.order_id],
        "mails": lambda payment: [receipt_mail_id(payment.order_id)],
        "outgoing": lambda payment: [receipt_mail_id(payment.order_id)],
    },
)
def email_paid_order(
    payment: Payment,
    event: Event,
    dues: Table[Dues],
    customers: Table[CustomerRow],
    mails: Table[MailLog],
    outgoing: Table[Mail],
    letters: Letters,
    clock: Clock,
) -> MailWritten | None:
    """Write the mail for an order when its payment and an event of it are a minute apart at most.

    The times are event times, edges included. Whichever of the two comes first waits for the
    other: `await_payment` does the same from the side of the order. One mail per order, however
    many events and payments it has, and however often they are delivered: it is in the mail log,
    sent or refused. Whether the amount is what the order costs is not asked.

    A customer who is unknown, or has no valid address, gets no mail, and nothing fails. It is not
    made up for once they are known; only another event of the order or another payment writes it
    then. What waits is dropped with the mail, or after a week.
    """
    receipts = Receipts(dues, customers, mails, outgoing, letters, clock)
    return receipts.note(payment.order_id, lambda due: due.with_payment(payment, event.time))
