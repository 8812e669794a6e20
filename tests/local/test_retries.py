"""What waits for another attempt is listed with the reason, the next one due first."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.errors import Misuse
from local.loading import load_functions
from local.retries import waiting
from local.states import EmbeddedStore
from runtime.dead_letters import describe, put_off
from runtime.held import Held
from runtime.put_off import Agenda, PutOff
from runtime.record import Record
from runtime.rows import Rows
from runtime.sidecars.embedded import Store
from tests.local.command_line import CommandLine

PACKAGE = "tests.local.small_shop"
SOON = datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC)
LATER = datetime(2026, 1, 1, 12, 10, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two events that wait for their time, and one that waits behind the first of them."""
    first, second = put_off_at(LATER, 1, "a"), put_off_at(SOON, 2, None)
    behind = put_off_at(None, 3, "a")
    with Store.open(tmp_path) as store:
        rows = Rows(lambda keys: store.get("shelf", keys))
        Agenda("take_away").add(rows, 0, LATER, 1, [first])
        Agenda("take_away").add(rows, 0, SOON, 1, [second])
        Held("take_away").append(rows, "a", [first, behind])
        store.transact("shelf", rows.writes())
    return tmp_path


def put_off_at(due: datetime | None, offset: int, key: str | None) -> PutOff:
    record = Record("sales", 0, offset, key, b"{}", {}, 0)
    letter = describe(
        "shelf.take_away", f"letter{offset}", record, None, OSError("busy"), attempts=3, now=SOON
    )
    return PutOff(record, put_off(letter, due, 1))


def test_the_next_one_due_comes_first_and_each_event_once(data: Path) -> None:
    found = waiting(load_functions([PACKAGE]), EmbeddedStore(data))

    assert [(w.id, w.due[:19], w.offset) for w in found] == [
        ("letter2", "2026-01-01T12:00:05", 2),
        ("letter1", "2026-01-01T12:10:00", 1),
        ("letter3", "", 3),
    ]
    assert {(w.function, w.error, w.attempts) for w in found} == {
        ("shelf.take_away", "OSError: busy", 3)
    }


def test_a_function_can_be_named_in_short_and_must_exist(data: Path) -> None:
    registry, store = load_functions([PACKAGE]), EmbeddedStore(data)

    assert len(waiting(registry, store, "take_away")) == 3
    with pytest.raises(Misuse, match="There is no function 'take_awa' on a topic"):
        waiting(registry, store, "take_awa")


def test_the_command_prints_them_for_people_and_for_programs(data: Path) -> None:
    command = CommandLine(data)
    table = command("retries", "--functions", PACKAGE).stdout
    entries = command.json("retries", "--functions", PACKAGE)

    assert "2026-01-01T12:00:05Z  OSError: busy" in table
    assert "behind another" in table
    assert [entry["retries"] for entry in entries] == [1, 1, 1]
