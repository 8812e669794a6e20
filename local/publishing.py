"""What does `sluice publish` append: an envelope around the data, or the bytes as they are?"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
from cloudevents.core.v1.event import CloudEvent

from local.errors import Misuse
from runtime import event as envelopes
from runtime import wire
from runtime.record import Message

SOURCE = "sluice/publish"
DEFAULT_TYPE = "sluice.published"


def envelope(
    topic: str,
    key: str | None,
    data: bytes,
    *,
    id: str | None = None,
    type: str | None = None,
    time: str | None = None,
    source: str = SOURCE,
    avro: bytes | None = None,
) -> Message:
    """Wrap data in a structured CloudEvent: JSON as JSON, other text as text, bytes as base64.

    What is `avro` already has its attributes in headers. `time` is the event's time, RFC 3339 with
    a zone; now when left out. Raises Misuse.
    """
    content_type, value = _content(data)
    attributes = {
        "id": id or str(uuid4()),
        "source": source,
        "type": type or DEFAULT_TYPE,
        "time": moment(time) if time else datetime.now(UTC),
        "datacontenttype": content_type,
    }
    event = CloudEvent(attributes, value)  # checks the attributes against the specification
    if avro is not None:
        named: Any = {name: attributes[name] for name in ("id", "source", "type", "time")}
        return envelopes.write(topic, key, None, avro=avro, **named)
    return Message(topic, key, _encode(event), {"content-type": envelopes.STRUCTURED})


def is_text(data: bytes) -> bool:
    """Whether the data of the envelope is text: UTF-8, and no JSON."""
    return _content(data)[0] == "text/plain"


def moment(text: str) -> datetime:
    """Read an RFC 3339 time with a zone. Raises Misuse."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise Misuse(
            f"--time is {text!r}; expected RFC 3339 with a zone, such as 2010-12-01T08:26:00Z."
        )
    return time


def headers_of(pairs: list[str]) -> dict[str, str]:
    """Read `name=value` pairs, or `name: value` as curl writes them. Raises Misuse."""
    found = {}
    for pair in pairs:
        match = re.fullmatch(r"([^\s=:]+)(?:=|:\s*)(.*)", pair, re.DOTALL)
        if match is None:
            raise Misuse(f"--header is {pair!r}; expected NAME=VALUE.")
        found[match[1]] = match[2]
    return found


def _content(data: bytes) -> tuple[str, Any]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream", data
    try:
        # Raw keeps every digit of a number: the text of the data goes into the envelope unread.
        return "application/json", msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return "text/plain", text


def _encode(event: CloudEvent) -> bytes:
    # The library's own JSON writer turns decimals into floats; the attributes are as it made them.
    content = event.get_data()
    part = "data_base64" if isinstance(content, bytes) else "data"
    return wire.encode({**event.get_attributes(), part: content})
