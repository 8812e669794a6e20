"""login: is it you?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.functions.security.gate import PASSWORD, Gate

WRONG = {"error": "Invalid username or password"}


def test_the_right_password_gives_a_token_of_four_hours():
    gate = Gate()
    user = gate.user()

    answer = gate.login()

    assert (answer.status, answer.body.user) == (200, user)
    assert answer.body.expires_at == gate.clock.now() + timedelta(hours=4)
    session = gate.session(answer.body.token)
    assert (session.status, session.body.user_id) == (200, user.id)


@pytest.mark.parametrize("email", ["ADA@Example.com", "  ada@example.com\n"])
def test_the_address_is_compared_trimmed_and_in_lower_case(email):
    gate = Gate()
    gate.user()

    assert gate.login(email.rstrip("\n")).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ada@example.com", "password": "wrong horse"},
        {"email": "eve@example.com", "password": PASSWORD},
        {"email": "ada@example.com"},
        {"email": "ada@example.com", "password": ""},
        {"email": "ada@example.com", "password": 7},
        {"password": PASSWORD},
        {"user": None},
        {},
    ],
)
def test_whatever_is_wrong_is_answered_alike(body):
    gate = Gate()
    gate.user()

    answer = gate.login_with(body)

    assert (answer.status, answer.body) == (422, WRONG)


def test_the_fields_may_stand_in_an_envelope():
    gate = Gate()
    gate.user()

    inner = {"email": "ada@example.com", "password": PASSWORD}
    assert gate.login_with({"user": inner}).status == 200


def test_an_unknown_address_is_hashed_and_counted_like_a_known_one():
    gate = Gate()
    gate.user()
    hashed = []
    scrypt = gate.hashing._scrypt
    gate.hashing._scrypt = lambda *given: hashed.append(given[2:]) or scrypt(*given)

    gate.login(password="wrong horse")
    gate.login(email="eve@example.com")

    assert hashed == [(1, 1), (1, 1)]
    rows = gate.attempts.rows
    assert rows["ada@example.com"] == rows["eve@example.com"]


def test_five_wrong_passwords_lock_the_account_for_a_while():
    gate = Gate()
    gate.user()
    for _ in range(5):
        gate.login(password="wrong horse")

    assert gate.login().body == WRONG
    gate.clock.advance(899)
    assert gate.login().body == WRONG
    gate.clock.advance(2)
    assert gate.login().status == 200


def test_four_wrong_passwords_and_a_right_one_begin_anew():
    gate = Gate()
    gate.user()
    for _ in range(3):
        for _ in range(4):
            gate.login(password="wrong horse")
        assert gate.login().status == 200


def test_guesses_during_a_lock_do_not_lengthen_it_and_after_it_there_are_five_more():
    gate = Gate()
    gate.user()
    for _ in range(10):
        gate.login(password="wrong horse")
    gate.clock.advance(901)

    for _ in range(4):
        gate.login(password="wrong horse")

    assert gate.login().status == 200


def test_one_account_s_lock_is_not_another_s():
    gate = Gate()
    gate.user()
    gate.user(email="eve@example.com")
    for _ in range(5):
        gate.login(password="wrong horse")

    assert gate.login(email="eve@example.com").status == 200
