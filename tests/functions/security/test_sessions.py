"""Tokens, and what ends them: logout, get_session and everything that asks who is there."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import jwt
import pytest

from functions.security.tokens import Tokens
from tests.functions.security.gate import Gate

PLEASE = (401, {"message": "Please log in"})


def test_a_token_given_back_counts_no_more_but_others_of_the_user_do():
    gate = Gate()
    gate.user()
    first, second = gate.token(), gate.token()

    assert gate.logout(first).status == 204

    again = gate.logout(first)
    assert (again.status, again.body) == PLEASE
    assert gate.session(first).status == 401
    assert gate.session(second).status == 200


def test_a_token_ends_after_four_hours():
    gate = Gate()
    gate.user()
    token = gate.token()

    gate.clock.advance(4 * 3600 - 1)
    assert gate.session(token).status == 200
    gate.clock.advance(1)
    assert gate.session(token).status == 401


def test_a_deleted_user_s_tokens_count_no_more():
    gate = Gate()
    user = gate.user()
    token, other = gate.token(), gate.token()

    gate.delete(user.id, token)

    assert gate.session(other).status == 401


def test_a_new_password_ends_every_token():
    gate = Gate()
    user = gate.user()
    token, other = gate.token(), gate.token()

    gate.edit(user.id, token, password="another horse")

    assert gate.session(token).status == gate.session(other).status == 401
    assert gate.session(gate.token(password="another horse")).status == 200


def forged(gate: Gate, user_id: str) -> dict[str, str]:
    """Tokens that look like ours, each with one thing wrong."""
    ends = int((gate.clock.now() + timedelta(hours=1)).timestamp())
    claims = {"iss": "sluice/security", "sub": user_id, "jti": "1", "exp": ends, "ver": 0}
    right = jwt.encode(claims, "k" * 32, algorithm="HS256")
    assert gate.session(right).status == 200
    head, body, signature = right.split(".")
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode())

    def without(name: str) -> dict[str, object]:
        return {key: value for key, value in claims.items() if key != name}

    return {
        "another key": jwt.encode(claims, "x" * 32, algorithm="HS256"),
        "another algorithm": jwt.encode(claims, "k" * 64, algorithm="HS512"),
        "no algorithm": f"{unsigned.decode().rstrip('=')}.{body}.",
        "no signature": f"{head}.{body}.",
        "another body": f"{head}.{body[:-2]}AA.{signature}",
        "another issuer": jwt.encode(claims | {"iss": "x"}, "k" * 32),
        "no such user": jwt.encode(claims | {"sub": "nobody"}, "k" * 32),
        "another version": jwt.encode(claims | {"ver": 1}, "k" * 32),
        "no end": jwt.encode(without("exp"), "k" * 32),
        "no id": jwt.encode(without("jti"), "k" * 32),
        "an absurd end": jwt.encode(claims | {"exp": 10**30}, "k" * 32),
        "a version of text": jwt.encode(claims | {"ver": "x"}, "k" * 32),
        "no token": "abc",
        "not even text": "\udcff.\x00.\n",
    }


FORGED = [
    *("a version of text", "an absurd end", "another algorithm", "another body"),
    *("another issuer", "another key", "another version", "no algorithm", "no end", "no id"),
    *("no signature", "no such user", "no token", "not even text"),
]


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.filterwarnings("ignore:.*HMAC key.*")
def test_what_is_no_token_of_ours_does_not_count(name):
    gate = Gate()
    tokens = forged(gate, gate.user().id)
    assert sorted(tokens) == FORGED

    answer = gate.session(tokens[name])

    assert (answer.status, answer.body) == PLEASE


def test_without_a_token_nobody_is_signed_in():
    gate = Gate()
    user = gate.user()

    for answer in (
        gate.session(None),
        gate.logout(None),
        gate.get(user.id, None),
        gate.edit(user.id, None, name="Eve"),
        gate.delete(user.id, None),
    ):
        assert (answer.status, answer.body) == PLEASE
        assert not answer.publish


def test_how_long_a_token_counts_is_a_setting():
    environ = {"SLUICE_JWT_KEY": "k" * 32, "SLUICE_TOKEN_SECONDS": "60"}
    now = Gate().clock.now()

    _, token = Tokens.open(environ).issue("1", 0, now)

    assert token.ends == now + timedelta(seconds=60)
