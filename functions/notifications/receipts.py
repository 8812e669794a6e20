"""Is an order paid, and who is told?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from functions.domain.customer import CustomerRow
from functions.domain.mail import MailLog, MailWritten
from functions.domain.payment import Dues
from functions.notifications.letters import Letters, receipt_mail_id
from functions.notifications.mail import Mail, address_of
from functions.notifications.writing import write
from runtime import Clock, Table
from runtime.windows import JoinWindow

#: Event times of an order and a payment for it lie at most this far apart, edges included.
PAID = JoinWindow(within=timedelta(minutes=1))
#: What waits for its partner is kept as long as the topics keep their events.
KEPT_SECONDS = 7 * 24 * 3600


class Receipts:
    """Writes the mails for paid orders from what comes of orders and of payments.

    Both functions that use it change one row for each order, `dues`.
    """

    def __init__(
        self,
        dues: Table[Dues],
        customers: Table[CustomerRow],
        mails: Table[MailLog],
        outgoing: Table[Mail],
        letters: Letters,
        clock: Clock,
    ) -> None:
        self._dues, self._customers = dues, customers
        self._mails, self._outgoing = mails, outgoing
        self._letters, self._clock = letters, clock

    def note(self, order_id: str, more: Callable[[Dues], Dues]) -> MailWritten | None:
        """Take an event in; write the mail if the order is paid and has none yet.

        What was kept of the order goes with the mail: from then on the mail log says that there
        is one.
        """
        if receipt_mail_id(order_id) in self._mails:
            return None
        dues = more(self._dues.get(order_id) or Dues())
        written = self._write(order_id, dues)
        if written is None:
            self._dues.put(order_id, dues, ttl_seconds=KEPT_SECONDS)
        else:
            self._dues.delete(order_id)
        return written

    def _write(self, order_id: str, dues: Dues) -> MailWritten | None:
        payment = dues.paid(PAID.holds)
        if payment is None:
            return None
        customer = self._customers.get(str(dues.customer_id))
        if customer is None or not _has_address(customer):
            return None
        mail = self._letters.receipt(payment, customer, dues.organization_id)
        return write(mail, self._mails, self._outgoing, self._clock)


def _has_address(customer: CustomerRow) -> bool:
    try:
        address_of(customer)
    except ValueError:
        return False
    return True
