"""sluice customers-db: a database that writes down its changes, made new or out of an old one."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from local.cli import app


def customers_db(path: Path) -> Result:
    return CliRunner().invoke(app, ["customers-db", str(path)])


def ask(path: Path, *statements: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            found = connection.execute(statement).fetchall()
    return found


def changes(path: Path) -> list[tuple[str, dict[str, str]]]:
    found = ask(path, "SELECT action, customer FROM customer_changes ORDER BY number")
    return [(action, json.loads(customer)) for action, customer in found]


def test_makes_a_database_of_nine_customers_and_says_how_to_capture_it(tmp_path: Path):
    path = tmp_path / "new" / "customers.db"

    result = customers_db(path)

    assert result.exit_code == 0
    assert f"export SLUICE_CUSTOMERS_DB={path}" in result.stdout
    gold = ask(path, "SELECT id FROM customers WHERE level = 'gold' ORDER BY id")
    assert gold == [(5,), (7,)]
    assert [(action, row["id"]) for action, row in changes(path)] == [
        ("created", str(id)) for id in range(1, 10)
    ]


def test_run_again_it_changes_nothing(tmp_path: Path):
    customers_db(tmp_path / "customers.db")
    before = changes(tmp_path / "customers.db")

    assert "was ready before" in customers_db(tmp_path / "customers.db").stdout
    assert changes(tmp_path / "customers.db") == before


def test_an_old_database_keeps_its_rows_and_tells_the_columns_it_has(tmp_path: Path):
    path = tmp_path / "old.db"
    create = "CREATE TABLE customers (id TEXT, email TEXT, password TEXT)"
    ask(path, create, "INSERT INTO customers VALUES ('a', 'a@b.cz', 'hidden')")
    customers_db(path)
    ask(path, "UPDATE customers SET email = NULL", "DELETE FROM customers")

    assert changes(path) == [
        ("created", {"id": "a", "email": "a@b.cz"}),
        ("edited", {"id": "a", "email": None}),
        ("deleted", {"id": "a"}),
    ]


def test_a_number_is_never_given_twice(tmp_path: Path):
    path = tmp_path / "customers.db"
    customers_db(path)
    ask(path, "DELETE FROM customer_changes", "DELETE FROM customers WHERE id = 1")

    assert ask(path, "SELECT number FROM customer_changes") == [(10,)]


@pytest.mark.parametrize(
    ("content", "said"), [(b"no database" * 100, "cannot be used"), (None, "has no column id")]
)
def test_what_is_no_such_database_is_left_as_it_is(
    tmp_path: Path, content: bytes | None, said: str
):
    path = tmp_path / "other.db"
    if content:
        path.write_bytes(content)
    else:
        ask(path, "CREATE TABLE customers (number INTEGER)")
    before = path.read_bytes()

    result = customers_db(path)

    assert (result.exit_code, path.read_bytes() == before) == (1, True)
    assert said in result.stderr
