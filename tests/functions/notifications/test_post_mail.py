"""post_mail: a mail by code, address and options, logged and sent like every other."""

from __future__ import annotations

import pytest
from msgspec import Raw, json

from functions.domain.mail import MailLog, MailStatus, MailWritten
from functions.notifications.enlist_mail import enlist_mail
from functions.notifications.letters import Letters
from functions.notifications.post_mail import post_mail
from runtime import Response, Table
from tests.functions.notifications.office import Office
from tests.functions.notifications.writing import opened

ADA = {"to": "ada@example.com", "code": "welcome", "options": {"name": "Ada"}}


class Counter(Office):
    """The service as a client sees it."""

    def __init__(self, **environ: str) -> None:
        super().__init__()
        self.letters = Letters.open(environ)

    def post(self, body: object) -> Response:
        sent = json.decode(json.encode(body), type=dict[str, Raw])
        return post_mail(sent, self.mails, self.outgoing, self.letters, self.clock)

    def message(self, **options: object) -> Response:
        return self.post({"to": "ada@example.com", "code": "message", "options": options})


def test_a_mail_is_logged_and_its_event_published_with_the_answer():
    counter = Counter()

    answer = counter.post(ADA)

    id = answer.headers["X-Sluice-Mail"]
    assert (answer.status, answer.body) == (201, {"message": "sent"})
    assert answer.publish == MailWritten(id)
    assert (counter.mails.get(id).status, counter.mails.get(id).to) == (
        MailStatus.CREATED,
        "ada@example.com",
    )


def test_the_mail_is_sent_like_every_other():
    counter = Counter()

    log = counter.send(counter.post(ADA).publish)

    [mail] = counter.postbox.mails
    assert (log.status, mail.subject) == (MailStatus.SENT, "Welcome")
    assert "Dear Ada," in mail.text


@pytest.mark.parametrize(
    "to",
    [
        *(None, "", "  ", "nobody", "a@b@c", 7, ["a@example.com"]),
        *("a@example.com\r\nBcc: b@c.de", "Ada <ada@example.com>", "a@example.com, b@example.com"),
    ],
)
def test_without_a_valid_address_there_is_no_mail(to: object):
    counter = Counter()

    answer = counter.post(ADA | {"to": to})

    assert (answer.status, answer.body) == (422, {"error": "`to` is required"})
    assert counter.mails.rows == counter.outgoing.rows == {}


@pytest.mark.parametrize("code", [None, "", 7])
def test_without_a_code_there_is_no_mail(code: object):
    answer = Counter().post(ADA | {"code": code})

    assert (answer.status, answer.body) == (422, {"error": "`code` is required"})


def test_what_is_not_sent_at_all_is_required_too():
    assert Counter().post({}).body == {"error": "`to` is required"}
    assert Counter().post({"to": "a@example.com"}).body == {"error": "`code` is required"}


@pytest.mark.parametrize("code", ["absent", "invoice", "paid", "../welcome", "invoice.line"])
def test_an_unknown_code_is_told_with_those_there_are(code: str):
    answer = Counter().post(ADA | {"code": code})

    assert answer.status == 422
    assert answer.body == {"error": f"`code` is {code!r}; expected one of message, welcome"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (None, "`options.name` is required"),
        ({}, "`options.name` is required"),
        ({"name": ["Ada"]}, "`options.name` must be text or a number"),
        ({"name": True}, "`options.name` must be text or a number"),
        ([], "`options` must be an object"),
        ({"name": "\x1b[2J"}, "`options.name` has a control character"),
    ],
)
def test_options_are_what_the_template_asks_for(options: object, error: str):
    answer = Counter().post(ADA | {"options": options})

    assert (answer.status, answer.body) == (422, {"error": error})


@pytest.mark.parametrize("ending", ["\r\nBcc: eve@example.com", "\n", "\x00", "\u2028x"])
def test_no_option_makes_a_header(ending: str):
    counter = Counter()

    answer = counter.message(subject=f"Hello{ending}", text="")

    assert answer.body == {
        "error": "`options.subject` has a line break or another control character"
    }
    assert counter.mails.rows == {}


def test_a_text_may_have_lines_and_a_number_keeps_its_digits():
    counter = Counter()
    counter.send(counter.message(subject=1.10, text="one\ntwo").publish)

    [mail] = counter.postbox.mails
    assert (mail.subject, mail.text) == ("1.1", "one\ntwo\n")


def test_options_are_escaped_in_html_alone():
    counter = Counter()
    counter.send(counter.message(subject="<b>", text="<script>").publish)

    message = opened(counter.postbox.mails[0].as_bytes("shop@example.com"))
    assert message["Subject"] == "<b>"
    assert "<script>" in message.get_body(("plain",)).get_content()
    assert "&lt;script&gt;" in message.get_body(("html",)).get_content()


def test_the_most_specific_template_is_taken(tmp_path):
    for name in ("reminder", "acme-reminder", "acme-north-reminder"):
        for part in ("subject", "txt", "html"):
            (tmp_path / f"{name}.{part}").write_text(name)
    counter = Counter(SLUICE_TEMPLATES=str(tmp_path), SLUICE_TENANT="acme")
    for organization in ("north", "south"):
        asked = ADA | {"code": "reminder", "options": {"organization": organization}}
        counter.send(counter.post(asked).publish)

    assert [m.subject for m in counter.postbox.mails] == ["acme-north-reminder", "acme-reminder"]
    unknown = counter.post(ADA | {"code": "absent"}).body["error"]
    assert unknown.endswith("expected one of message, reminder, welcome")


def test_posted_mails_are_put_onto_the_pages_and_others_are_there():
    counter = Counter()
    written = counter.post(ADA).publish
    before = counter.mails.get(written.id)

    assert enlist_mail.spec.when(written)
    assert not enlist_mail.spec.when(MailWritten("invoice-000017"))
    for _ in range(2):
        enlist_mail(written, counter.mails)
    assert counter.mails.rows == {written.id: before}
    none: Table[MailLog] = Table({})
    enlist_mail(written, none)
    assert none.rows == {}
