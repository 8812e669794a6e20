"""Somebody signs up, logs in, changes their own account only, and logs out again."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from local.masking import Mask
from tests.flows.shop import Shop

PASSWORD = "correct horse"
WRONG = {"error": "Invalid username or password"}
PLEASE = {"message": "Please log in"}


def test_a_user_signs_up_and_is_told_without_the_hash(shop: Shop) -> None:
    user = signed_up(shop, " Told@Example.com ")

    assert user["email"] == "told@example.com"
    row = {"entity": "User", "action": "created"}
    shop.until(lambda: told(shop, user["id"]) == [user | row])
    [activity] = activities(shop, user["id"])
    assert (activity["name"], activity["data"]["user"]) == ("user_created", user)
    again = {"user": {"email": "told@example.com", "password": PASSWORD}}
    taken = ask(shop, "POST", "/users", again, expected=422)
    assert taken == {"email": ["has already been taken"]}


def test_a_hash_leaves_its_table_by_no_way(shop: Shop) -> None:
    user = signed_up(shop, "kept@example.com")
    token = logged_in(shop, "kept@example.com")
    shop.until(lambda: activities(shop, user["id"]) != [])

    [known] = [row for key, row in shop.rows("passwords").items() if key == user["id"]]
    assert known["password_hash"].startswith("$scrypt$")
    said = [record.value for topic in shop.broker.topics() for record in shop.broker.read(topic)]
    assert not any(b"$scrypt$" in value or PASSWORD.encode() in value for value in said)
    assert not any("$scrypt$" in str(shop.rows(f"security.{name}")) for name in OTHER_TABLES)
    assert "$scrypt$" not in str(Mask(reveal=True).data(known))
    assert "hash" not in str(ask(shop, "GET", f"/users/{user['id']}", token=token))


OTHER_TABLES = ("accounts", "emails", "attempts", "revoked")


def test_only_the_user_changes_their_account(shop: Shop) -> None:
    ada, eve = signed_up(shop, "own@example.com"), signed_up(shop, "other@example.com")
    token = logged_in(shop, "OWN@example.com ")
    path, change = f"/users/{ada['id']}", {"user": {"name": "Adah"}}

    assert ask(shop, "PATCH", path, change, expected=401) == PLEASE
    ask(shop, "PATCH", f"/users/{eve['id']}", change, token=token, expected=403)
    ask(shop, "DELETE", f"/users/{eve['id']}", token=token, expected=403)
    assert ask(shop, "PATCH", path, change, token=token)["name"] == "Adah"

    ask(shop, "DELETE", path, token=token, expected=204)
    ask(shop, "GET", "/session", token=token, expected=401)
    shop.until(
        lambda: (
            [event["action"] for event in told(shop, ada["id"])] == ["created", "edited", "deleted"]
        )
    )
    assert [event["action"] for event in told(shop, eve["id"])] == ["created"]


def test_a_token_that_was_given_back_counts_no_more(shop: Shop) -> None:
    signed_up(shop, "leaving@example.com")
    first, second = (logged_in(shop, "leaving@example.com") for _ in range(2))

    ask(shop, "POST", "/logout", token=first, expected=204)

    assert ask(shop, "GET", "/session", token=first, expected=401) == PLEASE
    ask(shop, "GET", "/session", token=second)


def test_five_wrong_passwords_lock_the_account(shop: Shop) -> None:
    signed_up(shop, "locked@example.com")
    wrong = {"email": "locked@example.com", "password": "wrong horse"}
    for _ in range(5):
        assert ask(shop, "POST", "/login", wrong, expected=422) == WRONG

    right = wrong | {"password": PASSWORD}
    assert ask(shop, "POST", "/login", right, expected=422) == WRONG
    nobody = {"email": "nobody@example.com", "password": PASSWORD}
    assert ask(shop, "POST", "/login", nobody, expected=422) == WRONG


def signed_up(shop: Shop, email: str) -> dict[str, Any]:
    body = {"user": {"email": email, "password": PASSWORD, "name": "Ada"}}
    user: dict[str, Any] = ask(shop, "POST", "/users", body, expected=201)
    return user


def logged_in(shop: Shop, email: str) -> str:
    answer = ask(shop, "POST", "/login", {"email": email, "password": PASSWORD})
    return str(answer["token"])


def told(shop: Shop, user: str) -> list[dict[str, Any]]:
    """What was published about a user."""
    return [event for event in shop.data("users") if event["id"] == user]


def activities(shop: Shop, user: str) -> list[dict[str, Any]]:
    """What stands on user_activity about a user, as plain JSON."""
    found = [json.loads(record.value) for record in shop.broker.read("user_activity")]
    return [each for each in found if each["data"]["user"]["id"] == user]


def ask(
    shop: Shop,
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str | None = None,
    expected: int = 200,
) -> Any:
    """Send a request to the security service, and insist on how it is answered."""
    connection = http.client.HTTPConnection(urlsplit(shop.urls["security"]).netloc, timeout=60)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    assert answer.status == expected, content
    return json.loads(content) if content else None
