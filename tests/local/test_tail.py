import json

import pytest

from local.tail import as_json, as_text, latest
from runtime.record import Record


def record(value: bytes = b"{}", *, offset: int = 7, at_ms: int = 1_291_191_960_123) -> Record:
    return Record("orders", 1, offset, "o-1", value, {"content-type": "x"}, at_ms)


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
