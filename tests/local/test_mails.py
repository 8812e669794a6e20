"""sluice mails: the mail log of a data directory, and the files beside it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from functions.domain.mail import MailLog, MailStatus
from local.cli import app
from runtime import wire
from runtime.sidecars.base import Write
from runtime.sidecars.embedded import EmbeddedSidecar, Store

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with three mails: sent, refused and waiting."""
    logs = [
        log("one", MailStatus.SENT, message_id="<one@shop>"),
        log("two", MailStatus.FAILED_TO_SEND, reason="ada@example.com is blacklisted"),
        log("three", MailStatus.CREATED),
    ]
    for number, each in enumerate(logs):
        write(tmp_path, each, NOON + timedelta(minutes=number))
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "one.eml").write_bytes(b"Subject: x\r\n\r\n")
    return tmp_path


def log(id: str, status: MailStatus, **more: str) -> dict[str, object]:
    return {"id": id, "to": "ada@example.com", "subject": f"Mail {id}", "status": status, **more}


def write(data: Path, fields: dict[str, object], at: datetime) -> None:
    row = {"row": MailLog(created_at=at, **fields), "listed": 1}
    store = Store.open(data)
    try:
        sidecar = EmbeddedSidecar(store, "notifications")
        sidecar.transact([Write(f"mails/{fields['id']}", wire.encode(row), None)])
    finally:
        store.close()


def sluice(data: Path, *words: str) -> Result:
    result = CliRunner().invoke(app, ["mails", *words, "--data", str(data)])
    assert result.exit_code == 0, result.stderr
    return result


def listed(data: Path, *words: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(sluice(data, *words, "--json").stdout)
    return found


def test_the_latest_mail_comes_first(data: Path) -> None:
    assert [mail["id"] for mail in listed(data)] == ["three", "two", "one"]
    assert [mail["id"] for mail in listed(data, "-n", "1")] == ["three"]


def test_a_mail_that_was_sent_here_is_a_file(data: Path) -> None:
    assert [mail["file"] for mail in listed(data)] == [None, None, str(data / "mails/one.eml")]


def test_only_one_status(data: Path) -> None:
    assert [mail["id"] for mail in listed(data, "--status", "failed_to_send")] == ["two"]


def test_addresses_are_masked_unless_they_are_to_be_revealed(data: Path) -> None:
    for words in ((), ("--json",)):
        assert "ada@example.com" not in sluice(data, *words).stdout
        assert sluice(data, *words, "--reveal").stdout.count("ada@example.com") == 4


def test_the_table_says_where_a_mail_is_or_why_it_is_not(data: Path) -> None:
    lines = sluice(data, "--reveal").stdout.splitlines()
    _, three, two, one = map(str.rstrip, lines)

    expected = "2026-01-01T12:02:00Z created ada@example.com Mail three -"
    assert three.split() == expected.split()
    assert two.endswith("ada@example.com is blacklisted")
    assert one.endswith(str(data / "mails/one.eml"))


def test_a_status_that_is_none_is_misuse(data: Path) -> None:
    result = CliRunner().invoke(app, ["mails", "--status", "lost", "--data", str(data)])

    assert result.exit_code == 2
    assert "expected one of created, sent, failed_to_send" in result.stderr


def test_an_empty_log_is_an_empty_list(tmp_path: Path) -> None:
    Store.open(tmp_path).close()

    assert listed(tmp_path) == []
