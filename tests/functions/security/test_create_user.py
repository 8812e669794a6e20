"""create_user: somebody signs up."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from tests.functions.security.gate import ADA, PASSWORD, Gate, told

BLANK = ["can't be blank"]
INVALID = ["is invalid"]


def test_a_user_is_kept_answered_and_told_with_the_same_request():
    gate = Gate()

    answer = gate.create({"user": ADA | {"last_name": "Moss"}})

    user = {"email": "ada@example.com", "name": "Ada", "last_name": "Moss"}
    user |= {"id": answer.body.id}
    assert (answer.status, answer.headers) == (201, {"Location": f"/users/{user['id']}"})
    assert msgspec.to_builtins(answer.body) == user
    events = told(answer)
    assert events["users"] == user | {"entity": "User", "action": "created"}
    activity = events["user_activity"]
    assert activity["name"] == "user_created"
    assert activity["data"]["user"] == user
    assert UUID(activity["data"]["id"]) != UUID(user["id"])
    assert [event.plain for event in answer.publish] == [False, True]


def test_neither_password_nor_hash_is_in_the_answer_the_events_or_the_account():
    gate = Gate()

    answer = gate.create({"user": ADA})

    known = gate.passwords.get(answer.body.id)
    assert known.password_hash.startswith("$scrypt$")
    for said in (answer, told(answer), gate.accounts.rows, gate.emails.rows, gate.passwords.rows):
        assert PASSWORD not in repr(said)
        assert "$scrypt$" not in repr(said)


def test_an_address_is_kept_trimmed_and_in_lower_case():
    assert Gate().user(email="  Ada@Example.COM ").email == "ada@example.com"


@pytest.mark.parametrize("email", ["ada@example.com", " ADA@example.com"])
def test_an_address_belongs_to_one_user(email):
    gate = Gate()
    first = gate.user()

    answer = gate.create({"user": ADA | {"email": email}})

    assert (answer.status, answer.body) == (422, {"email": ["has already been taken"]})
    assert list(gate.accounts.rows) == [first.id]
    assert not answer.publish


def test_everything_that_is_wrong_is_told_at_once():
    answer = Gate().create({"user": {"email": "nowhere", "password": "short", "name": 7}})

    assert answer.status == 422
    assert answer.body == {
        "email": INVALID,
        "password": ["is too short (minimum is 8 characters)"],
        "name": INVALID,
    }


@pytest.mark.parametrize("body", [{}, {"user": {}}, {"user": {"email": None, "password": "  "}}])
def test_what_is_required_must_be_said(body):
    assert Gate().create(body).body == {"email": BLANK, "password": BLANK}


def test_a_hash_or_an_id_cannot_be_set():
    answer = Gate().create({"user": ADA | {"password_hash": "$scrypt$", "id": "1"}})

    assert answer.body == {"id": ["is read-only"], "password_hash": ["is unknown"]}
