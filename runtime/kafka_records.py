"""From what Kafka's client hands out to a record."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from confluent_kafka import Message as Delivered

from runtime.progress import Place
from runtime.record import Record


def record_of(delivered: Delivered, headers: Container[str] | None = None) -> Record:
    """Return the record; of its headers only these where they are named.

    Bytes of keys and headers that are no UTF-8 are spelled out, as in `\\xff`.
    """
    topic, partition = place_of(delivered)
    key: Any = delivered.key()
    value: Any = delivered.value()
    found: Any = delivered.headers() or []  # the type hints allow for dicts, which never come
    return Record(
        topic=topic,
        partition=partition,
        offset=offset_of(delivered),
        key=None if key is None else _text(key),
        value=value or b"",
        headers={
            name: _text(content or b"")
            for name, content in found
            if headers is None or name in headers
        },
        timestamp_ms=max(0, delivered.timestamp()[1]),
    )


def place_of(delivered: Delivered) -> Place:
    """Return its topic and partition."""
    topic, partition = delivered.topic(), delivered.partition()
    assert topic is not None  # only messages that were not sent yet have none
    assert partition is not None
    return topic, partition


def offset_of(delivered: Delivered) -> int:
    """Return its offset; at the end of a partition the one that is written next."""
    offset = delivered.offset()
    assert offset is not None
    return offset


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode("utf-8", "backslashreplace")
