"""CloudEvents 1.0 on a Kafka record: structured, binary, or plain data that knows nothing of it.

Rules: CloudEvents Kafka protocol binding 1.0.2, sections 3.2 (binary: `ce_` headers) and 3.3
(structured: content-type `application/cloudevents+json`). The `cloudevents` library is not used
for reading: it makes up an id where one is missing, and two readings of one record would then be
two different events.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from runtime import wire
from runtime.avro.topics import AVRO, NO_AVRO, AvroTopics
from runtime.errors import DecodeError
from runtime.record import Message, Record

STRUCTURED = "application/cloudevents+json"
#: How the source begins that stands for a place: see `identity_of`.
PLACE = "kafka:"

#: Names and values of a record's headers together, in characters.
MOST_HEADER_CHARACTERS = 64 * 1024
#: What a header may say as it is (CloudEvents HTTP binding 1.0.2, section 3.1.3.2, and Kafka's).
_UNQUOTED = "!#$&'()*+,/:;<=>?@[\\]^`{|}"


class Event(msgspec.Struct, kw_only=True):
    """The envelope of what a function is called with.

    `time` is the event's own time (aware); without a CloudEvents `time` the record's timestamp.
    `raw` is the data as it came, Avro as the JSON it would have been; `data` is it decoded to the
    function's type, set by the runtime.
    """

    id: str
    source: str
    type: str
    time: datetime
    topic: str = ""
    partition: int = 0
    offset: int = 0
    key: str | None = None
    subject: str | None = None
    headers: dict[str, str] = {}
    raw: bytes | msgspec.Raw = b"null"
    data: Any = None

    @property
    def identity(self) -> str:
        """Source and id: what makes two deliveries the same event (CloudEvents 1.0, `id`)."""
        return f"{self.source}\n{self.id}"


class _Envelope(msgspec.Struct):
    specversion: str
    id: str | None = None
    source: str | None = None
    type: str | None = None
    time: datetime | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")
    data_base64: str | None = None


class _Outgoing(msgspec.Struct):
    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    datacontenttype: str
    data: Any


_envelope = msgspec.json.Decoder(_Envelope)


def read(record: Record, max_bytes: int, avro: AvroTopics = NO_AVRO) -> Event:
    """Read one record as an event. An empty value is a tombstone: JSON null.

    Raises DecodeError, and PlatformDown when an Avro schema cannot be asked for.
    """
    value = record.value
    if len(value) > max_bytes:
        raise DecodeError(f"The record has {len(value)} bytes; expected at most {max_bytes}.")
    if record.headers:
        _check_headers(record.headers)
    found = avro.json_of(record)
    if "ce_specversion" in record.headers:
        return _binary(record, value if found is None else found)
    if found is not None:
        return _plain(record, found)
    if not value:
        return _plain(record, b"null")
    said = wire.refuse_duplicate_keys(value)
    if said is not None and not _is_meant_as_event(record, said):
        return _plain(record, value)  # as after the error below, without reading it twice more
    try:
        envelope = _envelope.decode(value)
    except msgspec.ValidationError as error:
        return _not_an_envelope(record, error)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DecodeError(f"Not JSON: {error}.") from None
    except RecursionError:
        raise DecodeError("The JSON is nested too deeply.") from None
    return _structured(record, envelope)


def read_bytes(record: Record, max_bytes: int) -> Event:
    """Read one record for a function that decodes the data itself.

    What is no event, or not even JSON, is its bytes as they are. Raises DecodeError for a record
    that is too large, or whose timestamp is none.
    """
    try:
        return read(record, max_bytes)
    except DecodeError:
        if len(record.value) > max_bytes:
            raise
        return _plain(record, record.value)


def write(
    topic: str,
    key: str | None,
    data: object,
    *,
    id: str,
    source: str,
    type: str,
    time: datetime,
    plain: bool = False,
    avro: bytes | None = None,
) -> Message:
    """Make the record of an event that a function publishes: a structured CloudEvent.

    A `plain` one is in binary mode: its value is the data alone, its attributes are headers. So is
    one whose data is `avro`.
    """
    if plain or avro is not None:
        named = {"specversion": "1.0", "id": id, "source": source, "type": type}
        attributes = {**named, "time": time.isoformat()}
        headers = {f"ce_{name}": quote(value, safe=_UNQUOTED) for name, value in attributes.items()}
        content_type = "application/json" if avro is None else AVRO
        value = wire.encode(data) if avro is None else avro
        return Message(topic, key, value, {"content-type": content_type, **headers})
    envelope = _Outgoing("1.0", id, source, type, time, "application/json", data)
    return Message(topic, key, wire.encode(envelope), {"content-type": STRUCTURED})


def identity_of(record: Record) -> tuple[str, str]:
    """Return (source, id) for a record that names none, or that cannot be read: its place.

    The timestamp is part of it: in a topic that was deleted and made again the offsets start
    over, and a new record must not be taken for the old one at the same place.
    """
    return f"{PLACE}{record.topic}", f"{record.partition}:{record.offset}:{record.timestamp_ms}"


def _structured(record: Record, envelope: _Envelope) -> Event:
    _check_version(envelope.specversion)
    if envelope.data_base64 is not None:
        raw: bytes | msgspec.Raw = _from_base64(envelope.data_base64)
    else:
        raw = envelope.data
    return _event(
        record, envelope.id, envelope.source, envelope.type, envelope.time, envelope.subject, raw
    )


def _binary(record: Record, value: bytes) -> Event:
    attributes = {
        name[3:]: unquote(value) for name, value in record.headers.items() if name.startswith("ce_")
    }
    _check_version(attributes["specversion"])
    wire.refuse_duplicate_keys(value)
    time = wire.time_of(attributes["time"], "time") if "time" in attributes else None
    return _event(
        record,
        attributes.get("id"),
        attributes.get("source"),
        attributes.get("type"),
        time,
        attributes.get("subject"),
        value or b"null",
    )


def _plain(record: Record, raw: bytes) -> Event:
    return _event(record, None, None, None, None, None, raw)


def _not_an_envelope(record: Record, error: msgspec.ValidationError) -> Event:
    """Tell plain JSON from a broken CloudEvent."""
    found = wire.decode(record.value)
    if _is_meant_as_event(record, found):
        wrong = wire.wrong_value(error)
        raise DecodeError(f"Not a CloudEvent: {wrong}", field=wrong.field)
    return _plain(record, record.value)


def _is_meant_as_event(record: Record, found: object) -> bool:
    """Whether it says that it is a CloudEvent: plain JSON has no specversion."""
    claims = record.headers.get("content-type", "").startswith(STRUCTURED)
    return claims or (isinstance(found, dict) and "specversion" in found)


def _event(
    record: Record,
    id: str | None,
    source: str | None,
    type: str | None,
    time: datetime | None,
    subject: str | None,
    raw: bytes | msgspec.Raw,
) -> Event:
    if not (id and source):
        source, id = identity_of(record)
    if time is None:
        time = _time_of(record)
    elif time.tzinfo is None:
        raise DecodeError(
            f"The time {time.isoformat()} has no zone; expected RFC 3339.", field="time"
        )
    return Event(
        id=id,
        source=source,
        type=type or "",
        time=time,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        subject=subject,
        headers=record.headers,
        raw=raw,
    )


def _check_headers(headers: Mapping[str, str]) -> None:
    size = 0
    for name, value in headers.items():  # for each event: half of what two sums cost
        size += len(name) + len(value)
    if size > MOST_HEADER_CHARACTERS:
        raise DecodeError(
            f"The record's headers have {size} characters; "
            f"expected at most {MOST_HEADER_CHARACTERS}."
        )


def _time_of(record: Record) -> datetime:
    try:
        return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
    except (OverflowError, ValueError):
        raise DecodeError(
            f"The record's timestamp is {record.timestamp_ms}; expected milliseconds since 1970."
        ) from None


def _check_version(found: str) -> None:
    if found != "1.0":
        raise DecodeError(f"specversion is {found!r}; expected '1.0'.", field="specversion")


def _from_base64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecodeError(f"data_base64 is no base64: {error}.", field="data_base64") from None
    wire.refuse_duplicate_keys(raw)
    return raw
