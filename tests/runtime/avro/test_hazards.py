"""By which schemas a record could stop the process that reads it."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.avro.codec import Codec
from runtime.errors import DecodeError
from tests.runtime.avro.making import Registry, fields


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (fields("Node", next=["null", "Node"]), "part of itself"),
        (fields("a.b.Node", next={"type": "array", "items": "a.b.Node"}), "part of itself"),
        ({"type": "array", "items": "null"}, "take no bytes"),
        ({"type": "array", "items": fields("Empty")}, "take no bytes"),
        ({"type": "array", "items": fields("E", a="null", b=fields("F"))}, "take no bytes"),
        ({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}, "take no bytes"),
        (fields("R", a=fields("E"), b={"type": "array", "items": "E"}), "take no bytes"),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 10**9},
            "more than 1000 digits",
        ),
    ],
)
def test_what_is_written_by_it_is_not_read(schema: Any, told: str) -> None:
    registry = Registry()
    id = registry.add(schema)

    with pytest.raises(DecodeError, match=told):
        Codec(registry).read(b"\0" + id.to_bytes(4, "big") + b"\xff" * 9 + b"\1" + b"\2" * 100)


def test_a_type_that_stands_in_two_places_is_none() -> None:
    registry = Registry()
    point = fields("Point", x="int")
    id = registry.add(fields("Line", a=point, b="Point", c={"type": "array", "items": "Point"}))

    assert Codec(registry).read(b"\0" + id.to_bytes(4, "big") + b"\2\4\2\6\0") == (
        b'{"a":{"x":1},"b":{"x":2},"c":[{"x":3}]}'
    )


def test_schemas_within_schemas_end() -> None:
    schema: Any = "int"
    for _ in range(200):
        schema = {"type": "array", "items": schema}
    registry = Registry()

    with pytest.raises(DecodeError, match="nested too deeply"):
        Codec(registry).read(b"\0" + registry.add(schema).to_bytes(4, "big") + b"\0")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"type": "nothing"}', '"acme.Unknown"', "[[["])
def test_a_schema_that_is_none_is_told(text: str) -> None:
    registry = Registry()
    registry.schemas[1] = [text]

    with pytest.raises(DecodeError, match="The schema 1 cannot be used"):
        Codec(registry).read(b"\0\0\0\0\1a")
