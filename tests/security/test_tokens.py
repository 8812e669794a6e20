"""No route answers without its token, and tokens are compared in constant time."""

import ast
import http.client
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from local import gateway
from local.brokers.embedded import EmbeddedBroker
from local.cluster import Cluster
from local.dead_letters import DeadLetters, api
from local.finding import find_running
from local.launch import launch
from local.states import EmbeddedStore
from runtime import daprd
from runtime.arguments import Resources
from runtime.catching_up import CatchingUp
from runtime.host import make_app
from runtime.registry import load
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.embedded import Store
from runtime.sidecars.recording import RecordingSidecar
from tests.local.command_line import CommandLine

ROOT = Path(__file__).resolve().parents[2]
APP, DAPR = "the-token-of-the-app", "the-token-of-daprd"
SETTINGS = Settings(app_api_token=APP, dapr_api_token=DAPR)
OPEN = {"/healthz", "/v1.0/healthz", "/v1.0/healthz/outbound"}


def running() -> list[Running]:
    """Every service of the application, over a platform in memory."""
    return [
        Running(service, RecordingSidecar(), SETTINGS, resources=Resources({}))
        for service in load("functions").services.values()
    ]


def behind_daprd() -> Flask:
    services = running()
    app = make_app(services, SETTINGS)
    daprd.install(app, services[0], CatchingUp([], lambda topic: {}, 0), SETTINGS)
    return app


@pytest.fixture
def on_the_gateway(tmp_path: Path) -> Iterator[Flask]:
    with Store.open(tmp_path) as store:
        app = make_app(running(), SETTINGS)
        gateway.install(app, store, frozenset(load("functions").services), SETTINGS)
        api.install(app, DeadLetters(EmbeddedBroker(store), EmbeddedStore(tmp_path)), SETTINGS)
        yield app


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every method and path that is served, and one that is not."""
    found = [
        (method, re.sub(r"<[^>]*>", "x", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
        if not rule.rule.startswith("/static")
    ]
    return [*found, ("GET", "/nowhere"), ("POST", "/v1.0/nowhere")]


def statuses(app: Flask, token: str | None) -> dict[tuple[str, str], int]:
    headers = {} if token is None else {"dapr-api-token": token}
    client = app.test_client()
    return {
        (method, path): client.open(f"{path}?timeout=0", method=method, headers=headers).status_code
        for method, path in routes(app)
        if path not in OPEN
    }


@pytest.mark.parametrize("token", [None, "", "wrong", APP[:-1], f"{APP}x", "\xff"])
def test_no_route_behind_daprd_answers_without_the_token(token: str | None) -> None:
    found = statuses(behind_daprd(), token)

    assert {("GET", "/dapr/subscribe"), ("POST", "/clock"), ("GET", "/metrics")} <= set(found)
    assert {path for _, path in found if path.startswith("/deliveries/")}
    assert {status for status in found.values()} == {401}


@pytest.mark.parametrize("token", [None, "", "wrong", f"{DAPR}x"])
def test_no_route_of_the_gateway_answers_without_a_token(
    on_the_gateway: Flask, token: str | None
) -> None:
    found = statuses(on_the_gateway, token)

    assert {path for _, path in found} >= {"/v1/orders", "/v1/dead-letters", "/v1/dead-letters/x"}
    assert {status for status in found.values()} == {401}


def test_each_token_opens_its_own_routes_only(on_the_gateway: Flask) -> None:
    with_app, with_dapr = statuses(on_the_gateway, APP), statuses(on_the_gateway, DAPR)

    for (method, path), status in with_app.items():
        opens_with_app = not path.startswith("/v1.0/")
        assert (status != 401) == opens_with_app, (method, path)
        assert (with_dapr[method, path] != 401) != opens_with_app, (method, path)


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A `sluice up` with both tokens."""
    monkeypatch.setenv("APP_API_TOKEN", APP)
    monkeypatch.setenv("DAPR_API_TOKEN", DAPR)
    up = CommandLine(tmp_path).start("up", "--port", "0")
    assert "ready" in up.stdout.readline()
    monkeypatch.delenv("APP_API_TOKEN")
    monkeypatch.delenv("DAPR_API_TOKEN")
    yield find_running(tmp_path).port
    up.send_signal(signal.SIGTERM)
    up.communicate(timeout=20)


def asked(port: int, method: str, path: str, token: str | None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, headers={} if token is None else {"dapr-api-token": token})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_real_gateway_asks_for_them(port: int, tmp_path: Path) -> None:
    invoke, publish = "/v1.0/invoke/orders/method/v1/orders", "/v1.0/publish/events/orders"
    asks = {
        ("GET", "/v1/orders"): APP,
        ("GET", "/metrics"): APP,
        ("GET", "/v1/dead-letters"): APP,
        ("GET", invoke): DAPR,
        ("POST", publish): DAPR,
    }

    for (method, path), right in asks.items():
        for token in (None, APP, DAPR, "\xff"):
            assert (asked(port, method, path, token) != 401) == (token == right), (path, token)
    # What is nowhere tells nothing to those without a token, however it is written.
    for path in ("/v1.0/invoke/nobody/method/x", "/v1%2E0/publish/events/orders", "//v1/orders"):
        assert asked(port, "GET", path, None) == 401
    assert asked(port, "GET", "/healthz", None) == 200
    # The tokens lie in the data directory, for its owner's own commands.
    assert CommandLine(tmp_path).json("invoke", "orders", "v1/orders")["status"] == 200


@pytest.mark.platform
def test_a_service_and_its_daprd_ask_each_other_for_them(cluster: Cluster, tmp_path: Path) -> None:
    tokens = {"APP_API_TOKEN": APP, "DAPR_API_TOKEN": DAPR}
    shop = "tests.local.small_shop"
    # It consumes only when daprd was let in by it, and it by daprd.
    with launch("shelf", shop, cluster, directory=tmp_path, environment=tokens) as service:
        app, sidecar = service.ports["app"], service.ports["http"]
        for token in (None, "wrong", DAPR):
            assert asked(app, "GET", "/dapr/subscribe", token) == 401
            assert asked(app, "POST", "/deliveries/events/sales", token) == 401
        for token in (None, "wrong", APP):
            assert asked(sidecar, "GET", "/v1.0/metadata", token) == 401
        assert asked(app, "GET", "/dapr/subscribe", APP) == 200
        assert asked(sidecar, "GET", "/v1.0/metadata", DAPR) == 200
        logged = service.app_log.read_text() + service.daprd_log.read_text()

    assert APP not in logged
    assert DAPR not in logged


def test_no_token_is_compared_byte_by_byte() -> None:
    """`==` ends at the first wrong byte, and how soon it ends can be measured."""
    found = []
    for package in ("runtime", "local", "functions"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Compare) and _compares_a_secret(node):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")

    assert found == []


def _compares_a_secret(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    names = {
        name
        for side in sides
        if isinstance(side, ast.Name | ast.Attribute)
        for name in [side.id if isinstance(side, ast.Name) else side.attr]
    }
    is_equality = any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
    return is_equality and any(re.search(r"token|password|secret", name) for name in names)
