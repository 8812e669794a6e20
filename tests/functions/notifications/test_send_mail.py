"""send_mail: what is written goes out once, and the log says what became of it."""

from __future__ import annotations

import pytest

from functions.domain.mail import MailStatus, MailWritten
from functions.notifications.mailer import MailRefused
from functions.notifications.send_mail import send_mail
from runtime import Reject
from tests.functions.notifications.office import Office, Postbox
from tests.functions.notifications.writing import ada, invoice_for


@pytest.fixture
def office() -> Office:
    return Office(ada())


@pytest.fixture
def written(office: Office) -> MailWritten:
    """A mail that stands in the log as created."""
    written = office.write(invoice_for())
    assert written is not None
    return written


def test_a_mail_is_sent_and_logged_with_the_id_of_the_provider(office, written):
    log = office.send(written)

    assert [mail.to for mail in office.postbox.mails] == ["ada@example.com"]
    assert (log.status, log.message_id) == (MailStatus.SENT, "id-1")
    assert log.sent_at == office.clock.now()


def test_what_was_in_a_mail_is_kept_until_it_is_sent(office, written):
    office.send(written)

    assert office.outgoing.rows == {}


def test_delivered_twice_a_mail_is_sent_once(office, written):
    first = office.send(written)
    office.postbox = Postbox()

    assert office.send(written) == first
    assert office.postbox.mails == []


def test_a_unit_of_work_that_runs_again_sends_one_mail(office, written):
    before = office.mails.get(written.id), office.outgoing.get(written.id)
    office.send(written)
    office.mails.put(written.id, before[0])
    office.outgoing.put(written.id, before[1])

    log = office.send(written)

    assert (len(office.postbox.mails), log.message_id) == (1, "id-1")


def test_a_mail_that_is_refused_for_good_is_logged_with_the_reason(office, written):
    office.postbox.trouble = MailRefused("blacklisted")

    log = office.send(written)

    assert (log.status, log.reason) == (MailStatus.FAILED_TO_SEND, "blacklisted")
    assert (log.sent_at, log.message_id) == (None, None)


def test_a_refused_mail_is_not_tried_again_by_the_same_event(office, written):
    office.postbox.trouble = MailRefused("blacklisted")
    refused = office.send(written)
    office.postbox.trouble = None

    assert office.send(written) == refused


def test_trouble_that_may_pass_is_raised_and_the_mail_stays_created(office, written):
    office.postbox.trouble = ConnectionError("no route")

    with pytest.raises(ConnectionError):
        office.send(written)

    assert office.mails.get(written.id).status is MailStatus.CREATED
    assert written.id in office.outgoing


def test_a_mail_that_nobody_wrote_is_rejected(office):
    with pytest.raises(Reject, match="no mail 'made-up' to send"):
        office.send(MailWritten("made-up"))


def test_names_the_rows_it_will_read(written):
    reads = send_mail.spec.reads

    assert reads["mails"](written) == reads["outgoing"](written) == [written.id]
