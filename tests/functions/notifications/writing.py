"""Invoices, customers and mails for tests."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache

from functions.domain.customer import CustomerRow
from functions.domain.invoice import Invoice
from functions.notifications.letters import Letters
from functions.notifications.mail import Mail
from tests.functions.making import NOON, order


def invoice_for(customer: str | int | None = "1", product: str = "JUMPERS") -> Invoice:
    """Make the invoice of two pieces at 9.90."""
    sold = order("o-1", product, 2, "9.90", customer=customer, state="VALIDATED")
    return Invoice.for_order(sold, 17, NOON, "https://docs.example.com/17.html")


def ada(**fields: str) -> CustomerRow:
    """Make a customer."""
    return CustomerRow(
        **{"id": "1", "first_name": "Ada", "last_name": "Moss", "email": "ada@example.com"} | fields
    )


@cache
def letters() -> Letters:
    """The built-in templates."""
    return Letters.open({})


def mail(**customer: str) -> Mail:
    """Make the mail for that invoice."""
    return letters().invoice(invoice_for(), ada(**customer))


def opened(raw: bytes) -> EmailMessage:
    """Read a mail as a mail program does."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message
