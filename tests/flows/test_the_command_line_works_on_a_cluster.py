"""The same commands that look into a data directory look into Kafka and PostgreSQL."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from local.cli import app
from local.cluster import Cluster
from tests.flows.shop import Shop

pytestmark = pytest.mark.platform

OTHER_MONTH = Path(__file__).parents[1] / "local" / "books" / "other_month.csv"


def sluice(cluster: Cluster, *words: str) -> Any:
    """Run a command with --json on the cluster and read what it printed."""
    place = ["--kafka", cluster.kafka, "--json"]
    result = CliRunner().invoke(app, [*words, *place])
    assert result.exit_code == 0, result.stderr
    return (
        [json.loads(line) for line in result.stdout.splitlines()]
        if (words[0] == "tail")
        else json.loads(result.stdout)
    )


def test_shows_records_rows_and_lag(dapr_shop: Shop, cluster: Cluster):
    dapr_shop.stock("CLI-1", 5)
    dapr_shop.order("cli-1", "CLI-1", 2)
    dapr_shop.decision("cli-1")

    orders = sluice(cluster, "tail", "orders", "--from-start")
    row = sluice(cluster, "tables", "stock", "CLI-1", "--postgres", cluster.postgres)
    functions = {entry["function"] for entry in sluice(cluster, "lag")}

    assert "cli-1" in {record["key"] for record in orders}
    assert (row["level"], row["reserved"]) == (5, 2)
    assert {"inventory.set_stock", "validations.aggregate_validations"} <= functions


def test_publishes_and_replays_what_was_given_up(dapr_shop: Shop, cluster: Cluster):
    sluice(cluster, "publish", "warehouse-inventory", "no level", "--raw", "--key", "CLI-2")
    dapr_shop.until(lambda: _letters(cluster) != [])

    [letter] = _letters(cluster)
    [replayed] = sluice(cluster, "dlq", "replay", letter["id"])

    assert (replayed["id"], replayed["replayed"]) == (letter["id"], True)
    dapr_shop.until(lambda: [again["attempts"] > 1 for again in _letters(cluster)] == [True])


def test_imports_an_order_book(dapr_shop: Shop, cluster: Cluster):
    figures = sluice(cluster, "import-orders", str(OTHER_MONTH), "--url", dapr_shop.urls["orders"])

    assert (figures["orders"], figures["total"]) == (3, "99.001")


def test_invokes_a_function_on_its_own_port(dapr_shop: Shop, cluster: Cluster):
    answer = sluice(cluster, "invoke", "orders", "v1/orders", "--url", dapr_shop.urls["orders"])

    assert answer["status"] == 200


def test_finds_every_topic_made(dapr_shop: Shop, cluster: Cluster):
    assert {step["action"] for step in sluice(cluster, "topics", "plan")} == {"keep"}


def _letters(cluster: Cluster) -> list[dict[str, Any]]:
    found = sluice(cluster, "dlq", "list", "--function", "inventory.set_stock")
    return [letter for letter in found if letter["key"] == "CLI-2"]
