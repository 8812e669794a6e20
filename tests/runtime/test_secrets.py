"""Secrets are known by name, by look and by value, and nothing else is taken for one."""

from __future__ import annotations

import time

import pytest

from runtime.secrets import SECRET, hide, is_secret, values_of


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("host=db password=hunter2 user=u", "host=db password=(secret) user=u"),
        ("password='hun ter2' user=u", "password='(secret)' user=u"),
        ('{"api_token": "a b", "id": 1}', '{"api_token": "(secret)", "id": 1}'),
        (
            r'{"error": "{\"passwordHash\": \"abc\"}"}',
            r'{"error": "{\"passwordHash\": (secret)\"}"}',
        ),
        ("`password` is 'abc'; expected more", "`password` is '(secret)'; expected more"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: (secret)"),
        ("it said Basic dXNlcjpwYXNz to us", "it said Basic (secret) to us"),
        ("{'dapr-api-token': 'xyz'}", "{'dapr-api-token': '(secret)'}"),
        ("postgres://sluice:hunter2@db/x", "postgres://sluice:(secret)@db/x"),
        ("row $argon2id$v=19$m=65536$c29tZQ$aGFzaA", "row (secret)"),
        ("$2b$12$EixZaYVK1fsbw1ZfbX3OXe", "(secret)"),
        ("for eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_9 it", "for (secret) it"),
    ],
)
def test_a_secret_is_hidden_and_the_rest_is_not(text: str, hidden: str) -> None:
    assert hide(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "The header dapr-api-token is missing or wrong.",
        "3 tokens left: 5",
        "The order o-1 is 'CREATED'; expected VALIDATED.",
        "price=$5.00, Basic Training",
        "http://127.0.0.1:8080/v1/orders?after=a@b",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert hide(text) == text


def test_settings_are_secret_by_their_names() -> None:
    environ = {
        "APP_API_TOKEN": "app-token-value",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "SLUICE_HOST": "127.0.0.1",
        "DB_PASSWORD": "app-token-value-and-more",
    }

    assert values_of(environ) == ["app-token-value-and-more", "app-token-value"]


def test_of_a_user_and_a_secret_the_secret_is_one_by_itself() -> None:
    environ = {"SLUICE_SCHEMA_REGISTRY_CREDENTIALS": "shop:the-secret-of-it"}

    assert values_of(environ) == ["shop:the-secret-of-it", "the-secret-of-it"]


def test_names_of_headers_and_fields_are_known_however_they_are_written() -> None:
    secret = [
        "Authorization",
        "cookie",
        "dapr-api-token",
        "passwordHash",
        "X-Api-Key",
        "client_secret",
    ]

    assert [name for name in secret if not is_secret(name)] == []
    assert not any(is_secret(name) for name in ("customerId", "content-type", "traceparent", "key"))


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "token",
        "token=",
        '"',
        "password: '\\",
        "://a:",
        "a-",
        " is ",
        "token`",
        "$2a$",
        "eyJaaaaaaaa.",
        "Bearer ",
    ],
)
def test_a_long_text_of_anything_is_read_in_no_time(piece: str) -> None:
    began = time.monotonic()
    hide(piece * (200_000 // len(piece)))

    assert time.monotonic() - began < 10  # quadratic would be minutes


def test_the_replacement_is_not_hidden_again() -> None:
    assert hide(f"password={SECRET}") == f"password={SECRET}"
