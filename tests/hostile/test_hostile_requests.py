"""Whatever a client sends to any function: it is told what is wrong, and nothing is half done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from functions.security.hashing import Hashing
from runtime import FakeClock
from runtime.arguments import Resources
from runtime.host import make_app
from runtime.record import Message, Record
from runtime.registry import load
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar
from runtime.spec import FunctionSpec, Http

REGISTRY = load("functions")
ROUTES = {spec.id: spec for spec in REGISTRY.functions() if isinstance(spec.trigger, Http)}

#: What makes a row with an id of ours makes two when it is told twice, as each of them says.
SAME_AGAIN = [
    id for id, spec in ROUTES.items() if spec.publishes and "sent twice" not in spec.doc.lower()
]

#: A body that a function takes, so that there is something to spoil.
BODIES: Mapping[str, dict[str, Any]] = {
    "create_order": {"id": "1", "customerId": "5", "product": "P", "quantity": 3, "price": 5},
    "create_customer": {"customer": {"name": "A", "last_name": "B", "email": "a@example.com"}},
    "edit_customer": {"customer": {"name": "C", "level": "gold"}},
    "create_organization": {"organization": {"name": "O"}},
    "edit_organization": {"organization": {"name": "P"}},
    "create_invite": {"invite": {"customer_id": "1"}},
    "create_user": {"user": {"email": "u@example.com", "password": "long enough", "name": "U"}},
    "edit_user": {"user": {"name": "V", "password": "longer still"}},
    "login": {"email": "u@example.com", "password": "long enough"},
    "post_mail": {"to": "a@example.com", "code": "welcome", "options": {"name": "A"}},
    "create_invoice": {
        "orderId": "1",
        "date": "2026-01-01",
        "deliverDate": "2026-01-31",
        "lines": [{"product": "P", "quantity": 2, "price": 2.5}],
    },
    "add_invoice_item": {"product": "P", "quantity": 1, "price": 1.5},
    "edit_invoice": {"date": "2026-02-02"},
    "edit_invoice_item": {"quantity": 7},
}
ODD_IDS = ["1", "-1", "x", "é", "a/b", "..", "%2e", "a||b", " ", "x" * 3000, "\x00"]
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, -0.0, 1e308, 10**30, -(10**19)),
    *("", " ", "\x00", "\n", "x" * 3000, "../..", "a||b", "%", "\u202e", "1e400", "NaN", "{{7*7}}"),
    *("2026-13-45", "0000-00-00", "9999-12-31", "a@b", "@", "a@example.com\nBcc: b@example.com"),
    *([], {}, [[]], [None] * 50, {"": ""}, {"id": {"id": {}}}, ["x"], {"$ne": None}),
]
RAW = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"NaN",
    b'{"a":1,"a":2}',
    b"\xff\xfe",
    b"[" * 50_000,
    b'"\\ud800"',
]
HEADERS = {
    "Ce-Id": ["", "1", "x" * 3000, "\x85", "é"],
    "Ce-Source": ["", "/till"],
    "Ce-Time": ["", "noon", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01"],
    "Content-Type": ["", "text/plain", "application/json; charset=latin-1", "multipart/form-data"],
    "Authorization": ["", "Bearer", "Bearer x.y.z", "Basic Og==", "Bearer " + "x" * 3000],
    "If-Match": ["*", '"0"', "x"],
    "Accept": ["text/html", "*/*;q=2"],
    "X-Forwarded-For": ["1.2.3.4, ::1"],
    "Range": ["bytes=5-"],
    "Content-Encoding": ["gzip"],
    "Idempotency-Key": ["1", ""],
}


_HEADERS = st.dictionaries(st.sampled_from(sorted(HEADERS)), st.integers(0, 20), max_size=3).map(
    lambda drawn: {name: HEADERS[name][at % len(HEADERS[name])] for name, at in drawn.items()}
)


class Quick(Resources):
    """Resources whose passwords cost nothing."""

    def get(self, wanted: Any) -> Any:
        if wanted is Hashing:
            return self._open.setdefault(Hashing, Hashing(log_n=2, parallel=1))
        return super().get(wanted)


class Again:
    """A sidecar that can be set back to where it was once."""

    publishes_in_transaction = True

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._kept: dict[str, Any] = {}
        self.set_back()

    def keep(self) -> None:
        self._kept = dict(self._inner._rows)

    def set_back(self) -> None:
        self._inner = RecordingSidecar(self._clock)
        self._inner._rows.update(self._kept)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class System:
    """Every service of the application behind its routes, on a platform in memory.

    There is one of everything: an order, its invoice, a customer, ..., and somebody signed in.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        clock, resources = FakeClock(), Quick(environ)
        self._sidecars = {name: Again(clock) for name in REGISTRY.services}
        self._running = [
            Running(service, self._sidecars[name], Settings(), clock=clock, resources=resources)
            for name, service in REGISTRY.services.items()
        ]
        self.client: FlaskClient = make_app(self._running, Settings()).test_client()
        #: Where something is: the path before its id -> the id.
        self.there: dict[str, str] = {"/v1/orders/": "1"}
        self.token = ""
        self._fill()
        for sidecar in self._sidecars.values():
            sidecar.keep()

    def set_back(self) -> None:
        for sidecar in self._sidecars.values():
            sidecar.set_back()

    def published(self) -> list[tuple[str, str]]:
        """Topic and id of all events that are out; what has no id is told by its value."""
        return [(message.topic, _id_of(message)) for message in self._messages()]

    def _messages(self) -> list[Message]:
        return [m for sidecar in self._sidecars.values() for m in sidecar.messages]

    def _fill(self) -> None:
        self._make("/v1/orders", "create_order")
        self._deliver()
        customer = self._make("/customers", "create_customer")
        organization = self._make("/organizations", "create_organization")
        invites = f"/organizations/{organization}/invites"
        self._make(invites, "create_invite", invite={"customer_id": customer})
        self._make("/users", "create_user")
        self._make("/v1/invoices", "create_invoice")
        answer = self.client.post("/login", json=BODIES["login"])
        self.token = answer.json["token"]

    def _make(self, path: str, name: str, **changes: Any) -> str:
        answer = self.client.post(path, json={**BODIES[name], **changes})
        assert answer.status_code == 201, answer.data
        found = answer.headers["Location"].rsplit("/", 1)[-1]
        self.there[f"{path}/"] = found
        return found

    def _deliver(self) -> None:
        """Have every function see what was published so far."""
        for offset, message in enumerate(self._messages()):
            record = Record(
                message.topic, 0, offset, message.key, message.value, message.headers, 0
            )
            for running in self._running:
                for consumer in running.on_topic(message.topic):
                    consumer.deliver([record])


