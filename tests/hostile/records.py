"""Records that somebody may write to a topic, by mistake or on purpose, and what becomes of them.

`fate` is "kept" where the archive can make sense of a record, "letter" where it cannot, "either"
where that is up to details.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MIB = 1024 * 1024
STRUCTURED = (("content-type", b"application/cloudevents+json"),)
#: The greatest that Kafka can store.
FAR_FUTURE_MS = 2**63 - 1


#: What stands before a dead letter that is sent back, without `sluice-`.
_LETTER = {
    "id": b"1", "function": b"archive.keep_paper", "error": b"E", "message": b"", "stack": b"",
    "cause": b"E", "attempts": b"1", "first-failed": b"2026-01-01T00:00:00+00:00",
    "last-failed": b"2026-01-01T00:00:00+00:00", "origin-topic": b"papers",
    "origin-partition": b"0", "origin-offset": b"0", "origin-timestamp": b"0",
    "event-id": b"1", "event-source": b"/tests", "due": b"",
}  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """One record as it goes to Kafka, with bytes where Kafka has bytes."""

    name: str
    value: bytes | None
    key: bytes | None = b"k"
    headers: tuple[tuple[str, bytes], ...] = ()
    at_ms: int | None = None
    fate: str = "letter"
    #: By the function's retry topic instead of its own.
    is_retry: bool = False


def as_text(raw: bytes) -> str:
    """What becomes of bytes that Dapr hands on as text: each one that is no UTF-8 is replaced."""
    text = ""
    while raw:
        try:
            return text + raw.decode()
        except UnicodeDecodeError as error:
            text += raw[: error.start].decode() + "\ufffd"
            raw = raw[error.start + 1 :]
    return text


def paper(id: str, **more: object) -> bytes:
    """A paper as plain JSON."""
    return json.dumps({"id": id, **more}).encode()


def structured(id: str, /, **attributes: object) -> bytes:
    """A paper in a structured CloudEvent."""
    envelope = {"specversion": "1.0", "id": id, "source": "/tests", "type": "paper"}
    return json.dumps({**envelope, "data": {"id": id}, **attributes}).encode()


def binary(id: str, /, **attributes: bytes) -> tuple[tuple[str, bytes], ...]:
    """The headers of a CloudEvent in binary mode."""
    given = {"specversion": b"1.0", "id": id.encode(), "source": b"/tests", "type": b"paper"}
    return tuple((f"ce_{name}", value) for name, value in {**given, **attributes}.items())


def corpus() -> list[Hostile]:
    """All of them, in an order in which each comes after a good one."""
    return [
        *_no_json(),
        *_no_paper(),
        *_numbers(),
        *_large_and_deep(),
        *_odd_texts(),
        *_structured(),
        *_binary(),
        *_headers(),
        *_keys(),
        *_times(),
        *_retries(),
    ]


def _no_json() -> Iterator[Hostile]:
    whole = paper("truncated")
    yield Hostile("a tombstone", None)
    yield Hostile("an empty value", b"")
    yield Hostile("blanks", b" \n\t ")
    for length in (1, len(whole) // 2, len(whole) - 1):
        yield Hostile(f"{length} bytes of a paper", whole[:length])
    yield Hostile("two papers in one record", whole + whole)
    yield Hostile("a comma too many", b'{"id":"comma",}')
    yield Hostile("a comment", b'{"id":"comment"} // well')
    yield Hostile("single quotes", b"{'id':'quotes'}")
    yield Hostile("a byte order mark", b"\xef\xbb\xbf" + whole)
    yield Hostile("UTF-16", '{"id":"utf-16"}'.encode("utf-16"))
    yield Hostile("no UTF-8", b'{"id":"\xff\xfe"}')
    yield Hostile("a surrogate in UTF-8", b'{"id":"\xed\xa0\x80"}')
    yield Hostile("half an escaped surrogate pair", b'{"id":"\\ud800"}')
    yield Hostile("a key that is half a surrogate pair", b'{"\\udfff":1,"id":"surrogate"}')
    yield Hostile("a NUL in a text", b'{"id":"nul\x00"}')
    yield Hostile("NULs", b"\x00" * 100)
    yield Hostile("Avro of a schema registry", b"\x00\x00\x00\x00\x01\x0eteapots\x02")
    yield Hostile("Protobuf", b"\x0a\x07teapots\x10\x01")
    yield Hostile("MessagePack", b"\x81\xa2id\xa7teapots")
    yield Hostile("XML", b'<?xml version="1.0"?><paper id="xml"/>')
    yield Hostile("CSV", b"id;pages\r\ncsv;1\r\n")
    yield Hostile("compressed", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")


def _no_paper() -> Iterator[Hostile]:
    for value in (b"null", b"true", b"5", b'"paper"', b"[]", b'[{"id":"a"}]', b"{}"):
        yield Hostile(f"the JSON {value.decode()}", value)
    yield Hostile("an id that is a number", b'{"id":5}')
    yield Hostile("an id that is null", b'{"id":null}')
    yield Hostile("an empty id", paper(""))
    yield Hostile("an id too long for a row", paper("x" * 3000))
    yield Hostile("an id with NUL", paper("nul\0"))
    yield Hostile("a key twice", b'{"id":"twice-1","id":"twice-2"}')
    yield Hostile("a key twice, once escaped", b'{"id":"twice-3","\\u0069d":"twice-4"}')
    yield Hostile("a key twice, deep within", b'{"id":"twice-5","notes":[{"a":1,"a":2}]}')
    yield Hostile("pages in words", paper("words", pages="two"))
    yield Hostile("pages with a fraction", paper("fraction", pages=1.5))


def _numbers() -> Iterator[Hostile]:
    for number in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"01", b"+1", b"0x10"):
        yield Hostile(f"the price {number.decode()}", b'{"id":"price","price":%b}' % number)
    yield Hostile("a price of no size", b'{"id":"price","price":1e-99999999999999999999}')
    beyond = b'{"id":"beyond-64","pages":18446744073709551616}'
    yield Hostile("pages beyond 64 bits", beyond, fate="kept")
    yield Hostile("a million digits", b'{"id":"digits","pages":%b}' % (b"9" * 1_000_000))
    yield Hostile("notes of 10,000 digits", b'{"id":"digits","notes":%b}' % (b"9" * 10_000))
    yield Hostile("negative pages", paper("negative", pages=-(2**63)), fate="kept")
    yield Hostile("minus zero", b'{"id":"minus-zero","price":-0}', fate="kept")
    yield Hostile("many decimals", b'{"id":"decimals","price":0.%b1}' % (b"0" * 400), fate="kept")


def _large_and_deep() -> Iterator[Hostile]:
    frame = len(paper("large", filler=""))
    largest = paper("large", filler="x" * (MIB - frame))
    yield Hostile("just 1 MiB", largest, fate="kept")
    yield Hostile("a byte over 1 MiB", largest.replace(b"x", b"xx", 1))
    echoed = paper("echoed", notes="x" * (MIB - frame))
    yield Hostile("just 1 MiB, which the receipt would exceed", echoed)
    yield Hostile("as much as the topic takes", b"x" * (16 * MIB - 200))
    yield Hostile("100,000 open brackets", b"[" * 100_000)
    yield Hostile("100,000 nested lists", b'{"id":"n","notes":%b%b}' % (b"[" * 10**5, b"]" * 10**5))
    yield Hostile("100,000 nested objects", b'{"id":"n","notes":%b' % (b'{"a":' * 10**5))
    yield Hostile(
        "deep in what nobody reads", b'{"id":"n","x":%b1%b}' % (b"[" * 10**5, b"]" * 10**5)
    )
    yield Hostile(
        "nested as deep as is read",
        paper("nested", notes=json.loads("[" * 100 + "]" * 100)),
        fate="kept",
    )
    wide = {f"key-{number}": number for number in range(20_000)}
    yield Hostile("20,000 keys", paper("wide", notes=wide), fate="kept")


def _odd_texts() -> Iterator[Hostile]:
    for id in ("a||b", "a/b%c", "Größe 41", "\u202eright to left", "e\u0301", "\U0001f600", "\x7f"):
        yield Hostile(f"the id {id!a}", paper(id), fate="kept")
    yield Hostile("a path", paper("../../etc/passwd"), fate="kept")
    yield Hostile("SQL", paper("'; DROP TABLE state; --"), fate="kept")
    yield Hostile("a template", paper("${jndi:ldap://127.0.0.1}{{7*7}}"), fate="kept")


def _structured() -> Iterator[Hostile]:
    for number, version in enumerate(("0.3", "1.1", "", 1, None)):
        value = structured(f"version-{number}", specversion=version)
        yield Hostile(f"specversion {version!r}", value, headers=STRUCTURED)
    for name, odd in (("id", 5), ("source", ["x"]), ("type", {}), ("time", "noon"), ("time", 5)):
        yield Hostile(f"{name} {odd!r}", structured("odd", **{name: odd}), headers=STRUCTURED)
    yield Hostile("a time without a zone", structured("zone", time="2026-01-01T12:00:00"))
    yield Hostile("a claim to be an event", paper("claim"), headers=STRUCTURED)
    yield Hostile("no data", structured("no-data", data=None), headers=STRUCTURED)
    yield Hostile("data in a text", structured("text", data='{"id":"text"}'), headers=STRUCTURED)
    yield Hostile("XML as data", structured("xml", data="<a/>", datacontenttype="text/xml"))
    good = base64.b64encode(paper("base64")).decode()
    yield Hostile("base64", structured("base64", data_base64=good), headers=STRUCTURED, fate="kept")
    for number, odd in enumerate(("%%%", "Zg", base64.b64encode(b"\x00").decode(), 5)):
        yield Hostile(f"the base64 {odd!r}", structured(f"base64-{number}", data_base64=odd))
    batch = b"[%b]" % structured("batch")
    kind = (("content-type", b"application/cloudevents-batch+json"),)
    yield Hostile("a batch of events", batch, headers=kind)
    for name in ("traceid", "traceparent", "tracestate", "expiration", "topic", "pubsubname"):
        yield Hostile(
            f"a {name} that is no text",
            structured(f"odd-{name}", **{name: 5}),
            headers=STRUCTURED,
            fate="kept",
        )
    beyond = structured("beyond", time="9999-12-31T23:59:59.999999999Z")
    yield Hostile("a time beyond the calendar when it is rounded", beyond)
    for number, time in enumerate(("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z")):
        yield Hostile(f"the time {time}", structured(f"time-{number}", time=time), fate="kept")
    yield Hostile(
        "a type of 100,000 characters", structured("type", type="t" * 100_000), fate="kept"
    )


def _binary() -> Iterator[Hostile]:
    for number, version in enumerate((b"0.3", b"", b" 1.0", b"\xff")):
        given = binary(f"binary-{number}", specversion=version)
        yield Hostile(f"ce_specversion {version!r}", paper("binary"), headers=given)
    for number, time in enumerate((b"noon", b"", b"123", b"2026-01-01", b"%FF")):
        given = binary(f"binary-time-{number}", time=time)
        yield Hostile(f"ce_time {time!r}", paper("binary"), headers=given)
    yield Hostile("no JSON in binary mode", b"\x00\x01", headers=binary("binary-bytes"))
    yield Hostile("a tombstone in binary mode", None, headers=binary("binary-tombstone"))
    only = (("ce_specversion", b"1.0"),)
    yield Hostile("no attributes but the version", paper("binary-bare"), headers=only, fate="kept")
    yield Hostile("a blank ce_id", paper("binary-blank"), headers=binary(""), fate="kept")
    twice = (*binary("binary-one"), ("ce_id", b"binary-two"))
    yield Hostile("ce_id twice", paper("binary-twice"), headers=twice, fate="kept")
    odd = binary("binary-percent", subject=b"%FF%ZZ%", source=b"\xff\xfe")
    yield Hostile("broken percents and bytes", paper("binary-percent"), headers=odd, fate="kept")
    both = (*binary("binary-both"), *STRUCTURED)
    yield Hostile("both modes at once", paper("binary-both"), headers=both, fate="kept")


def _headers() -> Iterator[Hostile]:
    names = (
        "a b",
        "x:y",
        "line\nbreak",
        "Größe",
        '"',
        "x" * 5_000,
        "ce_",
        "Content-Length",
        "sluice-id",
    )
    for number, name in enumerate(names):
        yield Hostile(
            f"the header {name[:20]!r}", paper(f"h-{number}"), headers=((name, b"1"),), fate="kept"
        )
    for number, value in enumerate((b"", b"\x00", b"a\r\nb", b"\xff\xfe", b"x" * 50_000)):
        given = (("odd", value),)
        yield Hostile(
            f"a header of {value[:9]!r}", paper(f"hv-{number}"), headers=given, fate="kept"
        )
        yield Hostile(f"a bad record with a header of {value[:9]!r}", b"{", headers=given)
    long = (("odd", b"x" * 200_000),)
    yield Hostile("a header of 200,000 characters", paper("long"), headers=long)
    many = tuple((f"header-{number}", b"v" * 50) for number in range(1000))
    yield Hostile("1,000 headers", paper("headers"), headers=many, fate="kept")
    yield Hostile("a bad record with 1,000 headers", b"{", headers=many)
    for name in (
        "__offset",
        "__partition",
        "__topic",
        "__key",
        "__timestamp",
        "rawPayload",
        "ttlInSeconds",
    ):
        given = ((name, b"7"),)
        yield Hostile(f"Dapr's own {name}", paper(f"own-{name}"), headers=given, fate="kept")
        yield Hostile(f"a bad record with Dapr's own {name}", b"{", headers=given)


def _keys() -> Iterator[Hostile]:
    for number, key in enumerate((None, b"", b"\x00", b"a||b", b"\xff\xfe", b"\n", b"x" * 100_000)):
        yield Hostile(f"the key {key and key[:9]!r}", paper(f"key-{number}"), key, fate="kept")
        yield Hostile(f"a bad record with the key {key and key[:9]!r}", b"{", key)


def _times() -> Iterator[Hostile]:
    for at_ms in (0, 1, 253_402_300_799_999):
        yield Hostile(f"the timestamp {at_ms}", paper(f"at-{at_ms}"), at_ms=at_ms, fate="kept")
    for at_ms in (253_402_300_800_000, FAR_FUTURE_MS // 1000):
        # Beyond the calendar; but where daprd reads it beside other ones that are centuries away,
        # it makes an other time of it.
        named = paper(f"at-{at_ms}")
        yield Hostile(f"the timestamp {at_ms}", named, at_ms=at_ms, fate="either")
    dated = structured("at-dated", time="2026-01-01T12:00:00Z")
    yield Hostile(
        "a timestamp that its event overrules", dated, at_ms=FAR_FUTURE_MS // 1000, fate="kept"
    )


def _retries() -> Iterator[Hostile]:
    odd = {
        "attempts": (b"many", b"-1", b"9" * 5000),
        "origin-offset": (b"", b"1.5", b"9" * 30),
        "origin-timestamp": (b"9" * 30, b"-1"),
        "first-failed": (b"yesterday", b"", b"\xff"),
        "retries": (b"many", b"-1", b"9" * 18),
        "due": (b"soon", b"9999-12-31T23:59:59Z", b"2026-01-01", b"\xff"),
        "message": (b"%", b"%ff%00", b"x" * 100_000),
    }
    yield Hostile("a paper on the retry topic", paper("retry-plain"), is_retry=True, fate="kept")
    for name, values in odd.items():
        for value in values:
            title = f"a letter whose {name} is {value[:20]!r}"
            yield _letter(title, b"{", name, value, fate="letter")
            if name == "origin-offset":
                continue  # another one from there would be the same event
            id = f"retry-{name}-{value[:20]!r}"
            yield _letter(f"{title}, about a paper", paper(id), name, value, fate="either")
    for name in _LETTER:
        yield _letter(f"a letter without {name}", b"{", name, None, fate="letter")


def _letter(title: str, record: bytes, name: str, value: bytes | None, *, fate: str) -> Hostile:
    # Each says that it comes from another place: two of one event would be one too many.
    number = b"%d" % (1_000_000 + zlib.crc32(title.encode()))
    given = {**_LETTER, "id": number, "origin-offset": number, name: value}
    headers = tuple((f"sluice-{n}", v) for n, v in given.items() if v is not None)
    return Hostile(title, record, headers=headers, is_retry=True, fate=fate)
