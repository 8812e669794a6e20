"""What was sent to whom?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from functions.domain.words import Text

#: How the ids of those mails begin that a client asked for, not an event.
POSTED = "mail-"


class MailStatus(StrEnum):
    """`created` is logged, not yet sent; `failed_to_send` was refused by the provider for good."""

    CREATED = "created"
    SENT = "sent"
    FAILED_TO_SEND = "failed_to_send"


class MailWritten(Struct, frozen=True, forbid_unknown_fields=True):
    """A mail waits to be sent, as it travels on the topic `mails`.

    It says which mail, not what is in it: names and addresses stay in the service's own tables.
    """

    id: Text

    @property
    def key(self) -> str:
        """Mails are keyed by their id."""
        return self.id


class MailLog(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One mail, from before it is sent. `id` is the mail's, `message_id` the provider's."""

    __listed__: ClassVar[bool] = True

    id: str
    to: str
    subject: str
    status: MailStatus
    created_at: datetime
    sent_at: datetime | None = None
    message_id: str | None = None
    reason: str | None = None
