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
from functions.domain.words import Ident, file_name, written
from functions.notifications.mail import Mail, address_of
from functions.templates import Safe, Templates

BUILT_IN = Path(__file__).parent / "templates"
#: The parts of a mail, each a file.
PARTS = ("subject", "txt", "html")
#: Templates of mails that events write; a client cannot ask for them.
OF_EVENTS = ("invoice", "paid")


class Unwritable(Exception):
    """A mail that was asked for cannot be written; the message is for the client."""


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

    def receipt(
        self, payment: Payment, customer: CustomerRow, organization: Ident | None = None
    ) -> Mail:
        """Write the mail for an order that is paid; `organization` is the id of the order's.

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
        named = None if organization is None else str(organization)
        files = [self._templates.choose("paid", part, named) for part in PARTS]
        subject, text, html = (self._templates.fill(file, values) for file in files)
        id = receipt_mail_id(payment.order_id)
        return _mail(id, address_of(customer), subject, text, html)

    def posted(self, id: str, code: str, to: str, options: Mapping[str, str]) -> Mail:
        """Write the mail that a client asked for, with these values; in HTML they are escaped.

        `to` is a valid address. Raises Unwritable when there is no such template, when it asks for
        a value that is not there, or when a value holds what has no place there.
        """
        codes = [name for name in self._templates.names(*PARTS) if name not in OF_EVENTS]
        if code not in codes:
            raise Unwritable(f"`code` is {code!r}; expected one of {', '.join(codes)}")
        organization = options.get("organization")
        files = [self._templates.choose(code, part, organization) for part in PARTS]
        for file in files:
            for name in self._templates.wanted(file):
                _check_value(name, options, one_line=file == files[0])
        subject, text, html = (self._templates.fill(file, options) for file in files)
        return _mail(id, Address(addr_spec=to), subject, text, html)


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


def _check_value(name: str, options: Mapping[str, str], *, one_line: bool) -> None:
    """Refuse what would begin another header, or show as something else."""
    if name not in options:
        raise Unwritable(f"`options.{name}` is required")
    if any(not _may_stand(char, one_line) for char in options[name]):
        where = "a line break or another control character" if one_line else "a control character"
        raise Unwritable(f"`options.{name}` has {where}")


def _may_stand(char: str, one_line: bool) -> bool:
    if char in "\r\n\t\u2028\u2029":
        return not one_line
    return not (ord(char) < 32 or 127 <= ord(char) < 160)


def invoice_mail_id(invoice: Invoice) -> str:
    """Return the id of an invoice's one mail; other mails have other ids."""
    return f"invoice-{file_name(invoice.id)}"


def receipt_mail_id(order_id: str) -> str:
    """Return the id of the one mail that says an order is paid."""
    return f"paid-{file_name(order_id)}"
