import json

import pytest

from local.masking import Mask, is_personal
from runtime import wire
from runtime.secrets import SECRET, is_secret

MASK, REVEALED = Mask(), Mask(reveal=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("There is no customer 'stranger'.", None),
        ("no mail to ida.smith+x@mail.example.org: refused", "no mail to i***@***: refused"),
        ("GET /users?email=ida%40example.org", "GET /users?email=i***@***"),
        ('{"firstName": "Ida", "total": 1', '{"firstName": "***", "total": 1'),
        ("{'city': 'Bern', 'n': 1}", "{'city': '***', 'n': 1}"),
        ("city: Bern is far", None),
        ("The header dapr-api-token is missing.", None),
    ],
)
def test_masks_people_in_text_unless_they_are_to_be_revealed(text, shown):
    assert MASK.text(text) == (shown or text)
    assert REVEALED.text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.def-ghi", "abc.def"),
        ("Authorization: Basic YQ==", "YQ=="),
        ("refused: Bearer abcdefgh12", "abcdefgh12"),
        ("postgres://sluice:hush@db/orders", "hush"),
        ("{'password': 'hush hush', 'id': 1}", "hush"),
        (r"{\"api_key\": \"hush\"}", "hush"),
        ("url?token=hush&page=1", "hush"),
        ("url: password=hush", "hush"),
        ("dapr-api-token=hush", "hush"),
        ("stored $argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA", "aGFzaA"),
        ("stored $2b$12$abcdefghijklmnopqrstuv", "abcdefghij"),
    ],
)
def test_shows_no_secret_even_when_all_is_to_be_revealed(text, secret):
    for mask in (MASK, REVEALED):
        assert secret not in mask.text(text)
        assert "(secret)" in mask.text(text)


@pytest.mark.parametrize(
    "name", ["password", "passwordHash", "api_key", "Authorization", "dapr-api-token", "set-cookie"]
)
def test_knows_secrets_by_their_names(name):
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["email", "lastName", "name", "billing_address", "phoneNumber", "iban", "zipCode"]
)
def test_knows_what_is_personal_by_its_name(name):
    assert is_personal(name)


@pytest.mark.parametrize("name", ["id", "price", "quantity", "product", "state", "orderId", "date"])
def test_leaves_other_fields_alone(name):
    assert not is_personal(name)
    assert not is_secret(name)


def payload(mask: Mask, raw: bytes) -> str:
    return wire.encode(mask.payload(raw)).decode()


def test_masks_the_fields_of_a_payload_at_any_depth_and_keeps_every_digit():
    raw = b"""{"id":"1","data":{"name":"Ida","total":1.10,"address":{"street":"S","no":7},
        "emails":["a@b.org"],"note":"ask a@b.org","none":{"name":null}}}"""

    shown = payload(MASK, raw)

    assert '"total":1.10' in shown
    assert json.loads(shown)["value"]["data"] == {
        "name": "***",
        "total": 1.1,
        "address": {"street": "***", "no": "***"},
        "emails": ["***"],
        "note": "ask a***@***",
        "none": {"name": None},
    }


def test_reveals_all_of_a_payload_but_its_secrets():
    raw = b'{"name":"Ida","password":"hush","user":{"tokens":["t-1"]}}'

    assert json.loads(payload(REVEALED, raw))["value"] == {
        "name": "Ida",
        "password": "(secret)",
        "user": {"tokens": ["(secret)"]},
    }


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"", {"value": None}),
        (b"no level", {"value": "no level"}),
        (b'{"email": "a@b.org"', {"value": '{"email": "***"'}),
        (b'{"name":"a","name":"b"}', {"value": '{"name":"***","name":"***"}'}),
        (b"\xff\x00", {"value": "/wA=", "encoding": "base64"}),
        (b"\xff a@b.org", {"value": "\\xff a***@***", "encoding": "escaped"}),
        (b"[" * 50_000, {"value": "[" * 50_000}),
        (b'"\\ud800"', {"value": '"\\ud800"'}),
    ],
)
def test_shows_what_is_no_json_as_text(raw, shown):
    assert MASK.payload(raw) == shown


def test_looks_into_the_bytes_of_a_cloud_event():
    raw = b'{"data_base64":"eyJwYXNzd29yZCI6Imh1c2gifQ=="}'  # {"password":"hush"}

    assert "eyJ" not in payload(MASK, raw)
    assert "eyJ" not in payload(REVEALED, raw)
    assert "aGVsbG8=" in payload(REVEALED, b'{"data_base64":"aGVsbG8="}')


def test_masks_headers_and_keys():
    headers = {"authorization": "Basic YQ==", "ce_subject": "a@b.org", "shade": "blue"}

    assert MASK.headers(headers) == {
        "authorization": "(secret)",
        "ce_subject": "a***@***",
        "shade": "blue",
    }
    assert (MASK.key("a@b.org"), MASK.key("o-1"), MASK.key(None)) == ("a***@***", "o-1", None)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part", ["a", "a@", "a:", '"a":"', "name:", "name:\\", "password='\\'", "://a", "a.", "Basic "]
)
def test_takes_long_texts_in_its_stride(part):
    """A pattern that looks at the rest of the text again and again took nine minutes here."""
    text = part * (500_000 // len(part))

    assert len(MASK.text(text)) <= len(text) + 100_000


@pytest.mark.parametrize(
    "raw",
    [
        b'{"firstName": "Ida"}',
        b'{"e-mail": "x"}',
        b'{"pass_word": "x"}',
        b'{"na\\u006de": "x"}',
        b'{"to": "ida@example.com"}',
        b'{"to": "ida%40example.com"}',
        b'{"hash": "$2b$12$EixZaYVK1fsbw1ZfbX3OXe"}',
        b'{"said": "Bearer abc.def.ghi"}',
        b'{"data_base64": "aWRhQGV4YW1wbGUuY29t"}',
        '{"to\u212aen": "x"}'.encode(),
    ],
)
def test_the_quick_look_overlooks_nothing(raw: bytes) -> None:
    shown = bytes(Mask().payload(raw)["value"])

    assert b"***" in shown or SECRET.encode() in shown


def test_what_has_nothing_to_hide_is_shown_as_it_was_written() -> None:
    raw = b'{"id": "1",  "quantity": 3, "price": 5.00}'

    assert bytes(Mask().payload(raw)["value"]) == raw
