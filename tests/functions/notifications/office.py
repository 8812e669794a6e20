"""The service with its tables and a postbox, for tests that call its functions."""

from __future__ import annotations

from collections.abc import Mapping

from functions.domain.customer import CustomerRow
from functions.domain.invoice import Invoice
from functions.domain.mail import MailLog, MailWritten
from functions.domain.organization import OrganizationRow
from functions.notifications.letters import invoice_mail_id
from functions.notifications.mail import Mail
from functions.notifications.mailer import Mailer
from functions.notifications.send_invoice_email import send_invoice_email
from functions.notifications.send_mail import send_mail
from runtime import FakeClock, Table
from tests.functions.notifications.writing import letters


class Postbox(Mailer):
    """Keeps the mails it is given; `trouble` is raised instead."""

    def __init__(self) -> None:
        super().__init__("shop@example.com")
        self.mails: list[Mail] = []
        self.trouble: Exception | None = None

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Postbox:
        return cls()

    def _deliver(self, mail: Mail) -> str:
        if self.trouble:
            raise self.trouble
        self.mails.append(mail)
        return f"id-{len(self.mails)}"


class Office:
    """The tables of the service and its postbox."""

    def __init__(self, *customers: CustomerRow) -> None:
        self.customers = Table({customer.id: customer for customer in customers})
        self.organizations: Table[OrganizationRow] = Table({})
        self.mails: Table[MailLog] = Table({})
        self.outgoing: Table[Mail] = Table({})
        self.postbox, self.clock = Postbox(), FakeClock()

    def write(self, invoice: Invoice) -> MailWritten | None:
        """Write the invoice's mail; nobody sends it yet."""
        return send_invoice_email(
            invoice,
            self.customers,
            self.organizations,
            self.mails,
            self.outgoing,
            letters(),
            self.clock,
        )

    def send(self, written: MailWritten) -> MailLog:
        """Send a mail that was written; return its log."""
        send_mail(written, self.mails, self.outgoing, self.postbox, self.clock)
        log = self.mails.get(written.id)
        assert log is not None
        return log

    def log_of(self, invoice: Invoice) -> MailLog | None:
        """What the log says of an invoice's mail."""
        return self.mails.get(invoice_mail_id(invoice))
