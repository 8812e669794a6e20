"""POST /v1/mail -> mails: write to somebody."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from msgspec import Raw

from functions.domain import reading
from functions.domain.form import INVALID, Sent, is_blank
from functions.domain.mail import POSTED, MailLog, MailWritten
from functions.notifications.letters import Letters, Unwritable
from functions.notifications.mail import Mail
from functions.notifications.options import read_options
from functions.notifications.writing import write
from runtime import Clock, Response, Table, function


@function(http="POST /v1/mail", publishes={"mails": MailWritten})
def post_mail(
    sent: Sent, mails: Table[MailLog], outgoing: Table[Mail], letters: Letters, clock: Clock
) -> Response:
    """Write the mail of the template `code` to the address `to`, with `options` as its values.

    201 `{"message": "sent"}` is answered when the mail is in the log and with it the event that
    `send_mail` sends it by: from then on nothing loses it, and nobody waits for the provider. That
    one may refuse it yet; the log says so (`GET /v1/mails`), under the id that the answer has in
    `X-Sluice-Mail`. Refused: answering only once the provider took the mail, which a client that
    lost patience would send again.

    422 `{"error": ...}` tells the first problem: `to` is no e-mail address; there is no `code`, or
    no such template; an option is neither text nor a number, is missing though the template asks
    for it, or would break the subject's line. Options that the template does not ask for are left
    out; `organization` chooses that organization's template. Sent twice, it is two mails.
    """
    try:
        id, to, code = f"{POSTED}{uuid4()}", _to(sent), _code(sent)
        mail = letters.posted(id, code, to, read_options(sent.get("options")))
    except Unwritable as problem:
        return Response(422, {"error": str(problem)})
    written = write(mail, mails, outgoing, clock)
    return Response(201, {"message": "sent"}, {"X-Sluice-Mail": id}, publish=written)


def _to(sent: Sent) -> str:
    return _required(sent, "to", reading.email)


def _code(sent: Sent) -> str:
    return _required(sent, "code", reading.text)


def _required(sent: Sent, name: str, reader: Any) -> str:
    """Read a field; what it cannot be read as counts as missing."""
    raw = sent.get(name, Raw(b"null"))
    try:
        if is_blank(raw):
            raise ValueError(INVALID)
        return str(reader(raw))
    except ValueError:
        raise Unwritable(f"`{name}` is required") from None
