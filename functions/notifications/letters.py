"""What do we write to a customer?"""

from __future__ import annotations

from collections.abc import Mapping
from email.headerregistry import Address
from pathlib import Path

from functions.domain.billing import invoice_values, line_values
from functions.domain.customer import CustomerRow
from functions.domain.invoice import Invoice
from functions.domain.organization import OrganizationRow
from functions.domain.payment import Payment
from functions.domain.words import file_name, written
from functions.notifications.mail import Mail, address_of
from functions.templates import Safe, Templates

BUILT_IN = Path(__file__).parent / "templates"


class Letters:
    """Mails made from template files.

    Settings: SLUICE_TENANT (none), and SLUICE_TEMPLATES, a folder whose files win over the built-in
    ones. The file is the most specific that exists of `<tenant>-<organization>-<name>`,
    `<tenant>-<name>`, `<name>`, for each part of a mail on its own.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Letters:
        """Read the template files. Raises ValueError when the folder is none."""
        folders = [BUILT_IN]
        given = environ.get("SLUICE_TEMPLATES")
        if given:
            if not Path(given).is_dir():
                raise ValueError(
                    f"Setting 'SLUICE_TEMPLATES' is {given!r}; expected a folder of templates."
                )
            folders.insert(0, Path(given))
        return cls(Templates(folders, environ.get("SLUICE_TENANT", "")))

    def invoice(
        self,
        invoice: Invoice,
        customer: CustomerRow,
        organization: OrganizationRow | None = None,
    ) -> Mail:
        """Write the mail for an invoice, to the customer and organization as they are now.

        The part `organization` is left out when there is none, or none with a name. Raises
        ValueError when the customer's address is none.
        """
        values = {
            **invoice_values(invoice),
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "email": customer.email,
            "address": customer.address,
            "organization_name": organization.name if organization else "",
        }

        def choose(part: str) -> str:
            return self._templates.choose(
                "invoice", part, organization.id if organization else None
            )

        def write(form: str) -> str:
            line = choose(f"line.{form}")
            lines = "".join(self._templates.fill(line, line_values(i)) for i in invoice.lines)
            ordered_for = ""
            if values["organization_name"]:
                ordered_for = self._templates.fill(choose(f"organization.{form}"), values)
            parts = {"lines": Safe(lines), "ordered_for": Safe(ordered_for)}
            return self._templates.fill(choose(form), values | parts)

        return _mail(
            invoice_mail_id(invoice),
            address_of(customer),
            self._templates.fill(choose("subject"), values),
            write("txt"),
            write("html"),
        )

    def receipt(self, payment: Payment, customer: CustomerRow) -> Mail:
        """Write the mail for an order that is paid.

        Raises ValueError when the customer's address is none.
        """
        values = {
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "order": payment.order_id,
            "payment": payment.id,
            "amount": written(payment.amount),
            "currency": payment.ccy,
        }
        subject, text, html = (
            self._templates.fill(self._templates.choose("paid", part), values)
            for part in ("subject", "txt", "html")
        )
        id = receipt_mail_id(payment.order_id)
        return _mail(id, address_of(customer), subject, text, html)


def _mail(id: str, to: Address, subject: str, text: str, html: str) -> Mail:
    """Make a mail. A subject is one line, whatever the values in it."""
    return Mail(
        id=id,
        to=to.addr_spec,
        name=to.display_name,
        subject=" ".join(subject.split()),
        text=text,
        html=html,
    )


def invoice_mail_id(invoice: Invoice) -> str:
    """Return the id of an invoice's one mail; other mails have other ids."""
    return f"invoice-{file_name(invoice.id)}"


def receipt_mail_id(order_id: str) -> str:
    """Return the id of the one mail that says an order is paid."""
    return f"paid-{file_name(order_id)}"
