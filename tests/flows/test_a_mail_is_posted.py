"""POST /v1/mail: whoever asks for a mail finds it in the log, and the reader in the postbox."""

import json

from typer.testing import CliRunner

from local.cli import app
from tests.flows.shop import Shop


def test_a_posted_mail_goes_out_once_and_stands_in_the_log(shop: Shop) -> None:
    to = "posted@example.com"
    asked = {"to": to, "code": "message", "options": {"subject": "Hello", "text": "A < B"}}

    answer = shop.post("/v1/mail", asked, service="notifications")
    assert answer == (201, {"message": "sent"})

    shop.until(lambda: statuses(shop, to) == ["sent"])
    [mail] = shop.mails_to(to)
    assert mail["Subject"] == "Hello"
    html = mail.get_body(("html",))
    assert html is not None
    assert "A &lt; B" in html.get_content()


def test_a_mail_that_cannot_be_written_is_answered_with_what_is_required(shop: Shop) -> None:
    def error(body: object) -> tuple[int, object]:
        return shop.post("/v1/mail", body, service="notifications")

    assert error({"code": "welcome"}) == (422, {"error": "`to` is required"})
    assert error({"to": "a@example.com"}) == (422, {"error": "`code` is required"})
    assert error({"to": "a@example.com", "code": "no"})[0] == 422
    assert error(b"not JSON")[0] == 400


def test_the_command_line_lists_the_log(shop: Shop) -> None:
    asked = {"to": "mail-listed@example.com", "code": "welcome", "options": {"name": "Ada"}}
    shop.post("/v1/mail", asked, service="notifications")
    shop.until(lambda: statuses(shop, "mail-listed@example.com") == ["sent"])
    place = [word for option in shop.place.items() for word in option]

    result = CliRunner().invoke(app, ["mails", "--json", "--reveal", "-n", "500", *place])

    found = [mail for mail in json.loads(result.stdout) if mail["to"] == "mail-listed@example.com"]
    assert [(mail["status"], mail["subject"]) for mail in found] == [("sent", "Welcome")]
    assert found[0]["messageId"]


def statuses(shop: Shop, address: str) -> list[str]:
    """What the log's pages say of the mails to this address."""
    _, page = shop.get("/v1/mails?limit=500", service="notifications")
    return [mail["status"] for mail in page["mails"] if mail["to"] == address]
