"""A deployment protects a route: other services take the tokens of the security service."""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.cluster import Cluster
from local.launch import launch
from tests.flows.shop import Shop, embedded

PASSWORD = "correct horse"
ADA = {"customer": {"name": "Ada", "last_name": "Moss", "email": "ada@example.com"}}
PROTECTED = "POST /customers"


def test_on_the_embedded_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_PROTECTED_ROUTES", PROTECTED)
    with embedded(tmp_path / "guarded") as shop:
        only_who_is_signed_in_makes_customers(shop.urls["security"], shop.urls["customers"])


@pytest.mark.platform
@pytest.mark.parametrize("way", ["directly", "through daprd"])
def test_on_dapr(dapr_shop: Shop, cluster: Cluster, tmp_path: Path, way: str) -> None:
    security = dapr_shop.urls["security"]
    url = f"{security}/session"
    if way == "through daprd":
        url = f"{dapr_shop.sidecars['security']}/v1.0/invoke/security/method/session"
    environment = {"SLUICE_PROTECTED_ROUTES": PROTECTED, "SLUICE_SESSION_URL": url}
    guarded = launch(
        "customers",
        "functions",
        cluster,
        app_id=f"guarded-{way.split()[0]}",
        directory=tmp_path,
        environment=environment,
    )
    with guarded:
        only_who_is_signed_in_makes_customers(security, guarded.http_url)


def test_in_the_demo_no_route_is_protected(shop: Shop) -> None:
    assert call(shop.urls["customers"], "POST", "/customers", ADA)[0] == 201


def only_who_is_signed_in_makes_customers(security: str, customers: str) -> None:
    account = {"email": f"{urlsplit(customers).port}@example.com", "password": PASSWORD}
    assert call(security, "POST", "/users", {"user": account})[0] == 201
    token = call(security, "POST", "/login", account)[1]["token"]

    please = (401, {"message": "Please log in"})
    assert call(customers, "POST", "/customers", ADA) == please
    assert call(customers, "POST", "/customers", ADA, f"{token}x") == please
    status, made = call(customers, "POST", "/customers", ADA, token)
    assert status == 201
    assert call(customers, "GET", f"/customers/{made['id']}") == (200, made)

    assert call(security, "POST", "/logout", None, token)[0] == 204
    assert call(customers, "POST", "/customers", ADA, token) == please


def call(
    url: str, method: str, path: str, body: Any = None, token: str | None = None
) -> tuple[int, Any]:
    """Send one request; returns the status and the body, parsed."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    return answer.status, json.loads(content) if content else None