def _id_of(message: Message) -> str:
    event = json.loads(message.value)
    return event["id"] if "specversion" in event else message.value.decode()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    data = tmp_path_factory.mktemp("requests")
    return System({"SLUICE_DATA": str(data), "SLUICE_JWT_KEY": "k" * 64})


class Client:
    """A client that sends anything."""

    def __init__(self, system: System, data: st.DataObject) -> None:
        self._system = system
        self._data = data

    def draw(self, *choices: Any) -> Any:
        return self._data.draw(st.sampled_from(choices))

    def request(self, *ids: str) -> dict[str, Any]:
        """Make up a request to one of these functions."""
        spec = ROUTES[self.draw(*ids)]
        assert isinstance(spec.trigger, Http)
        headers = dict(self._data.draw(_HEADERS))
        if self.draw(False, True):
            headers["Authorization"] = f"Bearer {self._system.token}"
        return {
            "path": self._path(spec.trigger),
            "method": spec.trigger.method,
            "query_string": self._query(spec),
            "headers": headers,
            "data": self._body(spec),
        }

    def send(self, request: Mapping[str, Any]) -> TestResponse:
        return self._system.client.open(**request)

    def _path(self, trigger: Http) -> str:
        path = trigger.path
        for name in trigger.names:
            before, _, behind = path.partition(f"{{{name}}}")
            right = self._system.there.get(before, "0")
            id = right if self.draw(False, True, True) else self.draw(*ODD_IDS)
            path = before + id + behind
        return path

    def _query(self, spec: FunctionSpec) -> dict[str, str]:
        given = {p.name: str(self.draw(*ODD)) for p in spec.parameters if p.source == "query"}
        kept = {name: value for name, value in given.items() if self.draw(False, True)}
        return (
            {"timeout": self.draw("0", "0", "0", "-1", "soon", ""), **kept} if spec.waits else kept
        )

    def _body(self, spec: FunctionSpec) -> bytes:
        if self.draw(*[False] * 9, True):
            return self.draw(*RAW)
        body = deepcopy(BODIES.get(spec.name, {}))
        for _ in range(self._data.draw(st.integers(0, 3))):
            self._spoil(body)
        return json.dumps(body).encode()

    def _spoil(self, body: Any) -> None:
        """Change something, somewhere in the body."""
        places = list(_places(body))
        holder, name = self.draw(*places, (body, "unknown"))
        if self.draw(False, True) or name not in holder:
            holder[name] = deepcopy(self.draw(*ODD))
        else:
            del holder[name]


def _places(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every field of every object within a value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield value, name
            yield from _places(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _places(inner)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_is_sent_is_answered_and_what_is_refused_publishes_nothing(
    system: System, data: st.DataObject
) -> None:
    system.set_back()
    client = Client(system, data)
    for _ in range(data.draw(st.integers(1, 15))):
        before = system.published()
        request = client.request(*ROUTES)
        answer = client.send(request)

        assert answer.status_code < 500 or answer.status_code == 504, (request, answer.data)
        assert b"Traceback" not in answer.data
        if answer.status_code >= 400:
            assert "json" in answer.content_type, (request, answer.data)
            assert isinstance(answer.json, dict | list)
            assert system.published() == before, request


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_cloud_event_that_is_sent_again_publishes_the_same_events(
    system: System, data: st.DataObject
) -> None:
    system.set_back()
    client = Client(system, data)
    for number in range(data.draw(st.integers(1, 10))):
        request = client.request(*SAME_AGAIN)
        request["headers"] |= {"Ce-Id": f"request-{number}", "Ce-Source": "/tests"}
        client.send(request)
        first = system.published()
        client.send(request)

        assert set(system.published()) == set(first), request
