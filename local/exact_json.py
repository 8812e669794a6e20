"""JSON as it was written: no number loses a digit, and what has two readings is refused.

Numbers are kept as the text they are (`msgspec.Raw`), so 1.10 stays 1.10 and 1e999 stays itself.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec

from runtime import wire


def parse(raw: bytes) -> Any:
    """Read a document; raises ValueError when it is no JSON, or has a key twice in one object."""
    try:
        found = json.loads(
            raw.decode(),
            object_pairs_hook=_object,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_refuse,
        )
        write(found)  # half a surrogate pair can be read, but not be written
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None
    return found


def write(value: Any) -> bytes:
    """Write what `parse` returned, without spaces. Raises ValueError for half a character."""
    return wire.encode(value)


def pretty(raw: bytes) -> str:
    """Lay a document out over lines, its numbers and keys as they are; other text as it is."""
    try:
        return msgspec.json.format(raw, indent=2).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return raw.decode(errors="backslashreplace")


def _number(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A key stands twice in one object.")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON.")
