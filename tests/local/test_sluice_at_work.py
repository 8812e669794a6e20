"""Every command against a `sluice up` that serves."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.child import serving
from local.cluster.ports import free_port
from tests.local.command_line import CommandLine

OTHER_MONTH = Path(__file__).parent / "books" / "other_month.csv"
ORDER = {"customerId": "1", "product": "JUMPERS", "quantity": 1, "price": 5.50}


@pytest.fixture(scope="module")
def sluice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    data = tmp_path_factory.mktemp("data")
    with serving(data, ["functions"]):
        yield CommandLine(data)


def order(sluice: CommandLine, id: str) -> None:
    posted = sluice("invoke", "orders", "v1/orders", "-d", json.dumps({"id": id, **ORDER}))
    assert posted.exit_code == 0, posted.stderr


def test_places_an_order_and_waits_for_its_decision(sluice):
    order(sluice, "placed")

    answer = sluice.json("invoke", "orders", "v1/orders/placed/validated")

    assert answer["status"] == 200
    assert answer["body"]["state"] == "VALIDATED"


def test_exits_with_one_when_the_service_refuses(sluice):
    result = sluice("invoke", "orders", "v1/orders", "-d", "{}")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["field"] == "id"


def test_suggests_the_service_that_was_meant(sluice):
    result = sluice("invoke", "order", "v1/orders")

    assert result.exit_code == 2
    assert "Did you mean 'orders'?" in result.stderr


def test_calls_no_function_of_another_service(sluice):
    result = sluice("invoke", "fraud", "v1/orders/placed")

    assert result.exit_code == 1
    assert "The service 'fraud' has no function at '/v1/orders/placed'" in result.stdout


def test_publishes_and_shows_a_record_with_every_digit(sluice):
    published = sluice.json(
        "publish", "payments", '{"amount": 1.10}', "--key", "p-1", "--id", "e-1"
    )

    lines = sluice("tail", "payments", "--from-start", "--json").stdout.splitlines()
    record = json.loads(lines[-1])
    assert (record["partition"], record["offset"]) == (published["partition"], published["offset"])
    assert (record["key"], record["value"]["id"]) == ("p-1", "e-1")
    assert '"amount": 1.10' in lines[-1]


def test_says_that_data_which_is_no_json_becomes_text(sluice):
    published = sluice("publish", "silver", "not json")

    assert published.exit_code == 0
    assert "DATA is no JSON" in published.stderr
    [line] = sluice("tail", "silver", "-n", "1", "--json").stdout.splitlines()
    assert json.loads(line)["value"]["data"] == "not json"


def test_publishes_bytes_as_they_are_at_a_time_of_their_own(sluice):
    sluice("publish", "gold", "-", "--raw", "--time", "2010-12-01T08:26:00Z", text="no json")

    [line] = sluice("tail", "gold", "--from-start", "--json").stdout.splitlines()
    record = json.loads(line)
    assert (record["value"], record["headers"]) == ("no json", {})
    assert record["time"] == "2010-12-01T08:26:00.000Z"


def test_shows_the_last_records_first_to_last(sluice):
    for number in range(4):
        sluice("publish", "silver", str(number), "--raw")

    lines = sluice("tail", "silver", "-n", "2", "--json").stdout.splitlines()

    assert [json.loads(line)["value"] for line in lines] == [2, 3]


def test_follows_a_topic_until_it_is_interrupted(sluice):
    following = sluice.start("tail", "bronze", "--from-start", "--follow", "--json")
    sluice("publish", "bronze", '{"a": 1}', "--raw")

    assert json.loads(following.stdout.readline())["value"] == {"a": 1}
    following.send_signal(signal.SIGINT)
    _, said = following.communicate(timeout=20)
    assert (following.returncode, said) == (130, "")


def test_ends_quietly_when_its_reader_has_enough(sluice):
    sluice("publish", "platinum", "1", "--raw")
    reading = sluice.start("tail", "platinum", "--from-start")
    reading.stdout.close()

    assert reading.wait(timeout=20) == 0
    assert reading.stderr.read() == ""
    reading.stderr.close()


def test_suggests_the_topic_that_was_meant(sluice):
    for words in (["tail", "order"], ["publish", "order", "{}"]):
        result = sluice(*words)

        assert result.exit_code == 2
        assert "There is no topic 'order'. Did you mean 'orders'?" in result.stderr


def test_shows_tables_a_table_and_a_row(sluice):
    order(sluice, "kept")
    sluice("invoke", "orders", "v1/orders/kept/validated")

    counts = {entry["table"]: entry["rows"] for entry in sluice.json("tables")}
    assert counts["customers"] >= 9
    assert sluice.json("tables", "tallies", "kept")["decided"] == "VALIDATED"
    assert "kept" in sluice("tables", "tallies").stdout


def test_sets_stock_to_absolute_levels(sluice):
    sluice("add-inventory", "-u", "75", "-j", "100")

    lines = sluice("tail", "warehouse-inventory", "-n", "2", "--json").stdout.splitlines()
    levels = {json.loads(line)["key"]: json.loads(line)["value"]["data"] for line in lines}
    assert levels == {"UNDERPANTS": 75, "JUMPERS": 100}


def test_tells_how_far_each_function_is(sluice):
    found = sluice.json("lag")

    functions = {entry["function"] for entry in found}
    assert {"inventory.set_stock", "fraud.validate_fraud"} <= functions
    assert all(entry["lag"] == entry["end"] - entry["position"] for entry in found)


def test_finds_nothing_to_do_for_its_topics(sluice):
    assert {step["action"] for step in sluice.json("topics", "plan")} == {"keep"}


def test_finds_the_machine_in_order_while_it_serves(sluice):
    checks = {check["name"]: check for check in sluice.json("doctor", "--port", free_port())}

    assert checks["store"]["ok"]


def test_imports_an_order_book_and_changes_nothing_the_second_time(sluice):
    first = sluice.json("import-orders", OTHER_MONTH)
    events = len(sluice("tail", "orders", "--from-start").stdout.splitlines())
    stock = sluice.json("tables", "stock")

    second = sluice.json("import-orders", OTHER_MONTH)

    assert first == second
    assert set(first) == {
        *("rows", "accepted_rows", "rejected_rows", "rejected", "orders", "customers", "lines"),
        *("units", "total"),
    }
    assert first["accepted_rows"] + first["rejected_rows"] == first["rows"]
    assert len(sluice("tail", "orders", "--from-start").stdout.splitlines()) == events
    assert sluice.json("tables", "stock") == stock


def test_lists_shows_and_replays_a_dead_letter(sluice):
    sluice("publish", "warehouse-inventory", "not a level", "--raw", "--key", "BROKEN")
    sluice("import-orders", OTHER_MONTH)  # returns when the stock topic is handled

    [letter] = sluice.json("dlq", "list", "--function", "inventory.set_stock")
    shown = sluice.json("dlq", "show", letter["id"])
    replayed = sluice("dlq", "replay", letter["id"], "--reason", "only a test")

    assert (letter["key"], letter["state"]) == ("BROKEN", "open")
    assert shown["record"]["value"] == "not a level"
    assert replayed.stdout.endswith("1 replayed.\n")


def test_serves_one_directory_once(sluice):
    second = sluice.start("up", "--port", "0")
    _, said = second.communicate(timeout=20)

    assert second.returncode == 1
    assert "is in use by process" in said
