"""What is sent to a client."""

from __future__ import annotations

import pytest
from flask import Response as Answer

from runtime import Response
from runtime.reply import Reply, harden

HARDENED = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def test_a_value_is_sent_as_json() -> None:
    reply = Reply.of_response(Response(200, {"a": 1}))

    assert reply == (200, [("Content-Type", "application/json")], b'{"a":1}')


def test_nothing_is_sent_as_nothing() -> None:
    assert Reply.of_response(Response(204)) == (204, [("Content-Type", "text/plain")], b"")


def test_bytes_are_sent_as_they_are() -> None:
    reply = Reply.of_response(Response(200, b"%PDF", content_type="application/pdf"))

    assert reply == (200, [("Content-Type", "application/pdf")], b"%PDF")


@pytest.mark.parametrize("value", ["a\nSet-Cookie: b", "a\rb"])
def test_a_header_of_two_lines_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="more than one line"):
        Reply.of_response(Response(200, headers={"X": value}))


def test_a_functions_own_content_type_stands() -> None:
    response = Response(200, b"a;b", headers={"content-type": "text/csv"})

    assert Reply.of_response(response).headers == [("content-type", "text/csv")]


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ("/v1/shelves/ö", "/v1/shelves/%C3%B6"),
        ("/v1/red socks", "/v1/red%20socks"),
        ('/v1/"socks"?a=1&b=%20#c', "/v1/%22socks%22?a=1&b=%20#c"),
    ],
)
def test_a_place_to_go_to_is_sent_as_a_header_can_hold_it(place: str, sent: str) -> None:
    reply = Reply.of_response(Response(201, headers={"Location": place}))

    assert dict(reply.headers)["Location"] == sent


def test_other_headers_keep_what_is_ascii() -> None:
    value = 'attachment; filename="Ü b.pdf"'
    reply = Reply.of_response(Response(200, headers={"Content-Disposition": value}))

    assert dict(reply.headers)["Content-Disposition"] == 'attachment; filename="%C3%9C b.pdf"'


def test_what_browsers_are_told_comes_with_everything() -> None:
    reply = Reply.of_response(Response(204)).hardened()

    assert dict(reply.headers) == {"Content-Type": "text/plain", **HARDENED}


def test_a_functions_own_header_stands_however_it_is_written() -> None:
    reply = Reply.of_response(Response(204, headers={"cache-control": "public"})).hardened()

    assert [v for name, v in reply.headers if name.lower() == "cache-control"] == ["public"]


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "Text/HTML"])
def test_a_page_runs_nothing(content_type: str) -> None:
    page = Response(200, b"<p>", content_type=content_type)
    headers = dict(Reply.of_response(page).hardened().headers)

    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Referrer-Policy"] == "no-referrer"


def test_an_answer_of_flask_is_told_the_same() -> None:
    answer = harden(Answer("x", headers={"Cache-Control": "public"}))
    told = dict(Reply.of_answer(answer).headers)

    assert (told["X-Content-Type-Options"], told["Cache-Control"]) == ("nosniff", "public")


def test_flask_is_given_the_same() -> None:
    answer = Reply.of_response(Response(201, {"a": 1}, headers={"Location": "/b"})).answer()

    assert (answer.status_code, answer.get_data()) == (201, b'{"a":1}')
    assert (answer.headers["Location"], answer.content_type) == ("/b", "application/json")
