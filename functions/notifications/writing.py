"""How does a mail get from a function to the one that sends it?"""

from __future__ import annotations

from functions.domain.mail import MailLog, MailStatus, MailWritten
from functions.notifications.mail import Mail
from runtime import Clock, Table


def write(mail: Mail, mails: Table[MailLog], outgoing: Table[Mail], clock: Clock) -> MailWritten:
    """Log a mail as `created`, keep it until it is sent, and return the event for `send_mail`.

    Log, mail and event are written together or not at all: a process killed anywhere between
    loses no mail.
    """
    log = MailLog(
        id=mail.id,
        to=mail.to,
        subject=mail.subject,
        status=MailStatus.CREATED,
        created_at=clock.now(),
    )
    mails.put(mail.id, log)
    outgoing.put(mail.id, mail)
    return MailWritten(mail.id)
