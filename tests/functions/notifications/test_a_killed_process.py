"""A process is killed between an invoice and the log's `sent`: what becomes of the mail?"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from functions.domain.customer import Customer
from functions.notifications.remember_customer import remember_customer
from functions.notifications.send_invoice_email import send_invoice_email
from functions.notifications.send_mail import send_mail
from runtime import wire
from runtime.arguments import Resources
from runtime.delivery import Consumer
from runtime.errors import PlatformDown
from runtime.record import Record
from runtime.sidecars.recording import RecordingSidecar
from tests.functions.notifications.writing import invoice_for
from tests.runtime.making import as_record, record

ADA = Customer(id="1", first_name="Ada", email="ada@example.com")
INVOICE = record(0, wire.encode(invoice_for()), topic="invoices")


class Service:
    """The notifications service on a platform in memory; every delivery is a new process."""

    def __init__(self, aws: Any) -> None:
        # Like Dapr: what is published is published after the transaction.
        self.sidecar = RecordingSidecar(publishes_in_transaction=False)
        self.aws = aws
        self.before = aws.sent_mails()
        self.deliver(remember_customer, record(0, wire.encode(ADA), topic="customers"))

    def deliver(self, function: Any, record: Record) -> None:
        resources = Resources(self.aws.environ)
        Consumer(function.spec, self.sidecar, resources=resources).deliver([record])

    def killed(self, function: Any, record: Record, operation: Any, *, after: bool) -> None:
        """Deliver, and die in the middle of it."""
        self.sidecar.fail_next(operation, PlatformDown("killed"), after=after)
        with pytest.raises(PlatformDown):
            self.deliver(function, record)

    def written(self) -> Record:
        """The one event on the topic `mails`."""
        [message] = [m for m in self.sidecar.messages if m.topic == "mails"]
        return as_record(message)

    def statuses(self) -> list[str]:
        rows = self.sidecar.rows.items()
        logs = [msgspec.json.decode(row) for key, row in rows if key.startswith("mails/")]
        return [log["row"]["status"] for log in logs]

    @property
    def sent(self) -> int:
        return int(self.aws.sent_mails()) - self.before


@pytest.fixture
def service(aws: Any) -> Service:
    return Service(aws)


@pytest.mark.parametrize("after", [False, True])
def test_a_mail_that_was_logged_is_sent_once_whether_or_not_its_event_was_out(service, after):
    service.killed(send_invoice_email, INVOICE, "publish", after=after)
    assert (service.statuses(), service.sent) == (["created"], 0)

    service.deliver(send_invoice_email, INVOICE)
    service.deliver(send_mail, service.written())

    assert (service.statuses(), service.sent) == (["sent"], 1)


def test_a_mail_that_was_not_logged_is_logged_next_time(service):
    service.killed(send_invoice_email, INVOICE, "transact", after=False)
    assert service.statuses() == []

    service.deliver(send_invoice_email, INVOICE)
    service.deliver(send_mail, service.written())

    assert (service.statuses(), service.sent) == (["sent"], 1)


def test_a_mail_whose_log_says_sent_is_not_sent_again(service):
    service.deliver(send_invoice_email, INVOICE)
    service.killed(send_mail, service.written(), "transact", after=True)

    service.deliver(send_mail, service.written())

    assert (service.statuses(), service.sent) == (["sent"], 1)


def test_only_a_mail_that_ses_took_and_the_log_does_not_know_goes_out_twice(service):
    service.deliver(send_invoice_email, INVOICE)
    service.killed(send_mail, service.written(), "transact", after=False)
    assert (service.statuses(), service.sent) == (["created"], 1)

    service.deliver(send_mail, service.written())
    service.deliver(send_mail, service.written())

    assert (service.statuses(), service.sent) == (["sent"], 2)
