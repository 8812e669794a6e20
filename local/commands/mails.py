"""sluice mails"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.commands.options import DATA, FUNCTIONS, AsJson, Data, Functions, Kafka, Reveal
from local.commands.tables import Postgres, open_store
from local.errors import Misuse
from local.output import print_json, print_table

if TYPE_CHECKING:
    from functions.domain.mail import MailStatus


def mails(
    status: Annotated[
        str | None,
        typer.Option("--status", help="Only these: created, sent or failed_to_send."),
    ] = None,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="Show the latest N mails.")] = 50,
    data: Data = DATA,
    kafka: Kafka = None,
    postgres: Postgres = None,
    packages: Functions = FUNCTIONS,
    reveal: Reveal = False,
    as_json: AsJson = False,
) -> None:
    """List the mail log, newest first, and where each mail lies.

    Where no provider is set, a mail that was sent is an .eml file in the data directory; elsewhere
    the provider's id of it is shown. One that is `created` waits to be sent. Addresses are masked.
    """
    from local.loading import load_functions
    from local.mails import as_object, file_of, logged
    from local.masking import Mask
    from local.states import find_tables

    wanted = _status(status)
    tables = find_tables(load_functions(packages), "mails")
    logs = logged(tables, open_store(data, kafka, postgres), wanted)[:last]
    mask = Mask(reveal=reveal)
    shown = [as_object(log, None if kafka else file_of(log, data), mask) for log in logs]
    if as_json:
        print_json(shown)
    else:
        print_table(("CREATED", "STATUS", "TO", "SUBJECT", "WHERE"), map(_row, shown))


def _row(mail: dict[str, Any]) -> tuple[object, ...]:
    where = mail["file"] or mail.get("reason") or mail.get("messageId") or "-"
    return mail["createdAt"][:19] + "Z", mail["status"], mail["to"], mail["subject"], where


def _status(given: str | None) -> MailStatus | None:
    from functions.domain.mail import MailStatus

    if given is None:
        return None
    try:
        return MailStatus(given)
    except ValueError:
        raise Misuse(f"--status is {given!r}; expected one of {', '.join(MailStatus)}.") from None
