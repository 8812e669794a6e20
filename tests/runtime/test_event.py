"""CloudEvents on a record: structured, binary, plain, and everything that is none of them."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import wire
from runtime.errors import DecodeError
from runtime.event import STRUCTURED, Event, read, write
from runtime.record import Record
from tests.runtime.making import NOON, NOON_MS, as_record, record

MOST = 100_000
PLAIN = {"id": "o-1"}


def structured(**attributes: Any) -> Record:
    envelope = {"specversion": "1.0", "id": "1", "source": "/s", "type": "T", **attributes}
    return record(7, wire.encode(envelope), headers={"content-type": STRUCTURED})


def binary(value: bytes = b"{}", **attributes: str) -> Record:
    headers = {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "/s", "ce_type": "T"}
    headers.update({f"ce_{name}": text for name, text in attributes.items()})
    return record(7, value, headers=headers)


def refusal(bad: Record) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        read(bad, MOST)
    return caught.value


def data_of(event: Event) -> Any:
    return wire.decode(event.raw)


def test_reads_a_structured_event() -> None:
    event = read(structured(time=NOON, subject="o-1", data=PLAIN), MOST)

    assert (event.id, event.source, event.type, event.subject) == ("1", "/s", "T", "o-1")
    assert (event.time, event.topic, event.offset, event.key) == (NOON, "sales", 7, "k")
    assert data_of(event) == PLAIN


def test_reads_a_structured_event_that_has_no_content_type() -> None:
    event = read(record(0, structured(data=PLAIN).value), MOST)

    assert (event.id, data_of(event)) == ("1", PLAIN)


def test_reads_a_binary_event() -> None:
    event = read(binary(b'{"id":"o-1"}', time="2026-01-01T12:00:00Z", subject="o-1"), MOST)

    assert (event.id, event.source, event.type, event.subject) == ("1", "/s", "T", "o-1")
    assert (event.time, data_of(event)) == (NOON, PLAIN)


def test_attributes_of_a_binary_event_are_percent_decoded() -> None:
    assert read(binary(subject=quote("Größe 41")), MOST).subject == "Größe 41"


def test_reads_plain_json_by_its_place() -> None:
    event = read(record(7, b'{"id":"o-1"}', partition=2), MOST)

    assert (event.id, event.source) == (f"2:7:{NOON_MS}", "kafka:sales")
    assert (event.time, data_of(event)) == (NOON, PLAIN)


@pytest.mark.parametrize("value", [b"5", b'"text"', b"[1]", b"null", b"true"])
def test_plain_json_need_be_no_object(value: bytes) -> None:
    assert data_of(read(record(0, value), MOST)) == msgspec.json.decode(value)


@pytest.mark.parametrize("bare", [record(0, b""), binary(b""), structured(), structured(data=None)])
def test_a_tombstone_is_null(bare: Record) -> None:
    assert data_of(read(bare, MOST)) is None


def test_data_may_be_base64() -> None:
    event = read(structured(data_base64=base64.b64encode(b'{"id":"o-1"}').decode()), MOST)

    assert data_of(event) == PLAIN


@pytest.mark.parametrize("missing", ["id", "source"])
@pytest.mark.parametrize("value", [None, ""])
def test_an_event_without_id_or_source_is_known_by_its_place(missing: str, value: Any) -> None:
    event = read(structured(**{missing: value}), MOST)

    assert event.identity == f"kafka:sales\n0:7:{NOON_MS}"


def test_a_record_at_an_old_place_of_a_new_topic_is_another_event() -> None:
    old, new = record(7, b"{}"), record(7, b"{}", at_ms=NOON_MS + 1)

    assert read(old, MOST).identity != read(new, MOST).identity


def test_the_key_may_be_absent() -> None:
    assert read(record(0, b"{}", key=None), MOST).key is None


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (structured(specversion="0.3"), "specversion"),
        (structured(specversion=1.0), "specversion"),
        (structured(specversion=None), "specversion"),
        (structured(id=5), "id"),
        (structured(source=["x"]), "source"),
        (structured(time="yesterday"), "time"),
        (structured(time="2026-01-01T12:00:00"), "time"),
        (structured(time=5), "time"),
        (structured(data_base64="%%%"), "data_base64"),
        (structured(data_base64="Zg"), "data_base64"),
        (structured(data_base64=base64.b64encode(b'{"a":1,"a":2}').decode()), "a"),
        (binary(specversion="0.3"), "specversion"),
        (binary(time="yesterday"), "time"),
        (binary(time="123"), "time"),
        (binary(time="2026-01-01T12:00:00"), "time"),
        (binary(b'{"a":1,"a":2}'), "a"),
        (record(0, b'{"a":1,"a":2}'), "a"),
        (record(0, b'{"price":1e999}'), "price"),
    ],
)
def test_a_broken_event_is_refused_naming_the_field(bad: Record, field: str) -> None:
    assert refusal(bad).field == field


@pytest.mark.parametrize(
    "value",
    [b"{", b"\xff\xfe", b"NaN", b'{"a":Infinity}', b"[" * 50_000, b"{}{}", b"\x00", b"\x93\x01"],
)
def test_what_is_no_json_is_refused(value: bytes) -> None:
    refusal(record(0, value))


def test_deep_nesting_behind_what_is_no_utf8_is_told_as_such() -> None:
    assert "nested too deeply" in str(refusal(record(0, b'{"\xff":%b' % (b"[" * 50_000))))


def test_a_content_type_that_claims_a_cloud_event_is_taken_at_its_word() -> None:
    claim = record(0, b'{"id":"1"}', headers={"content-type": f"{STRUCTURED}; charset=utf-8"})

    assert "Not a CloudEvent" in str(refusal(claim))


def test_a_large_record_is_refused_unread() -> None:
    assert "100001 bytes; expected at most 100000" in str(refusal(record(0, b"[" * 100_001)))


@pytest.mark.parametrize("at_ms", [2**63 - 1, -(2**63)])
def test_a_timestamp_beyond_the_calendar_is_refused(at_ms: int) -> None:
    assert "expected milliseconds since 1970" in str(refusal(record(0, b"{}", at_ms=at_ms)))


def test_an_event_that_was_written_is_read_as_it_was() -> None:
    message = write("sold", "k", PLAIN, id="1", source="/s", type="T", time=NOON)
    event = read(as_record(message), MOST)

    assert (event.id, event.source, event.type, event.time) == ("1", "/s", "T", NOON)
    assert (message.topic, message.key, data_of(event)) == ("sold", "k", PLAIN)


def test_a_plain_event_is_the_data_alone_and_read_as_it_was() -> None:
    id = "50% of 'é'\n"
    message = write("sold", "k", PLAIN, id=id, source="/s", type="T", time=NOON, plain=True)
    event = read(as_record(message), MOST)

    assert msgspec.json.decode(message.value) == PLAIN
    assert (event.id, event.source, event.type, event.time) == (id, "/s", "T", NOON)
    assert (event.key, data_of(event)) == ("k", PLAIN)
    assert all(value.isascii() and value.isprintable() for value in message.headers.values())


#: Texts as JSON and CloudEvents know them, without halves of surrogate pairs.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)  # a busy machine is no failure
@given(id=TEXT, source=TEXT, subject=TEXT, data=DATA)
def test_an_event_is_the_same_in_every_mode(id: str, source: str, subject: str, data: Any) -> None:
    raw = msgspec.json.encode(data)
    named = {"id": id, "source": source, "subject": subject}
    quoted = {name: quote(text) for name, text in named.items()}
    events = [
        read(structured(**named, time=NOON, data=data), MOST),
        read(structured(**named, time=NOON, data_base64=base64.b64encode(raw).decode()), MOST),
        read(binary(raw, **quoted, time="2026-01-01T12:00:00Z"), MOST),
    ]

    assert {(each.id, each.source, each.subject, each.time) for each in events} == {
        (id, source, subject, NOON)
    }
    assert [data_of(each) for each in events] == [data] * 3


@settings(deadline=None)
@given(data=DATA.filter(lambda data: not (isinstance(data, dict) and "specversion" in data)))
def test_plain_json_is_its_own_data(data: Any) -> None:
    assert data_of(read(record(7, msgspec.json.encode(data)), MOST)) == data


ATTRIBUTES = st.dictionaries(
    st.sampled_from(["specversion", "id", "source", "type", "time", "data", "data_base64"]),
    st.none() | st.text() | st.integers() | st.floats() | st.just("1.0") | st.lists(st.text()),
)
HEADERS = st.dictionaries(
    st.sampled_from(["ce_specversion", "ce_id", "ce_time", "ce_source", "content-type", "x"]),
    st.text() | st.just("1.0") | st.just(STRUCTURED) | st.just("2026-01-01T12:00:00Z"),
)


@settings(deadline=None)  # a busy machine is no failure
@given(
    value=st.binary() | ATTRIBUTES.map(msgspec.json.encode),
    headers=HEADERS,
    at_ms=st.integers(-(2**63), 2**63 - 1),
)
def test_reading_ends_in_an_event_or_a_decode_error(
    value: bytes, headers: dict[str, str], at_ms: int
) -> None:
    try:
        event = read(Record("sales", 0, 0, None, value, headers, at_ms), MOST)
    except DecodeError as error:
        assert str(error)  # noqa: PT017  either is right, nothing else is
    else:
        assert event.id
        assert isinstance(event.time, datetime)
        assert event.time.tzinfo is not None
