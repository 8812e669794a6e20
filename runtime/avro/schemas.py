"""From the type of an event to its Avro schema, with the names that it has as JSON.

What Avro cannot say exactly is refused when the service starts, not when the first event is lost
on it: values of any type, objects that refer to themselves, and unions of several structs, whose
bytes do not say which one they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import inspect

from runtime.avro.logical import EPOCH, EXACT, decimal_bytes
from runtime.errors import DeclarationError

Schema = Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIMPLE: Mapping[type, Schema] = {
    inspect.NoneType: "null",
    inspect.BoolType: "boolean",
    inspect.IntType: "long",
    inspect.FloatType: "double",
    inspect.StrType: "string",
    inspect.BytesType: "bytes",
    inspect.DateTimeType: {"type": "long", "logicalType": "timestamp-micros"},
    inspect.DateType: {"type": "int", "logicalType": "date"},
    inspect.UUIDType: {"type": "string", "logicalType": "uuid"},
    # As JSON has them: a time of day with its zone, and a duration, are nothing that Avro knows.
    inspect.TimeType: "string",
    inspect.TimeDeltaType: "string",
    inspect.DecimalType: {"type": "string", "logicalType": EXACT},
}
_LISTS = (inspect.ListType, inspect.SetType, inspect.FrozenSetType, inspect.VarTupleType)
_OBJECTS = (inspect.StructType, inspect.DataclassType, inspect.TypedDictType)
_NONE = object()


def schema_of(wanted: Any) -> str:
    """Return the schema of a type, as JSON that is the same in every process.

    A Decimal is written exactly, as text; one whose type says
    `Meta(extra={"precision": 18, "scale": 2})` is Avro's own `decimal`. Raises DeclarationError
    that names each field which Avro cannot say.
    """
    deriving = _Deriving()
    try:
        found = deriving.schema(inspect.type_info(wanted), "")
    except RecursionError:
        deriving.problems.append("it refers to itself")
    if deriving.problems:
        listed = "".join(f"\n  - {problem}" for problem in deriving.problems)
        raise DeclarationError(f"The type {_words(wanted)} cannot be Avro:{listed}")
    return json.dumps(found, separators=(",", ":"))


class _Deriving:
    """One type while its schema is made. A struct is described once, and named after that."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._named: dict[str, Any] = {}
        self._open: list[Any] = []

    def schema(self, info: Any, path: str) -> Schema:
        if isinstance(info, inspect.Metadata):
            return self._stated(info, path)
        if type(info) in _SIMPLE:
            return _SIMPLE[type(info)]
        if isinstance(info, _LISTS):
            return {"type": "array", "items": self.schema(info.item_type, f"{path}[]")}
        if isinstance(info, inspect.TupleType):
            return self._tuple(info, path)
        if isinstance(info, inspect.DictType):
            return {"type": "map", "values": self.schema(info.value_type, f"{path}{{}}")}
        if isinstance(info, _OBJECTS):
            return self._record(info, path)
        if isinstance(info, inspect.EnumType):
            return self._enum(info)
        if isinstance(info, inspect.LiteralType):
            return self._union([_literal(value) for value in info.values], path)
        if isinstance(info, inspect.UnionType):
            return self._union([self.schema(each, path) for each in info.types], path)
        return self._refused(path, f"is {_words(getattr(info, 'cls', type(info)))}")

    def _stated(self, info: Any, path: str) -> Schema:
        extra = info.extra or {}
        if isinstance(info.type, inspect.DecimalType) and "precision" in extra:
            stated = {"precision": extra["precision"], "scale": extra.get("scale", 0)}
            if all(type(n) is int for n in stated.values()) and (
                0 <= stated["scale"] <= stated["precision"] != 0
            ):
                return {"type": "bytes", "logicalType": "decimal", **stated}
            return self._refused(path, f"states {stated}")
        return self.schema(info.type, path)

    def _tuple(self, info: Any, path: str) -> Schema:
        kinds = _once(self.schema(each, f"{path}[]") for each in info.item_types)
        if len(kinds) != 1:
            return self._refused(path, "is a tuple of several types")
        return {"type": "array", "items": kinds[0]}

    def _record(self, info: Any, path: str) -> Schema:
        if info.cls in self._open:
            return self._refused(path, f"refers to {info.cls.__name__}, which it is part of")
        if getattr(info, "array_like", False):
            return self._refused(path, f"is {info.cls.__name__}, which is written as an array")
        name, is_new = self._name(info.cls, path)
        if not is_new:
            return name
        self._open.append(info.cls)
        config = getattr(info.cls, "__struct_config__", None)
        omits = config is not None and config.omit_defaults
        fields = [self._field(each, path, omits) for each in info.fields]
        if getattr(info, "tag_field", None) is not None:
            tag = _literal(info.tag)
            fields.insert(0, {"name": info.tag_field, "type": tag, "default": info.tag})
        self._open.pop()
        return {"type": "record", "name": name, "fields": fields}

    def _field(self, field: Any, path: str, omits: bool) -> Schema:
        place = f"{path}.{field.encode_name}".lstrip(".")
        if not _NAME.fullmatch(field.encode_name):
            self._refused(place, "has a name that Avro does not allow")
        found = {"name": field.encode_name, "type": self.schema(field.type, place)}
        default = _default(field)
        if default is _NONE:
            return found
        if isinstance(found["type"], list):  # a default is of the first type of a union
            found["type"] = sorted(found["type"], key=lambda each: not _is_of(default, each))
        written = _written(default, found["type"])
        if written is _NONE and omits:
            self._refused(place, "has a default that is left out, and that a schema cannot say")
        return found if written is _NONE else {**found, "default": written}

    def _enum(self, info: Any) -> Schema:
        values = [each.value for each in info.cls]
        name, is_new = self._name(info.cls, "")
        if all(isinstance(each, str) and _NAME.fullmatch(each) for each in values):
            return {"type": "enum", "name": name, "symbols": values} if is_new else name
        return _literal(values[0])

    def _union(self, kinds: Iterable[Schema], path: str) -> Schema:
        found = sorted(_flat(_once(kinds)), key=lambda each: each != "null")
        if len(found) == 1:
            return found[0]
        bases = [_base(each) for each in found]
        if len(set(bases)) < len(bases):
            return self._refused(path, f"may be one of several {max(bases, key=bases.count)}s")
        return found

    def _name(self, cls: Any, path: str) -> tuple[str, bool]:
        name = re.sub(r"[^A-Za-z0-9_]+", "_", cls.__name__).strip("_")
        other = self._named.setdefault(name, None)
        if other is not None and other is not cls:
            self._refused(path, f"is another {name} than the one before; names stand for one type")
        self._named[name] = cls
        return name, other is None

    def _refused(self, path: str, problem: str) -> Schema:
        self.problems.append(f"{path or 'it'} {problem}")
        return "null"


