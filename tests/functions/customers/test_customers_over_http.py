"""The routes of the customers service, on a platform in memory: what a client sees."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from werkzeug.test import TestResponse

from functions.customers.seeds import CUSTOMERS
from runtime import wire
from runtime.host import make_app
from runtime.registry import load
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar
from tests.functions.customers.desk import ADA
from tests.runtime.making import as_record, record


class Counter:
    """The service as its clients and its topics see it."""

    def __init__(self) -> None:
        self.sidecar = RecordingSidecar()
        service = load("functions").services["customers"]
        self.running = Running(service, self.sidecar, Settings())
        self.app = make_app([self.running], Settings())
        self.offset = 0

    def ask(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self.app.test_client().open(path, method=method, json=body)

    def settle(self) -> None:
        """Deliver every event that was published."""
        messages, self.sidecar.messages = self.sidecar.messages, []
        for message in messages:
            self.offset += 1
            arrived = as_record(message, self.offset)
            for consumer in self.running.on_topic(message.topic):
                consumer.deliver([arrived])

    @property
    def events(self) -> list[tuple[str, str, str]]:
        found = [
            (message.topic, msgspec.json.decode(message.value)["data"])
            for message in self.sidecar.messages
        ]
        return [(topic, data["entity"], data["action"]) for topic, data in found]


@pytest.fixture
def service() -> Counter:
    return Counter()


def test_everything_lives_through_all_verbs(service):
    customer = service.ask("POST", "/customers", {"customer": ADA}).json["id"]
    named = {"organization": {"name": "A & Co"}}
    organization = service.ask("POST", "/organizations", named).json["id"]
    invites = f"/organizations/{organization}/invites"
    made = service.ask("POST", invites, {"invite": {"customer_id": customer}})
    invite = made.headers["Location"]
    statuses = [
        service.ask(method, path, body).status_code
        for method, path, body in [
            ("GET", f"/customers/{customer}", None),
            ("PATCH", f"/customers/{customer}", {"customer": {"name": "Eve"}}),
            ("PATCH", f"/organizations/{organization}", {"organization": {"name": "B"}}),
            ("GET", f"/organizations/{organization}", None),
            ("GET", invite, None),
            ("POST", f"{invite}/accept", None),
            ("POST", f"{invite}/reject", None),
            ("DELETE", f"/customers/{customer}", None),
            ("GET", f"/customers/{customer}", None),
            ("DELETE", f"/organizations/{organization}", None),
            ("GET", invites, None),
        ]
    ]

    assert made.status_code == 201
    assert statuses == [200, 200, 200, 200, 200, 200, 409, 204, 404, 204, 404]
    assert service.events == [
        ("customers", "Customer", "created"),
        ("organizations", "Organization", "created"),
        ("invites", "Invite", "created"),
        ("customers", "Customer", "edited"),
        ("organizations", "Organization", "edited"),
        ("invites", "Invite", "edited"),
        ("customers", "Customer", "deleted"),
        ("organizations", "Organization", "deleted"),
    ]


def test_lists_show_what_was_made_once_its_events_are_through(service):
    customers = [service.ask("POST", "/customers", {"customer": ADA}).json for _ in range(3)]
    organization = service.ask("POST", "/organizations", {"organization": {"name": "A"}}).json
    path = f"/organizations/{organization['id']}/invites"
    invite = service.ask("POST", path, {"invite": {"customer_id": customers[0]["id"]}}).json
    service.settle()

    first = service.ask("GET", "/customers?limit=2").json
    rest = service.ask("GET", f"/customers?limit=2&after={first['after']}").json

    assert first["customers"] + rest["customers"] == customers[::-1]
    assert service.ask("GET", "/organizations").json == {"organizations": [organization]}
    assert service.ask("GET", path).json == {"invites": [invite]}
    assert service.ask("GET", "/customers?limit=0").status_code == 400


def test_a_customer_of_another_source_is_known_and_edited_for_everybody(service):
    for offset, seed in enumerate(CUSTOMERS):
        for consumer in service.running.on_topic("customers"):
            consumer.deliver([record(offset, wire.encode(seed), topic="customers")])
    service.offset = len(CUSTOMERS)

    assert service.ask("GET", "/customers/1").json["last_name"] == "Lindqvist"
    edited = service.ask("PATCH", "/customers/1", {"customer": {"last_name": "Moss"}}).json
    service.settle()

    assert service.ask("GET", "/customers/1").json == edited
    assert len(service.ask("GET", "/customers").json["customers"]) == 9


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"Ada"'])
@pytest.mark.parametrize("path", ["/customers", "/organizations", "/organizations/1/invites"])
def test_a_body_that_is_no_json_object_is_a_problem(service, path, body):
    answer = service.app.test_client().post(path, data=body)

    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert service.events == []
