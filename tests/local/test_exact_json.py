import pytest

from local.exact_json import parse, pretty, write


@pytest.mark.parametrize(
    "raw", [b'{"a":1.10,"b":[1e999,-0,1234567890123456789012345]}', b"null", b'"x"', b"[]"]
)
def test_writes_what_it_read_digit_by_digit(raw):
    assert write(parse(raw)) == raw


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b"NaN", b'{"a":1,"a":2}', b'"\\ud800"', b"[" * 100_000, b"1 2"]
)
def test_refuses_what_is_no_json_or_has_two_readings(raw):
    with pytest.raises(ValueError, match=r".+"):
        parse(raw)


def test_lays_out_json_and_leaves_other_text():
    assert pretty(b'{"a":1.10,"a":2}') == '{\n  "a": 1.10,\n  "a": 2\n}'
    assert pretty(b"\xff{") == "\\xff{"
