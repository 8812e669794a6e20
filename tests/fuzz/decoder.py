"""What is fuzzed: everything that reads a record, up to the call of the function."""

from __future__ import annotations

from typing import Any

import msgspec

from runtime import intake, wire
from runtime.errors import DecodeError, Reject, SluiceError
from runtime.record import Record
from runtime.registry import load
from runtime.spec import FunctionSpec, Topic
from tests.fuzz.avro import TOPIC, TOPICS, framed

MOST_BYTES = 1024 * 1024


class Tree(msgspec.Struct):
    """A type that knows itself."""

    id: str = ""
    parts: list[Tree] = []
    by: dict[str, Tree] = {}
    note: Any = None


def specs() -> list[FunctionSpec]:
    """Every topic function there is: each has a type of its own."""
    return [spec for spec in load("functions").functions() if isinstance(spec.trigger, Topic)]


def read(spec: FunctionSpec, record: Record) -> str:
    """Read a record as the runtime does; say how that ended. Raises AssertionError for nonsense."""
    item = intake.read(spec, record, MOST_BYTES)
    if item.error is not None:
        assert isinstance(item.error, SluiceError), repr(item.error)
        assert str(item.error)
        return type(item.error).__name__
    assert item.event is not None
    assert item.event.id
    assert item.event.time.tzinfo is not None
    try:
        list(intake.keys_of(spec, item))
    except Reject:  # a key that no store can keep: that event's dead letter
        return "Reject"
    return "read"


def avro(spec: FunctionSpec, record: Record) -> str:
    """Read a record whose value begins as Avro does, by one of the schemas of `tests.fuzz.avro`."""
    value = framed(record.value)
    item = intake.read(
        spec, msgspec.structs.replace(record, topic=TOPIC, value=value), MOST_BYTES, TOPICS
    )
    if item.error is not None:
        assert isinstance(item.error, SluiceError), repr(item.error)
        return type(item.error).__name__
    return "read"


def round_trip(value: bytes) -> str:
    """What can be read can be written, and is then the same."""
    try:
        wire.refuse_duplicate_keys(value)
        found = wire.decode(value)
        again = wire.decode(wire.encode(found))
        assert again == found, (found, again)
        wire.decode(value, Tree)
    except DecodeError as error:
        assert str(error)  # noqa: PT017  either is right, nothing else is
        return "DecodeError"
    return "read"


def convert(text: str) -> str:
    """A parameter of a query or a path."""
    for wanted in (int, float, bool, str | None):
        try:
            wire.convert(text, wanted)
        except SluiceError as error:
            assert str(error)  # noqa: PT017
    return "converted"
