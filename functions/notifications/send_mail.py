"""mails -> the provider: hand over what is written."""

from __future__ import annotations

from msgspec.structs import replace

from functions.domain.mail import MailLog, MailStatus, MailWritten
from functions.notifications.mail import Mail
from functions.notifications.mailer import Mailer, MailRefused
from runtime import Clock, Reject, Table, function


@function(
    subscribes="mails",
    reads={"mails": lambda written: [written.id], "outgoing": lambda written: [written.id]},
    # What became of one mail is kept before the next one is sent.
    batch=1,
)
def send_mail(
    written: MailWritten,
    mails: Table[MailLog],
    outgoing: Table[Mail],
    mailer: Mailer,
    clock: Clock,
) -> None:
    """Send a mail that stands in the log as `created`, and log what became of it.

    A mail the provider refuses for good is logged as `failed_to_send`, with the reason. A failure
    that may pass is tried again; after that the mail stays `created`, and the event is a dead
    letter that sends it on replay. Delivered twice, a mail is sent once.

    What remains possible: SES takes no idempotency key and cannot be asked what it has sent. A
    process killed after SES took a mail and before the log says so sends this one mail again, and
    no other; both copies carry the same X-Sluice-Mail header. Refused: logging first that it was
    sent, which would lose the mail instead.
    """
    logged, mail = mails.get(written.id), outgoing.get(written.id)
    if logged is not None and logged.status is not MailStatus.CREATED:
        return
    if logged is None or mail is None:
        raise Reject(f"There is no mail {written.id!r} to send; expected the id of a written one.")
    try:
        message_id = mailer.send(mail)
    except MailRefused as refused:
        logged = replace(logged, status=MailStatus.FAILED_TO_SEND, reason=str(refused))
    else:
        now = clock.now()
        logged = replace(logged, status=MailStatus.SENT, message_id=message_id, sent_at=now)
    mails.put(mail.id, logged)
    outgoing.delete(mail.id)
