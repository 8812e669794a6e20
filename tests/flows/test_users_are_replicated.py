"""Another service keeps its own copy of the users, also one that is added later."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from functions.security.hashing import Hashing
from local.cluster import Cluster
from local.http import Client
from local.launch import launch
from runtime.arguments import Resources
from runtime.engine import EmbeddedEngine
from runtime.host import make_app
from runtime.registry import Registry, load
from runtime.settings import Settings
from runtime.sidecars.embedded import Store
from tests.flows.shop import Shop
from tests.waiting import wait_until

PASSWORD = "correct horse"
#: How many users there are before the late service, and before live ones begin to come.
EARLY = 30


def test_a_user_who_signs_up_is_copied_and_leaves_the_copy_with_the_account(shop: Shop) -> None:
    status, user = sign_up(shop, "copied@example.com")
    assert status == 201
    shop.until(lambda: copied(shop, user["id"]) == user)

    login = {"email": "copied@example.com", "password": PASSWORD}
    _, answer = shop.post("/login", login, service="security")
    leave(shop.urls["security"], user["id"], answer["token"])

    shop.until(lambda: copied(shop, user["id"]) is None)


def test_a_uuid_already_seen_is_discarded_and_garbage_delays_nobody(shop: Shop) -> None:
    uuid, user = str(uuid4()), {"id": "outside", "email": "out@example.com", "name": "Ada"}
    tell(shop, "user_created", uuid, user)
    shop.publish("user_activity", "outside", b"no JSON")
    shop.publish("user_activity", "outside", b'{"name": "user_created"}')
    tell(shop, "user_edited", uuid, user | {"name": "Eve"})
    tell(shop, "user_edited", str(uuid4()), {"id": "outside", "last_name": "Moss"})

    shop.until(lambda: (copied(shop, "outside") or {}).get("last_name") == "Moss")
    assert copied(shop, "outside") == user | {"last_name": "Moss"}
    shop.until(lambda: len(shop.dead_letters("users.replicate_user")) == 2)


@pytest.mark.platform
def test_a_copy_that_is_down_delays_nobody_and_catches_up(dapr_shop: Shop) -> None:
    shop = dapr_shop
    shop.kill("users")

    status, user = sign_up(shop, "meanwhile@example.com")
    assert status == 201
    assert any(event["id"] == user["id"] for event in shop.data("users"))
    login = {"email": "meanwhile@example.com", "password": PASSWORD}
    assert shop.post("/login", login, service="security")[0] == 200
    shop.stock("MEANWHILE", 1)
    shop.order("meanwhile", "MEANWHILE", 1)
    assert shop.decision("meanwhile") == "VALIDATED"

    shop.restart("users")
    shop.until(lambda: copied(shop, user["id"]) == user, 60)


@pytest.mark.platform
def test_a_service_added_later_on_dapr_has_every_user_while_others_sign_up(
    dapr_shop: Shop, cluster: Cluster, tmp_path: Path
) -> None:
    shop = dapr_shop
    made = [sign_up(shop, f"early-{n}@example.com")[1] for n in range(EARLY)]

    def live(number: int) -> None:
        made.append(sign_up(shop, f"live-{number}@example.com")[1])

    with (
        at_work(live),
        launch("users", "functions", cluster, app_id="late-users", directory=tmp_path) as late,
    ):
        wait_until(lambda: {user["id"] for user in list(made)} <= ids(late.http_url), 60)

    assert len(made) > EARLY


def test_a_service_added_later_on_the_embedded_engine_has_every_user_while_others_sign_up(
    tmp_path: Path,
) -> None:
    with Store.open(tmp_path) as store, running(store, "security") as first:
        for number in range(EARLY):
            assert (
                first.test_client().post("/users", json=account(f"early-{number}")).status_code
                == 201
            )

    with Store.open(tmp_path) as store, running(store, "security", "users") as app:
        made = EARLY

        def live(number: int) -> None:
            nonlocal made
            assert (
                app.test_client().post("/users", json=account(f"live-{number}")).status_code == 201
            )
            made += 1

        def copies() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = (
                app.test_client().get("/replicas/users?limit=500").json["users"]
            )
            return found

        with at_work(live):
            wait_until(lambda: made > EARLY, 30)
            wait_until(lambda: len(copies()) >= made, 30)
        wait_until(lambda: len(copies()) == made, 30)

    assert len({copy["email"] for copy in copies_of(tmp_path)}) == made


@contextmanager
def at_work(work: Callable[[int], None]) -> Iterator[None]:
    """Do this again and again on a thread, until the block ends."""
    ended, failures = threading.Event(), []

    def go_on() -> None:
        number = 0
        while not ended.is_set() and number < 400:
            try:
                work(number)
            except Exception as failure:  # told below, on the test's own thread
                failures.append(failure)
                return
            number += 1

    worker = threading.Thread(target=go_on)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()
    assert failures == []


class Quick(Resources):
    """Resources of the security service, with hashes that cost nothing."""

    def get(self, wanted: Any) -> Any:
        return Hashing(log_n=1, parallel=1) if wanted is Hashing else super().get(wanted)


@contextmanager
def running(store: Store, *services: str) -> Iterator[Any]:
    """Some of the services on this store, as clients see them."""
    known = load("functions").services
    registry = Registry({name: known[name] for name in services})
    settings = Settings()
    resources = Quick({"SLUICE_JWT_KEY": "k" * 32})
    engine = EmbeddedEngine(registry, store, settings, resources=resources)
    engine.start()
    try:
        yield make_app(engine.services, settings)
    finally:
        engine.stop(10)


def copies_of(data: Path) -> list[dict[str, Any]]:
    """The copy as it is kept, with nothing running."""
    with Store.open(data) as store, running(store, "users") as app:
        found: list[dict[str, Any]] = (
            app.test_client().get("/replicas/users?limit=500").json["users"]
        )
        return found


def account(name: str) -> dict[str, Any]:
    return {"user": {"email": f"{name}@example.com", "password": PASSWORD}}


def sign_up(shop: Shop, email: str) -> tuple[int, Any]:
    body = {"user": {"email": email, "password": PASSWORD, "name": "Ada"}}
    return shop.post("/users", body, service="security")


def tell(shop: Shop, what: str, uuid: str, user: dict[str, Any]) -> None:
    """Publish an activity as a producer does that knows nothing of CloudEvents."""
    value = json.dumps({"name": what, "data": {"id": uuid, "user": user}}).encode()
    shop.publish("user_activity", user["id"], value)


def copied(shop: Shop, id: str) -> dict[str, Any] | None:
    """The copy of a user; None when there is none."""
    status, answer = shop.get(f"/replicas/users/{id}", service="users")
    return answer if status == 200 else None


def leave(url: str, id: str, token: str) -> None:
    """Delete the own account."""
    client = Client(url)
    headers = {"authorization": f"Bearer {token}"}
    answer = client.request("DELETE", f"/users/{id}", headers=headers)
    client.close()
    assert answer.status == 204, answer.body


def ids(url: str) -> set[str]:
    """The ids of all users that the copy at this address knows."""
    client, found, after = Client(url), set(), ""
    while True:
        page = json.loads(client.request("GET", f"/replicas/users?limit=500{after}").body)
        found |= {user["id"] for user in page["users"]}
        if "after" not in page:
            client.close()
            return found
        after = f"&after={page['after']}"
