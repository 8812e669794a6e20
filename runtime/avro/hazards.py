"""Schemas by which a few bytes could stop the process that reads them.

fastavro reads in C. A type that is part of itself lets one record of a megabyte nest a million
deep, which ends the process where Python would raise; an array whose items take no bytes may claim
to have 2^62 of them. Nobody means either, so what is written by such a schema cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: Digits of a decimal; 10 to the power of what a schema says has to be computed.
MOST_DIGITS = 1000
#: Schemas within schemas.
_MOST_DEEP = 64
_NAMED = ("record", "error", "enum", "fixed")


def refuse_hazards(*schemas: Any) -> None:
    """Raise ValueError when values of these schemas, each after those it names, are not safe."""
    looking = _Looking()
    for schema in schemas:
        looking.look(schema, 0, "")


class _Looking:
    def __init__(self) -> None:
        self._open: list[str] = []
        #: Which named types take no bytes.
        self._empty: dict[str, bool] = {}

    def look(self, schema: Any, deep: int, namespace: str) -> bool:
        """Return whether a value of the schema may take no bytes at all."""
        if deep > _MOST_DEEP:
            raise ValueError("it is nested too deeply")
        if isinstance(schema, str):
            return self._named(schema, namespace)
        if isinstance(schema, list):
            for each in schema:
                self.look(each, deep + 1, namespace)
            return False  # a union says which one it is
        return self._typed(schema, deep + 1, namespace)

    def _typed(self, schema: Mapping[str, Any], deep: int, namespace: str) -> bool:
        kind = schema["type"]
        if schema.get("logicalType") == "decimal" and schema.get("precision", 0) > MOST_DIGITS:
            raise ValueError(f"it has a decimal of more than {MOST_DIGITS} digits")
        if kind in ("array", "map"):
            inner = schema["items" if kind == "array" else "values"]
            if self.look(inner, deep, namespace) and kind == "array":
                raise ValueError("it has an array whose items take no bytes")
            return False
        if kind in _NAMED:
            return self._type_of_a_name(schema, deep, namespace)
        return self.look(kind, deep, namespace)

    def _type_of_a_name(self, schema: Mapping[str, Any], deep: int, namespace: str) -> bool:
        namespace = schema.get("namespace", namespace)
        name = _full(schema["name"], namespace)
        self._open.append(name)
        if schema["type"] == "fixed":
            is_empty = bool(schema["size"] == 0)
        elif schema["type"] == "enum":
            is_empty = False
        else:
            inner = name.rpartition(".")[0]
            # All of them are looked at, also behind one that takes bytes.
            is_empty = all([self.look(each, deep, inner) for each in _types(schema)])
        self._open.pop()
        self._empty[name] = is_empty
        return is_empty

    def _named(self, name: str, namespace: str) -> bool:
        full = _full(name, namespace)
        if full in self._open or name in self._open:
            raise ValueError(f"the type {name} is part of itself")
        return name == "null" or self._empty.get(full, self._empty.get(name, False))


def _types(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from (field["type"] for field in schema["fields"])


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"
