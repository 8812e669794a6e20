"""How does a mail leave the house? Through SES, or into a folder on a laptop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from functions import aws
from functions.notifications.mail import Mail

#: Mails of which a process remembers that it sent them, the latest ones.
SENT_KEPT = 1000


class MailRefused(Exception):
    """The provider will not take this mail, however often it is tried."""


class Mailer(ABC):
    """Sends mail. Settings: SLUICE_MAIL_FROM (invoices@example.com), SLUICE_DATA (.sluice)."""

    def __init__(self, sender: str) -> None:
        self.sender = sender
        self._sent: OrderedDict[str, str] = OrderedDict()

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Mailer:
        """SES where AWS or a stand-in is in use (see `functions.aws`), else a folder of files."""
        sender = environ.get("SLUICE_MAIL_FROM", "invoices@example.com")
        if aws.in_use(environ):
            return SesMailer(sender, environ)
        return FileMailer(sender, Path(environ.get("SLUICE_DATA", ".sluice")) / "mails")

    def send(self, mail: Mail) -> str:
        """Hand the mail over; return the provider's id of it.

        A mail whose id this process has sent already is not sent again: a unit of work may run
        twice. Raises MailRefused; every other error may pass.
        """
        if mail.id not in self._sent:
            self._sent[mail.id] = self._deliver(mail)
            while len(self._sent) > SENT_KEPT:
                self._sent.popitem(last=False)
        return self._sent[mail.id]

    @abstractmethod
    def _deliver(self, mail: Mail) -> str:
        """Hand the mail over, known or not."""


class SesMailer(Mailer):
    """Amazon SES, or a stand-in for it.

    SES only takes mail from a sender it has verified. A stand-in is told so on first use; in a
    real account its owner does that.
    """

    def __init__(self, sender: str, environ: Mapping[str, str]) -> None:
        super().__init__(sender)
        self._environ = environ

    def _deliver(self, mail: Mail) -> str:
        ses = self._ses
        try:
            # No Destinations: SES reads them from the mail's own header.
            answer = ses.send_raw_email(
                Source=self.sender, RawMessage={"Data": mail.as_bytes(self.sender)}
            )
        except ses.exceptions.ClientError as error:
            if _is_final(error):
                raise MailRefused(str(error)) from error
            raise
        return str(answer["MessageId"])

    @cached_property
    def _ses(self) -> Any:
        ses = aws.client("ses", self._environ)
        if aws.endpoint(self._environ):
            ses.verify_email_identity(EmailAddress=self.sender)
        return ses


def _is_final(error: Any) -> bool:
    """Is it the mail, rather than the account or the moment, that SES objects to?"""
    said = error.response["Error"]
    if said["Code"] == "InvalidParameterValue":
        return True
    # SES says MessageRejected for a sender it has not verified, too: its owner can cure that.
    sender_at_fault = "verified" in said["Message"] or "authority" in said["Message"]
    return said["Code"] == "MessageRejected" and not sender_at_fault


class FileMailer(Mailer):
    """One `.eml` file per mail in a folder: the local implementation, for a machine without SES.

    Any mail program opens them. A mail that is sent twice is one file.
    """

    def __init__(self, sender: str, folder: Path) -> None:
        super().__init__(sender)
        self._folder = folder

    def _deliver(self, mail: Mail) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{mail.id}.eml").write_bytes(mail.as_bytes(self.sender))
        return mail.message_id(self.sender)
