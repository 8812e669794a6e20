"""orders -> mails: is the order paid already?"""

from __future__ import annotations

from functions.domain.customer import CustomerRow
from functions.domain.mail import MailLog, MailWritten
from functions.domain.order import Order
from functions.domain.payment import Dues
from functions.notifications.letters import Letters, receipt_mail_id
from functions.notifications.mail import Mail
from functions.notifications.receipts import Receipts
from runtime import Clock, Event, Table, function


@function(
    subscribes="orders",
    publishes="mails",
    when=lambda order: order.customer_id is not None,
    reads={
        "dues": lambda order: [order.id],
        "mails": lambda order: [receipt_mail_id(order.id)],
        # For orders that were paid before they came here: many, where topics are read anew.
        "customers": lambda order: [str(order.customer_id)],
        "outgoing": lambda order: [receipt_mail_id(order.id)],
    },
)
def await_payment(
    order: Order,
    event: Event,
    dues: Table[Dues],
    customers: Table[CustomerRow],
    mails: Table[MailLog],
    outgoing: Table[Mail],
    letters: Letters,
    clock: Clock,
) -> MailWritten | None:
    """Keep when the order was heard of, for `email_paid_order`, or write its mail if it is paid.

    Every event of an order counts, in whatever state it is. A second delivery changes nothing.
    """
    receipts = Receipts(dues, customers, mails, outgoing, letters, clock)
    return receipts.note(order.id, lambda due: due.with_order(order, event.time))
