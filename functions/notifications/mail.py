"""What is in a mail?"""

from __future__ import annotations

import re
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256

from msgspec import Struct

from functions.domain.customer import CustomerRow
from functions.domain.reading import is_email

#: Lines end in CR LF, and text that is not ASCII is encoded: SES passes nothing else on unharmed.
_POLICY = SMTP.clone(cte_type="7bit")
#: A name that can stand before an address as it is (RFC 5322, `phrase`).
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~ -]{1,60}")
#: Characters of a name that are written; nobody is called more.
_NAME_CHARACTERS = 200


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
        message["Subject"] = self.subject
        message["Message-ID"] = self.message_id(sender)
        message["X-Sluice-Mail"] = self.id
        message.set_content(self.text)
        message.add_alternative(self.html, subtype="html")
        # A random line between the parts would make no two copies alike; one that could be guessed
        # would let a name in the text begin a part of its own.
        message.set_boundary(
            sha256("\0".join((self.id, self.text, self.html)).encode()).hexdigest()
        )
        return b"To: %s\r\n%s" % (self._recipient(), message.as_bytes())

    def _recipient(self) -> bytes:
        """Name and address, in lines of their own.

        Not by the message itself: where it folds a long name it forgets the quotes around it, and
        what stands before a comma becomes one more recipient (seen in Python 3.11).
        """
        if not self.name:
            return self.to.encode("ascii")
        name = self.name[:_NAME_CHARACTERS]
        if not _PLAIN_NAME.fullmatch(name):
            name = Header(name, "utf-8", header_name="To").encode(linesep="\r\n")
        return f"{name}\r\n <{self.to}>".encode("ascii")


def address_of(customer: CustomerRow) -> Address:
    """Return the customer's address. Raises ValueError when it is not exactly one address."""
    given = f"{customer.first_name} {customer.last_name}"
    shown = "".join(char if char.isprintable() else " " for char in given)
    address = customer.email.strip()
    if not is_email(address):
        raise ValueError(f"{customer.email!r} is no e-mail address")
    return Address(display_name=" ".join(shown.split()), addr_spec=address)
