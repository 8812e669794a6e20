"""The routes of the security service, on a platform in memory: what a client sees."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from functions.security.hashing import Hashing
from runtime import FakeClock
from runtime.arguments import Resources
from runtime.errors import SluiceError
from runtime.host import make_app
from runtime.registry import load
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar
from tests.functions.making import NOON
from tests.functions.security.gate import ADA, PASSWORD

KEY = "k" * 32


class Quick(Resources):
    """The service's resources, with hashes that cost nothing."""

    def get(self, wanted: Any) -> Any:
        return Hashing(log_n=1, parallel=1) if wanted is Hashing else super().get(wanted)


class Door:
    """The service as its clients and its topics see it."""

    def __init__(self, **environ: str) -> None:
        self.clock = FakeClock(NOON)
        self.sidecar = RecordingSidecar(self.clock)
        service = load("functions").services["security"]
        resources = Quick({"SLUICE_JWT_KEY": KEY} | environ)
        self.running = Running(
            service, self.sidecar, Settings(), clock=self.clock, resources=resources
        )
        self.app = make_app([self.running], Settings())

    def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.app.test_client().open(path, method=method, json=body, headers=headers)

    def token(self) -> str:
        answer = self.ask("POST", "/login", {"email": ADA["email"], "password": PASSWORD})
        return str(answer.json["token"])


@pytest.fixture
def door() -> Door:
    return Door()


def test_a_user_lives_through_all_verbs(door):
    made = door.ask("POST", "/users", {"user": ADA})
    path, token = made.headers["Location"], door.token()
    statuses = [
        door.ask(method, asked, body, token).status_code
        for method, asked, body in [
            ("GET", path, None),
            ("GET", "/session", None),
            ("PATCH", path, {"user": {"name": "Eve"}}),
            ("POST", "/logout", None),
            ("GET", path, None),
        ]
    ]
    assert door.ask("DELETE", path, token=door.token()).status_code == 204

    assert made.status_code == 201
    assert statuses == [200, 200, 200, 204, 401]
    assert [message.topic for message in door.sidecar.messages] == ["users", "user_activity"] * 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/1"),
        ("PATCH", "/users/1"),
        ("DELETE", "/users/1"),
        ("GET", "/session"),
        ("POST", "/logout"),
    ],
)
def test_without_a_token_one_is_asked_to_log_in(door, method, path):
    answer = door.ask(method, path, {})

    assert (answer.status_code, answer.json) == (401, {"message": "Please log in"})
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_fifth_wrong_password_locks_the_account(door):
    door.ask("POST", "/users", {"user": ADA})
    wrong = {"email": ADA["email"], "password": "wrong horse"}
    for _ in range(5):
        answer = door.ask("POST", "/login", wrong)
        assert (answer.status_code, answer.json) == (
            422,
            {"error": "Invalid username or password"},
        )

    right = wrong | {"password": PASSWORD}
    assert door.ask("POST", "/login", right).status_code == 422
    door.clock.advance(901)
    assert door.ask("POST", "/login", right).status_code == 200


def test_how_long_it_is_locked_is_a_setting():
    door = Door(SLUICE_LOCK_SECONDS="60")
    door.ask("POST", "/users", {"user": ADA})
    body = {"email": ADA["email"], "password": "wrong horse"}
    for _ in range(5):
        door.ask("POST", "/login", body)

    door.clock.advance(61)

    assert door.ask("POST", "/login", body | {"password": PASSWORD}).status_code == 200


def test_the_hash_is_in_one_row_and_on_no_topic(door):
    door.ask("POST", "/users", {"user": ADA})
    door.token()

    rows = [key.partition("/")[0] for key, row in door.sidecar.rows.items() if b"$scrypt$" in row]
    assert rows == ["passwords"]
    everywhere = [*door.sidecar.rows.values(), *(m.value for m in door.sidecar.messages)]
    assert not any(PASSWORD.encode() in said for said in everywhere)
    assert not any(b"$scrypt$" in message.value for message in door.sidecar.messages)


def test_an_address_is_taken_by_one_of_two_who_ask_with_other_letters(door):
    door.ask("POST", "/users", {"user": ADA})

    answer = door.ask("POST", "/users", {"user": ADA | {"email": " ADA@EXAMPLE.COM"}})

    assert (answer.status_code, answer.json) == (422, {"email": ["has already been taken"]})


def test_of_those_who_ask_for_one_address_at_once_one_gets_it(door):
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: door.ask("POST", "/users", {"user": ADA}), range(24)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, *[422] * 23]
    assert len(door.sidecar.messages) == 2


def test_wrong_passwords_that_come_at_once_all_count(door):
    door.ask("POST", "/users", {"user": ADA})
    wrong = {"email": ADA["email"], "password": "wrong horse"}
    with ThreadPoolExecutor(5) as clients:
        list(clients.map(lambda _: door.ask("POST", "/login", wrong), range(5)))

    assert door.ask("POST", "/login", wrong | {"password": PASSWORD}).status_code == 422


def test_without_a_key_the_service_does_not_start():
    service = load("functions").services["security"]
    running = Running(service, RecordingSidecar(), Settings(), resources=Resources({}))

    with pytest.raises(SluiceError, match="'SLUICE_JWT_KEY' is missing"):
        running.start()
