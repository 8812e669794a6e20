"""No password, token or hash of one is read anywhere, however things fail."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.finding import find_running
from local.http import Client
from tests.local.command_line import CommandLine
from tests.security.leaky_shop.leaks import CLIENTS, HASH, LEAKS
from tests.waiting import wait_until

ENVIRONMENT = {
    "APP_API_TOKEN": "app-token-a2c4e6-of-this-test",
    "DAPR_API_TOKEN": "dapr-token-b3d5f7-of-this-test",
    "AWS_SECRET_ACCESS_KEY": "aws/secret+c4e6a8/of/this/test",
    "AWS_SESSION_TOKEN": "aws-session-d5f7b9-of-this-test",
    "SLUICE_JWT_KEY": "jwt-key-e6a8c0-of-this-test-32-bytes",
    "SLUICE_SCHEMA_REGISTRY_CREDENTIALS": "shop:registry-secret-a1b3c5-of-this-test",
    "SHOP_DATABASE": "postgres://shop:db-password-f7b9d1@db:5432/shop",
}
HEADERS = {
    "authorization": "Bearer header-token-a8c0e2-of-a-client",
    "dapr-api-token": "header-token-b9d1f3-of-a-client",
    "cookie": "session=cookie-c0e2a4-of-a-client",
}
SECRETS = [
    *(value for name, value in ENVIRONMENT.items() if name != "SHOP_DATABASE"),
    "db-password-f7b9d1",
    "header-token-a8c0e2",
    "header-token-b9d1f3",
    "cookie-c0e2a4",
    *CLIENTS.values(),
    HASH,
    "aGFzaGhhc2hoYXNoaGFzaA",
]
FAILS = sorted(LEAKS)


class Shop:
    """The leaky functions, served with secrets all around, and what was said about them."""

    def __init__(self, data: Path) -> None:
        self.sluice = CommandLine(data)
        self.data = data
        self.log = ""

    def publish(self, kind: str) -> None:
        made = json.dumps({"kind": kind, "password": CLIENTS["password"]})
        headers = [part for each in HEADERS.items() for part in ("--header", "=".join(each))]
        done = self.sluice("publish", "payments-made", made, "--key", kind, *headers)
        assert done.exit_code == 0, done.output

    def said(self, *words: str) -> str:
        done = self.sluice(*words)
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Every event has failed; the log is there when all is over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_FUNCTIONS", "tests.security.leaky_shop")
        for name, value in {**ENVIRONMENT, "SLUICE_LOG_LEVEL": "debug"}.items():
            patch.setenv(name, value)
        patch.setenv("SLUICE_RETRY_SECONDS", "none")
        shop = Shop(tmp_path_factory.mktemp("data"))
        up = shop.sluice.start("up", "--port", "0", "--no-demo-data")
        try:
            assert "ready" in up.stdout.readline()
            # The commands are another person's, who has none of the settings.
            for name in ENVIRONMENT:
                patch.delenv(name)
            for kind in FAILS:
                shop.publish(kind)
            wait_until(lambda: len(letters(shop)) == len(FAILS), 30)
            yield shop
        finally:
            up.terminate()
            shop.log = "".join(up.communicate(timeout=20))
    assert_no_secret(shop.log)
    assert shop.log.count("(secret)") >= len(FAILS)


def letters(shop: Shop) -> list[dict[str, object]]:
    found: list[dict[str, object]] = shop.sluice.json("dlq", "list")
    return found


def assert_no_secret(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("reveal", [[], ["--reveal"]])
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_listings_of_what_failed_show_none(shop: Shop, reveal: list[str], as_json: list[str]):
    for words in (
        ["dlq", "list"],
        ["dlq", "groups"],
        ["tail", "payments-made", "--from-start"],
        ["tail", "till.pay.dead-letters", "--from-start"],
        *(["dlq", "show", str(letter["id"])] for letter in letters(shop)),
    ):
        said = shop.said(*words, *reveal, *as_json)

        assert len(said) > 300
        assert_no_secret(said)


def test_what_is_kept_of_the_reasons_has_none(shop: Shop) -> None:
    """Also for who reads the topic itself: the event is its producer's, the reasons are ours."""
    from local.brokers.embedded import EmbeddedBroker

    broker = EmbeddedBroker(shop.data)
    records = list(broker.read("till.pay.dead-letters"))
    broker.close()

    assert len(records) == len(FAILS)
    for record in records:
        reasons = {n: v for n, v in record.headers.items() if n.startswith("sluice-")}
        assert_no_secret(json.dumps(reasons))
        assert "authorization" in record.headers


@pytest.mark.parametrize("how", ["rejected", "failed"])
@pytest.mark.parametrize("kind", FAILS)
def test_no_answer_to_a_client_has_one(shop: Shop, kind: str, how: str) -> None:
    running = find_running(shop.data)
    client = Client(running.url, running.token)
    answer = client.request("POST", f"/v1/leaks/{kind}/{how}", b"{}", {"cookie": HEADERS["cookie"]})
    client.close()

    assert answer.status == (422 if how == "rejected" else 500)
    assert ("(secret)" in answer.body.decode()) == (how == "rejected")
    assert_no_secret(f"{answer.headers} {answer.body.decode()}")


def test_what_is_asked_of_the_program_shows_none(shop: Shop) -> None:
    running = find_running(shop.data)
    client = Client(running.url, running.token)
    metrics = client.request("GET", "/metrics").body.decode()
    client.close()
    said = [shop.said(*words) for words in (["functions", "--json"], ["doctor"], ["retries"])]

    assert "sluice_events_total" in metrics
    for text in (metrics, *said):
        assert_no_secret(text)


def test_a_wrong_address_of_the_store_is_not_quoted(tmp_path: Path) -> None:
    for address in ("host=127.0.0.1 password=top db-password-f7b9d1", ENVIRONMENT["SHOP_DATABASE"]):
        done = CommandLine(tmp_path)(
            "tables", "orders", "--functions", "functions", "--postgres", address
        )

        assert done.exit_code == 1
        assert "cannot be read" in done.stderr
        assert_no_secret(done.output + done.stderr)


def test_no_process_is_given_a_secret_on_its_command_line(shop: Shop) -> None:
    """Everybody on the machine may read it there."""
    running = find_running(shop.data)
    command = Path(f"/proc/{running.pid}/cmdline").read_text()

    assert "up" in command
    assert_no_secret(command)
