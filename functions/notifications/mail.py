"""What is in a mail?"""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from msgspec import Struct

from functions.domain.customer import CustomerRow

#: Lines end in CR LF, and text that is not ASCII is encoded: SES passes nothing else on unharmed.
_POLICY = SMTP.clone(cte_type="7bit")


class Mail(Struct, frozen=True, kw_only=True):
    """One mail to one customer: `to` is their address alone, `name` what they are called.

    `id` is the same whenever the mail is made again. It is in the Message-ID and in the header
    X-Sluice-Mail, by which a receiver can tell two copies from two mails (SES replaces the
    Message-ID by its own).
    """

    id: str
    to: str
    name: str
    subject: str
    text: str
    html: str

    def message_id(self, sender: str) -> str:
        """Return the Message-ID, at the sender's domain."""
        return f"<{self.id}@{sender.rpartition('@')[2]}>"

    def as_bytes(self, sender: str) -> bytes:
        """Return the mail as it travels (RFC 5322, MIME), pure ASCII, lines ending in CR LF."""
        message = EmailMessage(policy=_POLICY)
        message["From"] = sender
        message["To"] = Address(display_name=self.name, addr_spec=self.to)
        message["Subject"] = self.subject
        message["Message-ID"] = self.message_id(sender)
        message["X-Sluice-Mail"] = self.id
        message.set_content(self.text)
        message.add_alternative(self.html, subtype="html")
        # Else the parts would be kept apart by a random line, and no two copies be alike.
        message.set_boundary(f"={self.id[-40:]}=")
        return message.as_bytes()


def address_of(customer: CustomerRow) -> Address:
    """Return the customer's address. Raises ValueError when it is not exactly one address."""
    name = " ".join(f"{customer.first_name} {customer.last_name}".split())
    try:
        address = Address(display_name=name, addr_spec=customer.email.strip())
    except (MessageError, ValueError, IndexError) as error:
        raise ValueError(f"{customer.email!r} is no e-mail address: {error}") from None
    if not (address.username and address.domain):
        raise ValueError(f"{customer.email!r} is no e-mail address")
    return address
