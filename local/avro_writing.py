"""JSON as Avro by a schema that is in the registry: what `sluice publish` appends to such a topic.

Functions write by the schema of their own type; a tool has none, and takes the newest one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from local.avro_values import SECONDS, address_of
from local.errors import Failure, Misuse


def written(
    topic: str, document: bytes, registry: str | None, data: Path, kafka: str | None
) -> bytes:
    """Return the value of a record: Avro by the topic's newest schema, in Confluent's framing.

    Raises Misuse when the document is not of that schema, Failure when there is no schema.
    """
    import fastavro

    from runtime.avro.codec import MAGIC, Codec
    from runtime.avro.registry import open_registry
    from runtime.avro.topics import subject_of

    address = address_of(registry, data, kafka)
    asked = open_registry(address, SECONDS) if address else None
    id = asked.newest(subject_of(topic)) if asked else None
    if asked is None or id is None:
        raise Failure(
            f"The topic {topic!r} is Avro, and nothing has its schema yet. Start the functions "
            "that publish to it, or name the registry with --registry; --raw appends bytes."
        )
    schema = Codec(asked).schema(id)
    named = schema.get("__named_schemas", {}) if isinstance(schema, dict) else {}
    body = io.BytesIO()
    try:
        value = _datum(schema, json.loads(document, parse_float=Decimal), named, topic)
        fastavro.schemaless_writer(body, schema, value, strict_allow_default=True)
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        raise Misuse(f"DATA is not of the schema {id} of {topic!r}: {error}.") from None
    return MAGIC + id.to_bytes(4, "big") + body.getvalue()


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
