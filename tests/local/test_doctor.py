"""Who holds the services' ports?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from local import doctor
from local.cluster.ports import free_port


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """A program that answers every request in this way, and its port."""

    class Program(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Program) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    found = {"orders": free_port()}
    monkeypatch.setattr(doctor, "service_ports", lambda: found)
    return found


def check(tmp_path: Path) -> doctor.Check:
    found = {each.name: each for each in doctor.checks(tmp_path, free_port(), None)}
    return found["services' ports"]


def test_a_port_that_nobody_holds_is_free(ports: dict[str, int], tmp_path: Path) -> None:
    assert (check(tmp_path).found, check(tmp_path).ok) == ("1 free, 0 serving", True)


def test_a_service_of_ours_is_no_problem(ports: dict[str, int], tmp_path: Path) -> None:
    with answering(200, b'{"status":"ok"}') as port:
        ports["orders"] = port
        found = check(tmp_path)

    assert (found.found, found.ok) == ("0 free, 1 serving", True)


@pytest.mark.parametrize(("status", "body"), [(404, b""), (200, b"<html>")])
def test_somebody_elses_program_is_named(
    ports: dict[str, int], tmp_path: Path, status: int, body: bytes
) -> None:
    with answering(status, body) as port:
        ports["orders"] = port
        found = check(tmp_path)

    assert found.found == f"held by others: orders {port}"
    assert "dapr.yaml" in found.cure
    assert not found.blocks
