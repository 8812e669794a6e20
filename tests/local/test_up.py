import json
import signal
import socket

from local.finding import find_running
from tests.local.command_line import CommandLine
from tests.waiting import wait_until


def test_says_ready_serves_and_stops_when_told(tmp_path):
    sluice = CommandLine(tmp_path)
    up = sluice.start("up", "--port", "0")

    assert "ready" in up.stdout.readline()
    assert sluice.json("invoke", "orders", "v1/orders")["status"] == 200
    up.send_signal(signal.SIGTERM)
    up.communicate(timeout=20)
    assert up.returncode == 0
    assert not (tmp_path / "up.json").exists()


def test_starts_with_customers_and_stock_or_with_empty_tables(tmp_path):
    for name, flags, customers in (("demo", [], 9), ("empty", ["--no-demo-data"], 0)):
        sluice = CommandLine(tmp_path / name)
        up = sluice.start("up", "--port", "0", *flags)
        assert "ready" in up.stdout.readline()

        wait_until(lambda sluice=sluice, n=customers: _rows(sluice, "customers") == n)
        up.terminate()
        up.communicate(timeout=20)

        assert _rows(sluice, "customers") == customers


def test_refuses_a_port_that_is_taken(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = CommandLine(tmp_path).start("up", "--port", port)
        _, said = up.communicate(timeout=20)

    assert up.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in said
    assert "Traceback" not in said


def test_says_that_the_schema_registry_is_away_and_ends(tmp_path, monkeypatch):
    (tmp_path / "topics.toml").write_text('[topics.orders]\nformat = "avro"\n')
    monkeypatch.setenv("SLUICE_TOPICS", str(tmp_path / "topics.toml"))
    monkeypatch.setenv("SLUICE_SCHEMA_REGISTRY", "http://shop:its-password@127.0.0.1:1")
    up = CommandLine(tmp_path / "data").start("up", "--port", "0")
    _, said = up.communicate(timeout=60)

    assert up.returncode == 1
    assert "sluice: The schema registry at 127.0.0.1:1 cannot be used now. No answer" in said
    assert "Traceback" not in said
    assert "its-password" not in said


def test_lets_other_commands_in_where_a_token_is_asked_for(tmp_path, monkeypatch):
    sluice = CommandLine(tmp_path)
    monkeypatch.setenv("APP_API_TOKEN", "secret")
    up = sluice.start("up", "--port", "0")
    up.stdout.readline()
    monkeypatch.delenv("APP_API_TOKEN")

    known = sluice.json("invoke", "orders", "v1/orders")
    unknown = sluice("invoke", "orders", "v1/orders", "--url", find_running(tmp_path).url)
    up.terminate()
    up.communicate(timeout=20)

    assert known["status"] == 200
    assert unknown.stderr == "401\n"


def test_goes_on_after_it_was_killed(tmp_path):
    sluice = CommandLine(tmp_path)
    order = {"id": "1", "customerId": "1", "product": "JUMPERS", "quantity": 1, "price": 1}
    up = sluice.start("up", "--port", "0")
    up.stdout.readline()
    sluice("invoke", "orders", "v1/orders", "-d", json.dumps(order))
    up.kill()
    up.communicate(timeout=20)

    again = sluice.start("up", "--port", "0")
    again.stdout.readline()
    answer = sluice.json("invoke", "orders", "v1/orders/1/validated")
    again.terminate()
    again.communicate(timeout=20)

    assert answer["body"]["state"] == "VALIDATED"


def _rows(sluice: CommandLine, table: str) -> int:
    return {entry["table"]: entry["rows"] for entry in sluice.json("tables")}[table]
