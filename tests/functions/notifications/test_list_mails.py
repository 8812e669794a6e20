"""list_mails: the log of mails, newest first."""

from __future__ import annotations

import msgspec
import pytest

from functions.domain.mail import MailLog, MailStatus
from functions.notifications.list_mails import list_mails
from runtime import Reject, Table
from tests.functions.making import NOON

STATUSES = list(MailStatus)


def log_of(count: int = 6) -> Table[MailLog]:
    return Table({f"m-{n}": entry(n) for n in range(1, count + 1)})


def entry(n: int) -> MailLog:
    return MailLog(
        id=f"m-{n}",
        to="ada@example.com",
        subject="Your invoice",
        status=STATUSES[n % 3],
        created_at=NOON,
        message_id=f"id-{n}",
    )


def ids(page) -> list[str]:
    return [mail.id for mail in page.mails]


def test_the_newest_come_first():
    page = list_mails(log_of(3))

    assert (ids(page), page.after) == (["m-3", "m-2", "m-1"], None)


@pytest.mark.parametrize(
    ("status", "found"),
    [("created", ["m-6", "m-3"]), ("sent", ["m-4", "m-1"]), ("failed_to_send", ["m-5", "m-2"])],
)
def test_a_status_chooses(status, found):
    assert ids(list_mails(log_of(), MailStatus(status))) == found


def test_a_page_is_filled_with_mails_that_were_chosen():
    page = list_mails(log_of(9), MailStatus.SENT, limit=2)

    assert ids(page) == ["m-7", "m-4"]
    assert ids(list_mails(log_of(9), MailStatus.SENT, 2, page.after)) == ["m-1"]


def test_a_mail_reads_as_other_systems_write_it():
    [mail] = msgspec.to_builtins(list_mails(log_of(1)))["mails"]

    assert (mail["status"], mail["messageId"], mail["to"]) == ("sent", "id-1", "ada@example.com")


@pytest.mark.parametrize("limit", [0, 501])
def test_a_limit_out_of_bounds_is_400(limit):
    with pytest.raises(Reject, match="limit is") as refused:
        list_mails(log_of(), limit=limit)

    assert (refused.value.status, refused.value.field) == (400, "limit")
