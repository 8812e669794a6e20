import json

import pytest

from local import tail
from local.masking import Mask
from local.tail import latest
from runtime.record import Record


def record(value: bytes = b"{}", *, offset: int = 7, at_ms: int = 1_291_191_960_123) -> Record:
    return Record("orders", 1, offset, "o-1", value, {"content-type": "x"}, at_ms)


def as_json(shown: Record, *, reveal: bool = False) -> bytes:
    return tail.as_json(shown, Mask(reveal=reveal))


def as_text(shown: Record, *, reveal: bool = False) -> str:
    return tail.as_text(shown, Mask(reveal=reveal))


def test_writes_every_part_of_a_record():
    assert json.loads(as_json(record(b'{"a": 1}'))) == {
        "topic": "orders",
        "partition": 1,
        "offset": 7,
        "key": "o-1",
        "time": "2010-12-01T08:26:00.123Z",
        "headers": {"content-type": "x"},
        "value": {"a": 1},
    }


@pytest.mark.parametrize("number", ["1.10", "572713.890", "12345678901234567890123", "1e400"])
def test_keeps_every_digit_of_a_number(number):
    line = as_json(record(b'{"n":' + number.encode() + b"}"))

    assert f'"n":{number}'.encode() in line


def test_writes_json_with_line_breaks_on_one_line():
    line = as_json(record(b'{\n  "a":\r\n 1\n}'))

    assert b"\n" not in line
    assert json.loads(line)["value"] == {"a": 1}


@pytest.mark.parametrize("text", ["not json", "NaN", '{"a":', "[" * 5000 + "]" * 5000])
def test_writes_text_that_is_no_json_as_a_string(text):
    assert json.loads(as_json(record(text.encode())))["value"] == text


def test_marks_bytes_that_are_no_text():
    line = json.loads(as_json(record(b"\xff\x00")))

    assert (line["value"], line["encoding"]) == ("/wA=", "base64")


def test_writes_a_tombstone_as_null():
    assert json.loads(as_json(record(b"")))["value"] is None


def test_shows_people_one_line_that_cannot_move_the_cursor():
    line = as_text(record(b"red \x1b[31m\nnext"))

    assert line == ("1:7  o-1  2010-12-01T08:26:00.123Z  [content-type=x]  red \\x1b[31m\\nnext")


def test_picks_the_newest_records_over_all_partitions():
    records = [record(offset=n, at_ms=1000 - n) for n in range(5)]

    assert [r.offset for r in latest(records, 2)] == [1, 0]


CUSTOMER = b'{"id":"7","firstName":"Ida","email":"ida@example.com","level":"gold","n":1.10}'


def test_masks_people_and_shows_the_rest():
    line = json.loads(as_json(record(CUSTOMER)))

    assert line["value"] == {
        "id": "7",
        "firstName": "***",
        "email": "***",
        "level": "gold",
        "n": 1.1,
    }
    assert "Ida" not in as_text(record(CUSTOMER))
    assert '"level":"gold","n":1.10' in as_text(record(CUSTOMER))


def test_reveals_people_when_asked_to_but_no_secret():
    secret = Record("t", 0, 0, "k", b'{"email":"ida@example.com","token":"t0ps3cret"}', {}, 0)

    assert "ida@example.com" in as_text(record(CUSTOMER), reveal=True)
    for line in (as_text(secret, reveal=True), as_json(secret, reveal=True).decode()):
        assert "ida@example.com" in line
        assert "t0ps3cret" not in line


def test_masks_headers_that_are_secret():
    carries = Record("t", 0, 0, "k", b"{}", {"authorization": "Bearer abc", "n": "1"}, 0)

    assert "abc" not in as_text(carries, reveal=True)
    assert json.loads(as_json(carries))["headers"] == {"authorization": "(secret)", "n": "1"}