def _default(field: Any) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    if field.default_factory is not msgspec.NODEFAULT:
        made = field.default_factory()
        # What is made anew for each event, such as an id, is no default of the schema.
        if isinstance(made, Enum) or (isinstance(made, list | dict | tuple | set) and not made):
            return made
    return _NONE


def _written(default: Any, kind: Schema) -> Any:
    """A default as schemas have it; none for what would take more than a word."""
    first = kind[0] if isinstance(kind, list) else kind
    if isinstance(default, Enum):
        return default.value
    if isinstance(default, Decimal):
        if _base(first) == "string":
            return str(default)
        return decimal_bytes(default, first["precision"], first["scale"]).decode("latin-1")
    if isinstance(default, datetime):
        return (default - EPOCH) // timedelta(microseconds=1) if default.tzinfo else _NONE
    if isinstance(default, date):
        return (default - EPOCH.date()).days
    if isinstance(default, bytes):
        return default.decode("latin-1")  # as the specification has it
    if isinstance(default, list | tuple | set | frozenset):
        return [] if not default else _NONE
    if isinstance(default, dict):
        return {} if not default else _NONE
    if default is None or isinstance(default, bool | int | float | str):
        return default
    if isinstance(default, UUID | time | timedelta):
        return msgspec.to_builtins(default)
    return _NONE


def _is_of(default: Any, kind: Schema) -> bool:
    """Is a default of this one of the types of a union?"""
    if isinstance(default, Decimal):
        return isinstance(kind, dict) and kind.get("logicalType") in (EXACT, "decimal")
    if isinstance(default, Enum):
        return _base(kind) == "enum" or _base(kind) == _literal(default.value)
    kinds: dict[type, str] = {type(None): "null", bool: "boolean", int: "long", float: "double"}
    kinds |= {datetime: "long", date: "int", bytes: "bytes", dict: "map"}
    kinds |= dict.fromkeys((list, tuple, set, frozenset), "array")
    return _base(kind) == kinds.get(type(default), "string")


def _literal(value: Any) -> Schema:
    return "null" if value is None else "string" if isinstance(value, str) else "long"


def _base(kind: Schema) -> str:
    """What tells the types of a union apart."""
    return str(kind["type"] if isinstance(kind, dict) else kind)


def _flat(kinds: Iterable[Schema]) -> list[Schema]:
    found: list[Schema] = []
    for kind in kinds:
        found += kind if isinstance(kind, list) else [kind]
    return _once(found)


def _once(kinds: Iterable[Schema]) -> list[Schema]:
    found: list[Schema] = []
    for kind in kinds:
        if kind not in found:
            found.append(kind)
    return found


def _words(wanted: Any) -> str:
    return getattr(wanted, "__name__", None) or str(wanted)
