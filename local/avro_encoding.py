"""JSON as Avro by a schema that is in the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.avro.codec import Codec


def encoded(codec: Codec, id: int, document: bytes, place: str = "it") -> bytes:
    """Return a document as Avro of the schema of this number, in Confluent's framing.

    `place` is what it is called where something is wrong with it: a ValueError. Raises DecodeError
    for a schema that is not to be had, PlatformDown.
    """
    schema = codec.schema(id)
    named = schema.get("__named_schemas", {}) if isinstance(schema, dict) else {}
    try:
        value = _datum(schema, json.loads(document, parse_float=Decimal), named, place)
        return codec.framed(id, value)
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        raise ValueError(str(error) or type(error).__name__) from error


def _datum(kind: Any, value: Any, named: Mapping[str, Any], place: str) -> Any:
    """A value of JSON as what fastavro writes for this type. Raises ValueError."""
    kind = named.get(kind, kind) if isinstance(kind, str) else kind
    if isinstance(kind, list):
        return _one_of(kind, value, named, place)
    name = kind["type"] if isinstance(kind, dict) else kind
    logical = kind.get("logicalType", "") if isinstance(kind, dict) else ""
    if name == "record":
        return _fields(kind, _checked(value, dict, place), named, place)
    if name == "array":
        items = _checked(value, list, place)
        return [_datum(kind["items"], each, named, f"{place}[]") for each in items]
    if name == "map":
        values = _checked(value, dict, place)
        return {key: _datum(kind["values"], each, named, place) for key, each in values.items()}
    return _leaf(str(name), logical, value, place)


def _one_of(kinds: Sequence[Any], value: Any, named: Mapping[str, Any], place: str) -> Any:
    if value is None and "null" in kinds:
        return None
    problems = []
    for kind in kinds:
        if kind != "null":
            try:
                return _datum(kind, value, named, place)
            except ValueError as error:
                problems.append(str(error))
    raise ValueError("; ".join(problems) or f"{place} is {value!r}; expected null")


def _fields(kind: Any, value: dict[str, Any], named: Mapping[str, Any], place: str) -> Any:
    kinds = {field["name"]: field["type"] for field in kind["fields"]}
    if unknown := value.keys() - kinds.keys():
        raise ValueError(f"{place} has {min(unknown)!r}; expected of {', '.join(kinds)}")
    return {
        name: _datum(kinds[name], each, named, f"{place}.{name}") for name, each in value.items()
    }


def _leaf(name: str, logical: str, value: Any, place: str) -> Any:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if logical in ("decimal", "exact-decimal") and (is_number or isinstance(value, str)):
        return Decimal(value)
    if logical.startswith(("timestamp-", "local-timestamp-")) and isinstance(value, str):
        return datetime.fromisoformat(value)
    if logical == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    if logical.startswith("time-") and isinstance(value, str):
        return time.fromisoformat(value)
    if name in ("float", "double") and is_number:
        return float(value)
    wanted = {"int": int, "long": int, "boolean": bool, "null": type(None)}.get(name, str)
    found = _checked(value, wanted, place)
    if name in ("bytes", "fixed"):
        import base64

        return base64.b64decode(found, validate=True)
    return found


def _checked(value: Any, wanted: type, place: str) -> Any:
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ValueError(f"{place} is {value!r}; expected {wanted.__name__}")
    return value
