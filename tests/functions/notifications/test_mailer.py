"""Mailers: SES as moto serves it, and a folder of files."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from functions.notifications.mailer import FileMailer, Mailer, MailRefused, SesMailer
from tests.functions.notifications.writing import mail, opened


def test_ses_takes_the_mail_and_gives_it_an_id(aws):
    before = aws.sent_mails()

    message_id = Mailer.open(aws.environ).send(mail())

    assert message_id
    assert aws.sent_mails() == before + 1


def test_a_mail_sent_twice_by_one_process_reaches_ses_once(aws):
    mailer, before = Mailer.open(aws.environ), aws.sent_mails()

    ids = {mailer.send(mail()) for _ in range(2)}

    assert len(ids) == 1
    assert aws.sent_mails() == before + 1


def test_the_sender_is_a_setting_and_verified_at_the_stand_in(aws):
    Mailer.open(aws.environ | {"SLUICE_MAIL_FROM": "new@sender.example"}).send(mail())

    assert "new@sender.example" in aws.ses.list_identities()["Identities"]


def test_a_mail_that_ses_will_never_take_is_refused(aws):
    mailer = Mailer.open(aws.environ)

    with pytest.raises(MailRefused, match="Missing domain"):
        mailer.send(replace(mail(), to='"a@b"@example.com'))


def test_a_sender_that_ses_does_not_know_is_no_fault_of_the_mail(aws):
    mailer = SesMailer("shop@example.com", aws.environ)
    mailer.send(mail())
    mailer.sender = "stranger@elsewhere.example"

    with pytest.raises(ClientError, match="authority"):
        mailer.send(replace(mail(), id="another"))


def test_without_aws_a_mail_is_a_file_below_the_data_folder(tmp_path):
    mailer = Mailer.open({"SLUICE_DATA": str(tmp_path)})

    message_id = mailer.send(mail())

    [file] = (tmp_path / "mails").iterdir()
    assert isinstance(mailer, FileMailer)
    assert file.name.startswith("invoice-000017-")
    assert opened(file.read_bytes())["Message-ID"] == message_id


def test_a_mail_sent_by_two_processes_is_one_file(tmp_path):
    for _ in range(2):
        FileMailer("shop@example.com", tmp_path).send(mail())

    assert len(list(tmp_path.iterdir())) == 1
