import pytest

from local.dead_letters import Refused
from local.dead_letters.drafts import draft_of, payload_of

PAYLOAD = b'{"password":"hush","price":1.10,"lines":[{"token":"t-1","n":1}],"name":"Ida"}'


def test_lays_json_out_without_its_secrets():
    text, suffix = draft_of(PAYLOAD)

    assert suffix == ".json"
    assert '  "price": 1.10,\n' in text
    assert '"name": "Ida"' in text
    assert "hush" not in text
    assert "t-1" not in text


def test_puts_secrets_back_where_they_were_left():
    text, _ = draft_of(PAYLOAD)

    assert payload_of(text.replace("Ida", "Max"), PAYLOAD) == PAYLOAD.replace(b"Ida", b"Max")


def test_takes_a_secret_that_was_typed_anew():
    text, _ = draft_of(PAYLOAD)

    assert b'"password":"new"' in payload_of(text.replace("(secret)", "new", 1), PAYLOAD)


def test_what_was_saved_unchanged_is_unchanged():
    assert payload_of(draft_of(PAYLOAD)[0], PAYLOAD) == PAYLOAD
    assert payload_of(draft_of(b'{ "a" : 1 }')[0], b'{ "a" : 1 }') == b'{ "a" : 1 }'


def test_text_that_is_no_json_is_edited_as_it_is():
    assert draft_of(b"gibberish") == ("gibberish", ".txt")
    assert payload_of("gibberish\n", b"gibberish") == b"gibberish"
    assert payload_of('{"a": 1.10}\n', b"gibberish") == b'{"a": 1.10}'


def test_refuses_to_show_bytes_in_an_editor():
    with pytest.raises(Refused, match="no text"):
        draft_of(b"\xff")
