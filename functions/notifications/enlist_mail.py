"""mails -> table mails: put what was posted onto the pages of the log."""

from __future__ import annotations

from functions.domain.mail import POSTED, MailLog, MailWritten
from runtime import Table, function


@function(
    subscribes="mails",
    when=lambda written: written.id.startswith(POSTED),
    reads={"mails": lambda written: [written.id]},
)
def enlist_mail(written: MailWritten, mails: Table[MailLog]) -> None:
    """Have a mail that was posted stand in `GET /v1/mails`, also while it cannot be sent.

    The request that wrote it did not put it there: many at once would all change one page. A second
    delivery changes nothing.
    """
    logged = mails.get(written.id)
    if logged is not None:
        mails.put(written.id, logged)
