"""get_user, edit_user and delete_user: everybody has to do with their own account only."""

from __future__ import annotations

import pytest

from tests.functions.security.gate import Gate, told


def test_a_user_is_answered_to_themselves():
    gate = Gate()
    user = gate.user()

    answer = gate.get(user.id, gate.token())

    assert (answer.status, answer.body) == (200, user)


@pytest.mark.parametrize("exists", [True, False])
def test_somebody_else_s_account_is_nobody_s_business_whether_it_is_there_or_not(exists):
    gate = Gate()
    ada = gate.user()
    gate.user(email="eve@example.com")
    token = gate.token("eve@example.com")
    id = ada.id if exists else "nobody"

    answers = [gate.get(id, token), gate.edit(id, token, name="Eve"), gate.delete(id, token)]

    assert [answer.status for answer in answers] == [403, 403, 403]
    assert not any(answer.publish for answer in answers)
    assert gate.accounts.get(ada.id).user == ada


def test_a_change_is_kept_and_told():
    gate = Gate()
    user = gate.user()
    token = gate.token()

    answer = gate.edit(user.id, token, name="Eve", email=" EVE@example.com")

    assert (answer.status, answer.body.name, answer.body.email) == (200, "Eve", "eve@example.com")
    events = told(answer)
    assert (events["users"]["action"], events["users"]["name"]) == ("edited", "Eve")
    assert events["user_activity"]["name"] == "user_edited"
    assert gate.get(user.id, token).body == answer.body


def test_with_a_new_address_the_old_one_is_free_and_signs_nobody_in():
    gate = Gate()
    user = gate.user()
    gate.edit(user.id, gate.token(), email="eve@example.com")

    assert gate.login("ada@example.com").status == 422
    assert gate.login("eve@example.com").body.user.id == user.id
    assert gate.create({"user": {"email": "ada@example.com", "password": "12345678"}}).status == 201


def test_another_s_address_is_taken():
    gate = Gate()
    user = gate.user()
    gate.user(email="eve@example.com")

    answer = gate.edit(user.id, gate.token(), email="Eve@example.com", name="Eve")

    assert (answer.status, answer.body) == (422, {"email": ["has already been taken"]})
    assert gate.accounts.get(user.id).user == user
    assert not answer.publish


def test_the_own_address_sent_again_is_no_change():
    gate = Gate()
    user = gate.user()

    answer = gate.edit(user.id, gate.token(), email="ADA@example.com")

    assert (answer.status, answer.body) == (200, user)
    assert not answer.publish


def test_a_new_password_is_told_to_nobody_and_is_the_only_one_that_counts():
    gate = Gate()
    user = gate.user()

    answer = gate.edit(user.id, gate.token(), password="another horse")

    assert (answer.status, answer.publish) == (200, ())
    assert gate.login().status == 422
    assert gate.login(password="another horse").status == 200


def test_a_wrong_change_is_explained():
    gate = Gate()
    user = gate.user()

    answer = gate.edit(user.id, gate.token(), email="", password="short", id="2")

    assert answer.status == 422
    assert set(answer.body) == {"email", "password", "id"}


def test_who_leaves_is_forgotten_and_told():
    gate = Gate()
    user = gate.user()
    gate.login(password="wrong horse")

    answer = gate.delete(user.id, gate.token())

    assert (answer.status, told(answer)["users"]["action"]) == (204, "deleted")
    assert told(answer)["user_activity"]["name"] == "user_deleted"
    tables = (gate.accounts, gate.emails, gate.passwords, gate.attempts)
    assert [table.rows for table in tables] == [{}, {}, {}, {}]
    assert gate.login().status == 422
