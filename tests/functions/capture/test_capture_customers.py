"""capture_customers: every change of a database becomes one event, in order, whatever fails."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from functions.capture import capture_customers as module
from functions.capture.capture_customers import capture_customers
from functions.capture.change_log import ChangeLog
from functions.customers.seeds import CUSTOMERS
from functions.domain.captured import Position
from functions.domain.customer import Customer
from local.customers_db import init
from runtime import FakeClock, Outgoing, Table, wire
from runtime.arguments import Resources
from runtime.errors import PlatformDown
from runtime.outbox import Outbox
from runtime.schedules import Schedule
from runtime.sidecars.recording import RecordingSidecar


class Database:
    """A customers database, and what was captured of it."""

    def __init__(self, path: Path, *seeds: Customer) -> None:
        self.path = path
        self.log = ChangeLog.open({"SLUICE_CUSTOMERS_DB": str(path)})
        self.positions: Table[Position] = Table({})
        init(path, seeds)

    def do(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def captured(self) -> list[Outgoing]:
        return capture_customers(self.positions, self.log)

    def told(self) -> list[tuple[str, str, str | None]]:
        return [(o.data.action.value, o.data.id, o.data.first_name) for o in self.captured()]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "customers.db")


def test_inserts_updates_and_deletes_are_told_once_in_their_order(database: Database):
    database.do("INSERT INTO customers (id, first_name) VALUES (1, 'Ada')")
    database.do("UPDATE customers SET first_name = 'Bea'", "DELETE FROM customers")

    assert database.told() == [
        ("created", "1", "Ada"),
        ("edited", "1", "Bea"),
        ("deleted", "1", None),
    ]
    assert database.told() == []


def test_the_nine_customers_are_told_of_with_their_levels(tmp_path: Path):
    events = Database(tmp_path / "customers.db", *CUSTOMERS).captured()

    levels = {event.data.id: event.data.level for event in events}
    assert levels == {str(c.id): c.level for c in CUSTOMERS}
    assert [id for id, level in levels.items() if level == "platinum"] == ["1", "2", "3"]


def test_an_event_reads_as_a_customer_with_the_time_of_its_change(database: Database):
    database.do("INSERT INTO customers VALUES (1, 'Ada', 'Moss', 'a@b.cz', 'Oslo', 'gold')")

    [event] = database.captured()
    change = wire.decode(wire.encode(event.data), Customer)

    found = change.key, change.last_name, change.level, change.action
    assert found == ("1", "Moss", "gold", "created")
    assert event.data.key == "1"
    assert event.time.utcoffset() is not None
    assert msgspec.json.decode(wire.encode(event.data))["entity"] == "Customer"


def test_a_change_that_is_rolled_back_is_not_told(database: Database):
    with closing(sqlite3.connect(database.path)) as connection:
        connection.execute("INSERT INTO customers (id) VALUES (1)")
        connection.rollback()

    assert database.told() == []


def test_another_id_is_another_customer(database: Database):
    database.do("INSERT INTO customers (id, first_name) VALUES (1, 'Ada')")
    database.captured()
    database.do("UPDATE customers SET id = 2")

    assert database.told() == [("deleted", "1", None), ("created", "2", "Ada")]


def test_what_no_json_can_hold_stops_neither_the_database_nor_what_comes_after(database: Database):
    database.do(
        "INSERT INTO customers (id, first_name) VALUES (1, x'FF')",
        "INSERT INTO customers (id, first_name) VALUES (2, 'Bea')",
    )

    assert [id for _, id, _ in database.told()] == ["1", "2"]


def test_a_long_backlog_is_told_over_several_turns(database: Database, monkeypatch):
    monkeypatch.setattr(module, "MOST_CHANGES", 2)
    database.do(*(f"INSERT INTO customers (id) VALUES ({id})" for id in range(1, 6)))

    assert [[id for _, id, _ in database.told()] for _ in range(4)] == [
        ["1", "2"],
        ["3", "4"],
        ["5"],
        [],
    ]


def test_a_database_that_is_made_anew_is_told_from_its_beginning(database: Database):
    database.do("INSERT INTO customers (id, first_name) VALUES (1, 'Ada')")
    [first] = database.captured()
    database.path.unlink()
    init(database.path, ())
    database.do("INSERT INTO customers (id, first_name) VALUES (1, 'Bea')")

    [second] = database.captured()
    assert (second.data.first_name, second.id != first.id) == ("Bea", True)


def test_nothing_is_captured_without_the_setting():
    assert capture_customers(Table({}), ChangeLog.open({})) == []
    assert capture_customers(Table({}), ChangeLog.open({"SLUICE_CUSTOMERS_DB": ""})) == []
    assert ChangeLog().after(0, 10) == []


@pytest.mark.parametrize("exists", [False, True])
def test_a_database_without_a_log_is_told_with_the_cure(tmp_path: Path, exists: bool):
    path = tmp_path / "customers.db"
    if exists:
        path.touch()

    with pytest.raises(LookupError, match="`sluice customers-db` makes it"):
        capture_customers(Table({}), ChangeLog(path))
    assert path.exists() is exists


@pytest.mark.parametrize("operation", ["transact", "publish"])
@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_is_killed_leaves_out_and_repeats_nothing(
    database: Database, operation: str, after: bool
):
    sidecar, clock = RecordingSidecar(publishes_in_transaction=False), FakeClock()
    database.do(*(f"INSERT INTO customers (id) VALUES ({id})" for id in (1, 2, 3)))
    sidecar.fail_next(operation, PlatformDown("killed"), after=after)  # type: ignore[arg-type]
    with pytest.raises(PlatformDown):
        turn(database, sidecar, clock)
    database.do("DELETE FROM customers WHERE id = 2")
    for _ in range(3):
        clock.advance(1)
        turn(database, sidecar, clock)

    by_id = {
        event["id"]: (event["data"]["action"], event["data"]["id"])
        for event in map(msgspec.json.decode, (message.value for message in sidecar.messages))
    }
    created = [("created", id) for id in ("1", "2", "3")]
    assert list(by_id.values()) == [*created, ("deleted", "2")]


def turn(database: Database, sidecar: RecordingSidecar, clock: FakeClock) -> None:
    """One turn of a new process."""
    resources = Resources({"SLUICE_CUSTOMERS_DB": str(database.path)})
    outbox = Outbox(sidecar, clock, "capture")
    outbox.tick()
    Schedule(capture_customers.spec, sidecar, outbox, clock=clock, resources=resources).tick()
