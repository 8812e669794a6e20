"""JSON as it travels: exact, strict, and fast enough for every event of a batch.

msgspec decodes straight into the type that a function asks for. What JSON leaves open is closed
here: a duplicate key is an error instead of "the last one wins" (RFC 8259 section 4 lets every
reader choose, so two readers may see two different orders), and NaN is no number.
"""

from __future__ import annotations

import functools
import json
import math
import re
import threading
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from runtime.errors import DecodeError

_encoder = msgspec.json.Encoder(decimal_format="number")
_anything = msgspec.json.Decoder()
_named_field = re.compile(r"(?:missing required|contains unknown) field `([^`]*)`")
_path = re.compile(r" - at `\$?\.?(?P<path>[^`]*)`$")
#: As numbers, and words by `find`: `b"N" in raw` raises and drops a TypeError first, because it
#: could be a number (Python 3.11: 380 ns in a row of 700 bytes, where the number takes 37).
_N, _I, _BACKSLASH = b"NI\\"


def encode(value: object) -> bytes:
    """Encode to JSON; decimals become exact JSON numbers, times RFC 3339.

    Raises TypeError for what JSON does not know, and ValueError for a decimal that is no number.
    """
    raw = _encoder.encode(value)
    # A letter is found in a row of kilobytes many times as fast as a word.
    if (_N in raw and raw.find(b"NaN") >= 0) or (_I in raw and raw.find(b"Infinity") >= 0):
        _read_back(raw)
    return raw


def _read_back(raw: bytes) -> None:
    """Tell a text that speaks of NaN from a decimal that is it: JSON has no such number."""
    try:
        _anything.decode(raw)
    except msgspec.ValidationError:
        return  # JSON, with a decimal beyond what a float holds
    except msgspec.DecodeError:
        raise ValueError("A decimal is NaN or infinite; expected a number.") from None


#: Held while msgspec looks at a type for the first time: it shows other threads a half-made
#: description meanwhile, and decoding with that is a segmentation fault (seen in 0.22).
_describing = threading.Lock()


@functools.cache
def _decoder(wanted: Any) -> msgspec.json.Decoder[Any]:
    with _describing:
        return msgspec.json.Decoder(wanted)


def decode(raw: bytes | msgspec.Raw, wanted: Any = Any) -> Any:
    """Decode JSON into `wanted`; raises DecodeError that names the field.

    `bytes` wants them as they are, whatever they hold.
    """
    if wanted is bytes:
        return bytes(raw)
    try:
        return _decoder(wanted).decode(raw)
    except msgspec.ValidationError as error:
        raise wrong_value(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DecodeError(f"Not JSON: {error}.") from None
    except RecursionError:
        raise DecodeError("The JSON is nested too deeply.") from None
    except (ArithmeticError, ValueError) as error:
        # Decimals of absurd size raise these from within.
        raise DecodeError(f"A number cannot be read: {error!r}.") from None


def convert(value: object, wanted: Any) -> Any:
    """Turn text or decoded JSON into `wanted`, reading numbers and booleans from strings."""
    _decoder(wanted)
    try:
        found = msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise wrong_value(error) from None
    if isinstance(found, float | Decimal) and not math.isfinite(found):
        raise DecodeError("Expected a number.")
    return found


def time_of(text: str, name: str) -> datetime:
    """Read an RFC 3339 time with its zone; raises DecodeError naming `name`."""
    try:
        time = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        time = datetime.min
    if time.tzinfo is None:
        raise DecodeError(
            f"{name} is {text!r}; expected RFC 3339 with a zone, such as 2010-12-01T08:26:00Z.",
            field=name,
        )
    return time


def refuse_duplicate_keys(raw: bytes) -> Any:
    """Raise DecodeError when an object in `raw` has one key twice; `raw` may be no JSON at all.

    So do numbers that not even a float holds, and nesting that Python cannot follow: nobody means
    them, and each reader would make something else of them. Returns what `raw` says where that was
    found out on the way, else None.

    Fast path: decoding drops duplicates, so encoding the result again is another text, and where
    only spaces differ it has fewer colons. Escapes may hide a colon, so text with a backslash that
    is not the same takes the slow path, a parser with a hook.
    """
    try:
        found = _anything.decode(raw)
        again = _encoder.encode(found)
        if again == raw or (_BACKSLASH not in raw and again.count(b":") == raw.count(b":")):
            return found
    except msgspec.ValidationError:
        pass  # an absurd number; the slow path knows its name
    except RecursionError:
        raise DecodeError("The JSON is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # the typed decoder reports it, with the field's name
    try:
        json.loads(raw, object_pairs_hook=_check_keys, parse_int=len)
    except RecursionError:
        raise DecodeError("The JSON is nested too deeply.") from None
    except ValueError as error:  # msgspec had stopped reading at the number
        raise DecodeError(f"Not JSON: {error}.") from None
    return None


def _check_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DecodeError(f"The key {twice!r} stands twice in one object.", field=twice)
    for key, value in pairs:
        if isinstance(value, float) and math.isinf(value):
            raise DecodeError(f"The number of {key!r} is out of range.", field=key)
    return found


def wrong_value(error: msgspec.ValidationError) -> DecodeError:
    """Take msgspec's message apart into what is wrong and where.

    It names the path of the object in which something is missing, and, for a check of the type's
    own, the path of the object that was checked: such a check begins its message with the field
    in backticks.
    """
    text = str(error)
    place = _path.search(text)
    path = place["path"] if place else ""
    text = _path.sub("", text)
    named = re.match(r"`(\w+)`", text) or _named_field.search(text)
    field = ".".join(part for part in (path, named[1] if named else "") if part) or None
    where = f" (field {field})" if field and f"`{field}`" not in text else ""
    return DecodeError(f"{text.rstrip('.')}{where}.", field=field)
