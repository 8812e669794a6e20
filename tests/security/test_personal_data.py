"""Listings tell of orders, amounts and states, and of people only when asked to."""

import json
from collections.abc import Iterator

import pytest

from tests.local.command_line import CommandLine
from tests.waiting import wait_until

PERSON = {
    "id": "77",
    "firstName": "Zyxwina",
    "lastName": "Quillfeather",
    "email": "zyx.quill@personal.example",
    "address": "7 Hidden Lane, Wherever",
    "level": "gold",
}
TELLS = ["Zyxwina", "Quillfeather", "zyx.quill", "personal.example", "Hidden Lane"]
ORDER = {"id": "o-77", "customerId": "77", "product": "JUMPERS", "quantity": 1, "price": 12.50}

#: Command -> what it shows nevertheless.
LISTINGS = {
    ("tail", "customers", "--from-start"): ["77", "gold"],
    ("tail", "orders", "--from-start"): ["o-77", "VALIDATED", "12.5"],
    ("tail", "invoices", "--from-start"): ["o-77", "12.5"],
    ("read-topics",): ["o-77", "gold"],
    ("tables", "notifications.customers"): ["77", "gold"],
    ("tables", "notifications.customers", "77"): ["gold"],
    ("tables", "mails"): ["sent"],
    ("mails",): ["sent"],
    ("dlq", "list"): ["send_invoice_email"],
    ("dlq", "groups"): ["send_invoice_email"],
    ("tail", "notifications.send_invoice_email.dead-letters", "--from-start"): ["sluice-cause"],
    ("retries",): [],
}
#: Those in which the person stands when asked for.
REVEALED = {
    ("tail", "customers", "--from-start"): TELLS,
    ("tables", "notifications.customers", "77"): TELLS,
    ("mails",): ["zyx.quill@personal.example"],
    ("tail", "notifications.send_invoice_email.dead-letters", "--from-start"): ["zyx.quill"],
}


@pytest.fixture(scope="module")
def sluice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """A customer who has ordered, got a mail, and whose e-mail address an unreadable event has."""
    sluice = CommandLine(tmp_path_factory.mktemp("data"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_RETRY_SECONDS", "none")
        up = sluice.start("up", "--port", "0")
    assert "ready" in up.stdout.readline()
    try:
        sluice("publish", "customers", json.dumps(PERSON), "--key", "77")
        wait_until(lambda: sluice("tables", "notifications.customers", "77").exit_code == 0)
        sluice("invoke", "orders", "v1/orders", "-d", json.dumps(ORDER))
        wait_until(lambda: len(sluice.json("mails", "--status", "sent")) == 1, 30)
        sluice("publish", "invoices", json.dumps({"id": "i", "for": PERSON["email"]}), "--key", "i")
        wait_until(lambda: len(sluice.json("dlq", "list")) >= 1, 30)
        yield sluice
    finally:
        up.terminate()
        up.communicate(timeout=20)


@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize("words", LISTINGS, ids=" ".join)
def test_a_listing_tells_of_nobody_and_of_everything_else(
    sluice: CommandLine, words: tuple[str, ...], as_json: list[str]
) -> None:
    done = sluice(*words, *as_json)

    assert done.exit_code == 0, done.stderr
    assert [tell for tell in TELLS if tell in done.stdout] == []
    assert [word for word in LISTINGS[words] if word not in done.stdout] == []


@pytest.mark.parametrize("words", REVEALED, ids=" ".join)
def test_who_asks_is_told(sluice: CommandLine, words: tuple[str, ...]) -> None:
    said = sluice(*words, "--reveal", "--json").stdout

    assert [tell for tell in REVEALED[words] if tell not in said] == []


def test_a_dead_letter_is_masked_in_all_its_parts(sluice: CommandLine) -> None:
    for letter in sluice.json("dlq", "list"):
        for flags in ([], ["--json"]):
            shown = sluice("dlq", "show", str(letter["id"]), *flags).stdout

            assert len(shown) > 300
            assert [tell for tell in TELLS if tell in shown] == []


def test_a_script_may_ask_by_the_environment(
    sluice: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_REVEAL", "1")

    assert sluice.json("tables", "notifications.customers", "77")["firstName"] == "Zyxwina"


def test_the_answer_of_a_function_is_what_its_client_gets(sluice: CommandLine) -> None:
    answer = sluice.json("invoke", "notifications", "v1/mails")

    assert "zyx.quill@personal.example" in json.dumps(answer)
