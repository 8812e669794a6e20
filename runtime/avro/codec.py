"""Avro in Confluent's framing, to JSON and back: byte 0, the schema's number, Avro's binary form.

A value that was read becomes the JSON it would have been. So what a function is given, and what is
said of a wrong field, does not depend on how the event came; and a reader takes the fields it
knows by their names, with its own defaults for those that the writer did not have.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import fastavro
import msgspec

from runtime import wire
from runtime.avro import logical
from runtime.avro.hazards import refuse_hazards
from runtime.avro.registry import SchemaRegistry
from runtime.errors import DecodeError
from runtime.outages import Outages

T = TypeVar("T")

MAGIC = b"\0"
_FRAME_BYTES = 5
#: Schemas that are kept, the latest used ones.
MOST_SCHEMAS = 1000
#: So long a number is remembered that the registry does not know: a producer that writes by it
#: would else cost a question for each of its records.
UNKNOWN_SECONDS = 5.0
#: What fastavro is to see as it is: it has types of its own for them.
_KEPT = (Decimal, datetime, date, bytes)
#: How fastavro is to write: what a record lacks and has no default for is an error, and so is what
#: it has too many of; and a tuple is an array. Left alone, fastavro takes one where several types
#: are possible for the name of a type and a value.
_WRITING = {"strict_allow_default": True, "disable_tuple_notation": True}

logical.install()


class Codec:
    """Reads and writes values by the schemas of a registry. Safe to call from many threads."""

    def __init__(self, registry: SchemaRegistry, outages: Outages | None = None) -> None:
        self.registry = registry
        self._outages = outages or Outages()
        self._parsed: OrderedDict[int, Any] = OrderedDict()
        self._unknown: dict[int, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def read(self, value: bytes) -> bytes:
        """Return a framed value as JSON.

        Raises DecodeError when it is none, its schema is unknown, or its bytes are not what the
        schema says; PlatformDown when the registry does not answer.
        """
        return self._read(value, wire.encode)

    def datum(self, value: bytes) -> Any:
        """Return a framed value as Python has it, with every type that the schema names.

        Raises what `read` does.
        """
        return self._read(value, lambda found: found)

    def write(self, id: int, data: object) -> bytes:
        """Return an event framed, by the schema of this number; raises DecodeError, PlatformDown.

        Raises ValueError or TypeError when the event is not of the schema, or not exactly.
        """
        return self.framed(id, msgspec.to_builtins(data, builtin_types=_KEPT, str_keys=True))

    def framed(self, id: int, datum: object) -> bytes:
        """Return what `datum` has returned, or the like of it, framed; raises what `write` does."""
        body = io.BytesIO()
        body.write(MAGIC + id.to_bytes(4, "big"))
        fastavro.schemaless_writer(body, self.schema(id), datum, **_WRITING)
        return body.getvalue()

    def _read(self, value: bytes, taken: Callable[[Any], T]) -> T:
        id = schema_id(value)
        schema = self.schema(id)
        body = io.BytesIO(value)
        body.seek(_FRAME_BYTES)
        try:
            found = fastavro.schemaless_reader(body, schema, None)
            left = len(value) - body.tell()
            if left:
                raise ValueError(f"{left} bytes are left over")
            return taken(found)
        except Exception as error:  # fastavro has no error of its own for what it cannot read
            reason = str(error) or type(error).__name__
            raise DecodeError(f"Not Avro of the schema {id}: {reason}.") from None

    def register(self, subject: str, schema: str) -> int:
        """Make a schema known; raises SchemaRefused, PlatformDown."""
        with self._outages.trying(self.registry.name):
            id = self.registry.register(subject, schema)
        self._keep(id, _parse(id, [schema]))
        return id

    def schema(self, id: int) -> Any:
        """Return the schema of this number, parsed. Raises DecodeError, PlatformDown."""
        with self._lock:
            if id in self._parsed:
                self._parsed.move_to_end(id)
                return self._parsed[id]
            until, reason = self._unknown.get(id, (0.0, ""))
        if time.monotonic() < until:
            raise DecodeError(reason)
        return self._learn(id)

    def _learn(self, id: int) -> Any:
        try:
            with self._outages.trying(self.registry.name):
                texts = self.registry.schema(id)
            parsed = _parse(id, texts)
        except DecodeError as error:
            with self._lock:
                if len(self._unknown) >= MOST_SCHEMAS:
                    self._unknown.clear()
                self._unknown[id] = time.monotonic() + UNKNOWN_SECONDS, str(error)
            raise
        self._keep(id, parsed)
        return parsed

    def _keep(self, id: int, parsed: Any) -> None:
        with self._lock:
            self._parsed[id] = parsed
            if len(self._parsed) > MOST_SCHEMAS:
                self._parsed.popitem(last=False)


def schema_id(value: bytes) -> int:
    """Return the number of the schema that a framed value is written by; raises DecodeError."""
    if value[:1] != MAGIC or len(value) < _FRAME_BYTES:
        raise DecodeError(
            f"The value is {len(value)} bytes that begin with {value[:_FRAME_BYTES].hex(' ')}; "
            "expected Avro in Confluent's framing: 00, and 4 bytes of its schema's number."
        )
    return int.from_bytes(value[1:_FRAME_BYTES], "big")


def _parse(id: int, texts: Sequence[str]) -> Any:
    named: dict[str, dict[Any, Any]] = {}
    try:
        schemas = [json.loads(text) for text in texts]
        refuse_hazards(*schemas)
        for schema in schemas:
            parsed = fastavro.parse_schema(schema, named_schemas=named)
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as error:
        raise DecodeError(f"The schema {id} cannot be used: {error!r}.") from None
    except fastavro.schema.SchemaParseException as error:
        raise DecodeError(f"The schema {id} cannot be used: {error!r}.") from None
    _put_bytes(parsed)
    return parsed


def _put_bytes(schema: Any) -> None:
    """Make bytes of defaults that are: JSON has them as text, and fastavro would write that."""
    for each in schema if isinstance(schema, list) else [schema]:
        if not isinstance(each, dict):
            continue
        for field in each.get("fields", ()):
            kind = field["type"][0] if isinstance(field["type"], list) else field["type"]
            kind = kind["type"] if isinstance(kind, dict) else kind
            if kind in ("bytes", "fixed") and isinstance(field.get("default"), str):
                field["default"] = field["default"].encode("latin-1")
            _put_bytes(field["type"])
        _put_bytes([each.get("items"), each.get("values")])
