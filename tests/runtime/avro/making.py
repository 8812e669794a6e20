"""Schema registries for tests, and values as producers that are not ours write them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import fastavro

from runtime.errors import DecodeError, PlatformDown


class Registry:
    """Schemas in memory; `asked` are the numbers it was asked for, and it may be `away`."""

    name = "the schema registry"

    def __init__(self) -> None:
        self.schemas: dict[int, list[str]] = {}
        self.asked: list[int] = []
        self.away = False

    def schema(self, id: int) -> Sequence[str]:
        self._answer()
        self.asked.append(id)
        if id not in self.schemas:
            raise DecodeError(f"The schema {id} is not in the registry.")
        return self.schemas[id]

    def register(self, subject: str, schema: str) -> int:
        self._answer()
        return self.add(json.loads(schema))

    def newest(self, subject: str) -> int | None:
        return max(self.schemas, default=None)

    def close(self) -> None:
        """Nothing is open."""

    def add(self, *schemas: Any) -> int:
        texts = [json.dumps(schema) for schema in schemas]
        known = {tuple(texts): id for id, texts in self.schemas.items()}
        id = known.get(tuple(texts), len(self.schemas) + 1)
        self.schemas[id] = texts
        return id

    def _answer(self) -> None:
        if self.away:
            raise PlatformDown("No answer.")


def framed(id: int, schema: Any, value: Any) -> bytes:
    """A value as another producer writes it."""
    body = io.BytesIO()
    fastavro.schemaless_writer(body, schema, value)
    return b"\0" + id.to_bytes(4, "big") + body.getvalue()


def fields(name: str, **types: Any) -> dict[str, Any]:
    """A record's schema."""
    listed = [{"name": each, "type": kind} for each, kind in types.items()]
    return {"type": "record", "name": name, "fields": listed}
