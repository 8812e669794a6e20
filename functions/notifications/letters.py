"""What do we write to a customer?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from functions.domain.billing import invoice_values, line_values
from functions.domain.customer import CustomerRow
from functions.domain.invoice import Invoice
from functions.domain.words import file_name
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

    def invoice(self, invoice: Invoice, customer: CustomerRow) -> Mail:
        """Write the mail for an invoice, to the customer as they are now.

        Raises ValueError when the customer's address is none.
        """
        organization = None if invoice.organization_id is None else str(invoice.organization_id)
        values = {
            **invoice_values(invoice),
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "email": customer.email,
            "address": customer.address,
        }

        def write(part: str) -> str:
            line = self._templates.choose("invoice", f"line.{part}", organization)
            page = self._templates.choose("invoice", part, organization)
            lines = "".join(self._templates.fill(line, line_values(i)) for i in invoice.lines)
            return self._templates.fill(page, {**values, "lines": Safe(lines)})

        subject = self._templates.choose("invoice", "subject", organization)
        return Mail(
            token=f"invoice-{file_name(invoice.id)}",
            to=address_of(customer),
            subject=" ".join(self._templates.fill(subject, values).split()),
            text=write("txt"),
            html=write("html"),
        )
