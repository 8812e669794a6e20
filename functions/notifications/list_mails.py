"""GET /v1/mails: which mails went out, and which did not?"""

from __future__ import annotations

from msgspec import Struct

from functions.domain.mail import MailLog, MailStatus
from functions.paging import search
from runtime import Table, function


class MailPage(Struct, frozen=True, omit_defaults=True):
    """Some mails, newest first. `after` asks for the next ones; it is missing at the end."""

    mails: list[MailLog]
    after: str | None = None


@function(http="GET /v1/mails")
def list_mails(
    mails: Table[MailLog],
    status: MailStatus | None = None,
    limit: int = 50,
    after: str | None = None,
) -> MailPage:
    """Answer a page of the mail log, newest first, as `{"mails": [...], "after": "..."}`.

    `status` is created, sent or failed_to_send; `limit` and `after` are as with orders. A mail
    that was sent has the provider's `messageId`, one that was refused a `reason`. One that stays
    `created` waits: look among the dead letters of `send_mail`.
    """
    return MailPage(*search(mails, lambda log: status in (None, log.status), limit, after))
