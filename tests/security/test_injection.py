"""What others wrote stays text: in pages, mails, file names, headers and on terminals."""

import email
import email.policy
import http.client
import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest

from local.finding import find_running
from tests.functions.invoicing.paper import opened
from tests.local.command_line import CommandLine
from tests.waiting import wait_until

SCRIPT = "<script>alert(1)</script>"
ORDER_ID = "../../../../outside/<b>\"'&"
CUSTOMER = {
    "id": "66",
    "firstName": f"{SCRIPT}\r\nBcc: all@example.com\r\n\r\n",
    "lastName": '"><img src=x onerror=alert(1)>',
    "email": "mallory@example.com",
    "address": "\x1b]0;gone\x07",
}
ORDER = {"id": ORDER_ID, "customerId": "66", "product": SCRIPT, "quantity": 1, "price": 1}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """A customer with an attack for a name has ordered a product of the kind, and got a mail."""
    shop = CommandLine(tmp_path_factory.mktemp("data") / "shop")
    up = shop.start("up", "--port", "0")
    assert "ready" in up.stdout.readline()
    try:
        shop("publish", "customers", json.dumps(CUSTOMER), "--key", "66")
        shop("publish", "warehouse-inventory", "5", "--key", SCRIPT)
        wait_until(lambda: shop("tables", "notifications.customers", "66").exit_code == 0)
        wait_until(lambda: shop("tables", "stock", SCRIPT).exit_code == 0)
        shop("invoke", "orders", "v1/orders", "-d", json.dumps(ORDER))
        wait_until(lambda: len(shop.json("mails", "--status", "sent")) == 1, 30)
        yield shop
    finally:
        up.terminate()
        up.communicate(timeout=20)


def get(shop: CommandLine, path: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", find_running(shop.data).port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
    finally:
        connection.close()


def mail(shop: CommandLine) -> EmailMessage:
    [path] = shop.data.glob("mails/*.eml")
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_a_document_shows_what_others_wrote_as_text(shop: CommandLine) -> None:
    [invoice] = json.loads(get(shop, "/v1/invoices")[2])["invoices"]
    status, headers, body = get(shop, f"/v1/invoices/{invoice['id']}/document")

    assert status == 200
    assert headers["content-type"] == "application/pdf"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"] == f'inline; filename="invoice-{invoice["id"]}.pdf"'
    document = opened(body)
    assert SCRIPT in document.pages[0].extract_text()
    assert {"/OpenAction", "/AA", "/Names"}.isdisjoint(document.root_object)
    assert "/Annots" not in document.pages[0]


def test_a_mail_has_the_headers_and_parts_that_it_should_have(shop: CommandLine) -> None:
    message = mail(shop)
    html = message.get_body(("html",)).get_content()

    assert [address.addr_spec for address in message["To"].addresses] == ["mallory@example.com"]
    assert message["Bcc"] is None
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<img" not in html


def test_no_name_leads_out_of_the_data_directory(shop: CommandLine) -> None:
    written = [path for path in shop.data.rglob("*") if "outside" in path.name]

    assert len(list(shop.data.glob("documents/**/*.pdf"))) == 1
    assert all(path.is_relative_to(shop.data) for path in written)
    assert [path.name for path in shop.data.parent.iterdir()] == ["shop"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/invoices/..%2f..%2fup.json/document",
        "/v1/invoices/%2e%2e%2f%2e%2e%2fup.json/document",
        "/v1/invoices/..%5c..%5cup.json/document",
        "/v1/invoices/%00/document",
        "/static/../up.json",
        "/static/up.json",
        "/../up.json",
    ],
)
def test_no_path_leads_to_a_file(shop: CommandLine, path: str) -> None:
    status, _, body = get(shop, path)

    assert status in (400, 404, 422)
    assert b"token" not in body


@pytest.mark.parametrize("topic", ["../outside", "a/b", "a%00b", "a%0ab", "%2e%2e", "x" * 300])
def test_no_topic_has_a_name_that_is_none(shop: CommandLine, topic: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", find_running(shop.data).port, timeout=30)
    connection.request("POST", f"/v1.0/publish/events/{topic}", b"1")
    status = connection.getresponse().status
    connection.close()

    assert status in (400, 404)


def test_an_id_cannot_add_a_header_to_the_answer(shop: CommandLine) -> None:
    evil = {**ORDER, "id": "a\r\nSet-Cookie: b=c"}
    connection = http.client.HTTPConnection("127.0.0.1", find_running(shop.data).port, timeout=30)
    connection.request(
        "POST", "/v1/orders", json.dumps({**ORDER, "id": f"ü {SCRIPT} ?#%"}).encode()
    )
    odd = connection.getresponse()
    odd.read()
    connection.request("POST", "/v1/orders", json.dumps(evil).encode())
    refused = connection.getresponse()
    connection.close()

    assert odd.status == 201
    assert odd.getheader("location").endswith(quote(f"ü {SCRIPT} ?#%", safe=""))
    assert refused.status in (400, 422)
    assert refused.getheader("set-cookie") is None


def test_what_is_listed_does_not_play_with_the_terminal(shop: CommandLine) -> None:
    for words in (
        ("tail", "customers", "--from-start", "--reveal"),
        ("tables", "notifications.customers", "--reveal"),
        ("tables", "notifications.customers", "66", "--reveal", "--json"),
    ):
        said = shop(*words).stdout

        assert "gone" in said
        assert "\x1b" not in said
        assert "\x07" not in said
        assert "\r" not in said


def test_no_page_of_elsewhere_may_ask(shop: CommandLine) -> None:
    """A name that was made to lead to this machine, and a form that a page elsewhere sends."""
    port = find_running(shop.data).port
    for headers in ({"Host": f"rebound.example:{port}"}, {"Origin": "https://evil.example"}):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/v1/orders", json.dumps(ORDER), headers)

        assert connection.getresponse().status == 403
        connection.close()


def test_the_repository_has_no_secret_of_its_own() -> None:
    """What stands in dapr.yaml and docker-compose.yml are the words that moto wants to hear."""
    root = Path(__file__).resolve().parents[2]
    for name in ("dapr.yaml", "docker-compose.yml", "components/statestore.yaml"):
        text = (root / name).read_text()

        assert "password=" not in text
        assert "AKIA" not in text
