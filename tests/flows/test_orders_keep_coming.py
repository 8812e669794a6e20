"""sluice populate: it waits for a service that is down, and pays what was accepted, once."""

import json
import signal
import subprocess
import sys

from typer.testing import CliRunner

from local.cli import app
from tests.flows.shop import Shop


def place(shop: Shop) -> list[str]:
    """What tells the commands which system is meant."""
    if "--kafka" in shop.place:
        return ["--kafka", shop.place["--kafka"], "--url", shop.urls["orders"]]
    return ["--data", shop.place["--data"]]


def paid(shop: Shop) -> list[str]:
    orders = shop.rows("orders.orders")
    return [id for payment in shop.data("payments") if (id := payment["orderId"]) in orders]


def test_a_service_that_is_killed_meanwhile_gets_every_order_once(shop: Shop) -> None:
    before = set(paid(shop))
    command = [sys.executable, "-m", "local", "populate", "--rate", "20", "--json", *place(shop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            shop.until(lambda: len(set(paid(shop)) - before) >= 5, 60)
            shop.kill("orders")
            shop.restart("orders")
            known = len(paid(shop))
            shop.until(lambda: len(paid(shop)) >= known + 5, 60)
        finally:
            process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=30)

    assert process.returncode == 0, told
    counts = json.loads(out)
    shop.until(lambda: len(set(paid(shop)) - before) == counts["paid"])
    assert counts["accepted"] == counts["paid"]
    assert counts["refused"] == 0
    payments = [id for id in paid(shop) if id not in before]
    assert len(payments) == len(set(payments))


def test_so_many_and_no_more_and_every_topic_can_be_read(shop: Shop) -> None:
    words = ["populate", "--count", "3", "--rate", "100", *place(shop)]
    result = CliRunner().invoke(app, words)

    assert result.stdout == "3 accepted, 0 refused, 3 paid\n"
    words = ["read-topics", "-n", "3", "--json", *place(shop)[:2]]
    shown = [json.loads(line) for line in CliRunner().invoke(app, words).stdout.splitlines()]
    payments = [record for record in shown if record["topic"] == "payments"]
    assert [payment["value"]["data"]["amount"] for payment in payments] == [1000.0] * 3
    assert {"orders", "payments"} <= {record["topic"] for record in shown}
