"""The routes of the invoicing service, on a platform in memory: what a client sees."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import msgspec
import pytest
from werkzeug.test import TestResponse

from functions.domain.order import Order
from runtime import wire
from runtime.arguments import Resources
from runtime.host import make_app
from runtime.record import Record
from runtime.registry import load
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar
from tests.functions.invoicing.office import FREIGHT, JUMPERS, LEAST
from tests.functions.invoicing.paper import text
from tests.functions.making import order
from tests.runtime.making import as_record, record


class Counterpart:
    """The service as its clients and its topics see it."""

    def __init__(self, folder: Any) -> None:
        self.sidecar = RecordingSidecar()
        service = load("functions").services["invoicing"]
        resources = Resources({"SLUICE_DATA": str(folder)})
        self.running = Running(service, self.sidecar, Settings(), resources=resources)
        self.app = make_app([self.running], Settings())
        self.offset = 0
        self.orders(order())

    def orders(self, *orders: Order) -> None:
        """Deliver orders to every function that wants them."""
        for sold in orders:
            self.offset += 1
            self.deliver(record(self.offset, wire.encode(sold), topic="orders"))

    def deliver(self, arrived: Record) -> None:
        for consumer in self.running.on_topic(arrived.topic):
            consumer.deliver([arrived])

    def settle(self) -> None:
        """Deliver every event that was published."""
        messages, self.sidecar.messages = self.sidecar.messages, []
        for message in messages:
            self.offset += 1
            self.deliver(as_record(message, self.offset))

    def ask(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self.app.test_client().open(f"/v1/invoices{path}", method=method, json=body)

    @property
    def events(self) -> list[tuple[str, str]]:
        data = [msgspec.json.decode(message.value)["data"] for message in self.sidecar.messages]
        return [(event["id"], event["action"]) for event in data]


@pytest.fixture
def service(tmp_path) -> Counterpart:
    return Counterpart(tmp_path)


def test_an_invoice_lives_through_all_verbs(service):
    made = service.ask("POST", "", LEAST | {"lines": [JUMPERS]})
    added = service.ask("POST", "/000001/items", FREIGHT)
    statuses = [
        service.ask(method, path, body).status_code
        for method, path, body in [
            ("PATCH", "/000001", {"date": "2026-01-02"}),
            ("PATCH", "/000001/items/1", {"quantity": 1}),
            ("GET", "/000001/items", None),
            ("GET", "/000001/items/2", None),
            ("DELETE", "/000001/items/2", None),
            ("GET", "/000001/items/2", None),
            ("GET", "/000001/document", None),
            ("DELETE", "/000001", None),
            ("GET", "/000001", None),
        ]
    ]

    assert (made.status_code, made.headers["Location"]) == (201, "/v1/invoices/000001")
    assert added.headers["Location"] == "/v1/invoices/000001/items/2"
    assert statuses == [200, 200, 200, 200, 204, 404, 200, 204, 404]
    assert [action for _, action in service.events] == ["created"] + 4 * ["edited"] + ["deleted"]


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_published(service):
    line = {"product": "P", "quantity": "many", "price": -0.01}

    answer = service.ask("POST", "", {"orderId": "o-9", "date": "soon", "lines": [line]})

    assert (answer.status_code, service.events) == (422, [])
    assert answer.json == {
        "date": ["is invalid"],
        "deliverDate": ["can't be blank"],
        "lines[0].quantity": ["is not a number"],
        "lines[0].price": ["must be greater than or equal to 0"],
        "orderId": ["must exist"],
    }


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id":"a","id":"b"}', b'{"total":1e999}'])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("PATCH", "/000001"),
        ("POST", "/000001/items"),
        ("PATCH", "/000001/items/1"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_problem(service, method, path, body):
    service.ask("POST", "", LEAST | {"lines": [JUMPERS]})

    answer = service.app.test_client().open(f"/v1/invoices{path}", method=method, data=body)

    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert len(service.events) == 1


def test_money_is_not_rounded_on_its_way(service):
    service.ask("POST", "", LEAST)
    item = b'{"product":"P","quantity":3,"price":123456789012.123456789}'

    service.app.test_client().post("/v1/invoices/000001/items", data=item)

    assert b'"total":370370367036.370370367,' in service.ask("GET", "/000001").data


def test_an_invoice_made_by_hand_is_listed_and_printed_once_its_event_is_through(service, tmp_path):
    made = service.ask("POST", "", LEAST | {"lines": [FREIGHT]}).json
    service.settle()

    assert service.ask("GET", "").json == {"invoices": [made]}
    [document] = (tmp_path / "documents").rglob("*.pdf")
    assert document.as_uri() == made["document"]
    assert "FREIGHT" in text(document.read_bytes())


def test_a_cancelled_invoice_is_listed_apart_and_its_document_says_so(service, tmp_path):
    service.ask("POST", "", LEAST)
    service.settle()
    service.ask("DELETE", "/000001")
    service.settle()

    assert service.ask("GET", "").json == {"invoices": []}
    [cancelled] = service.ask("GET", "?state=CANCELLED").json["invoices"]
    assert cancelled["number"] == "000001"
    [document] = (tmp_path / "documents").rglob("*.pdf")
    assert "Cancelled" in text(document.read_bytes())


def test_a_document_is_handed_out_as_a_pdf_with_a_name(service):
    service.ask("POST", "", LEAST | {"id": '50% "off"?', "lines": [FREIGHT]})

    answer = service.ask("GET", "/50%25%20%22off%22%3F/document")

    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="invoice-000001.pdf"'
    assert "FREIGHT" in text(answer.data)


def test_an_id_may_hold_what_a_path_has_to_encode(service):
    made = service.ask("POST", "", LEAST | {"id": "50% off?", "lines": [FREIGHT | {"id": "é #1"}]})
    path = made.headers["Location"].removeprefix("/v1/invoices")

    assert service.ask("GET", path).json["id"] == "50% off?"
    assert service.ask("GET", f"{path}/items/%C3%A9%20%231").json["id"] == "é #1"


def test_numbers_have_no_gaps_and_no_repeats_however_many_ask_at_once(service):
    statuses: Counter[int] = Counter()

    def post() -> None:
        for _ in range(20):
            statuses[service.ask("POST", "", LEAST).status_code] += 1

    clients = [threading.Thread(target=post) for _ in range(8)]
    for client in clients:
        client.start()
    service.orders(*(order(f"sold-{n}", state="VALIDATED") for n in range(20)))
    for client in clients:
        client.join()

    assert statuses == {201: 160}
    published = [msgspec.json.decode(m.value)["data"]["number"] for m in service.sidecar.messages]
    assert sorted(published) == [f"{number:06}" for number in range(1, 181)]
