"""What a listing shows of people, and of secrets: masked unless asked for, and never.

Fields are known by their names, in JSON and in text that looks like it; e-mail addresses are known
wherever they stand. This is for screens and answers: it is no proof that nothing personal is left.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from local import exact_json
from runtime import wire
from runtime.secrets import SECRET, WORDS, hide, is_secret, plain

if TYPE_CHECKING:
    from local.avro_values import Readable

#: Stands for what only `reveal` shows.
MASKED = "***"
_PERSONAL_WORDS = (
    "email|address|phone|mobile|street|birth|iban|passport|postcode|postalcode|zipcode"
)
#: These count at the end of a name only: `capacity` is nobody's, and no `nameless` field is.
_PERSONAL_ENDS = "name|mail|city|recipient"
_PERSONAL = re.compile(f"{_PERSONAL_WORDS}|(?:{_PERSONAL_ENDS})$")
#: An address, also where a URL has it; the look behind it keeps long texts linear.
_MAIL = re.compile(r"(?<![\w.+-])([\w.+-])[\w.+-]*(?:@|%40)[\w-]+(?:\.[\w-]+)+")
#: `name: value`, as JSON, a header, a query or a setting has it; the value may lack its end.
_FIELD = re.compile(r"""(?<![\w-])([\w-]+)\\*["']?\s*[:=]\s*""")
_QUOTES = ("'", '"', "\\")
_VALUE = re.compile(r"""\\+"[^"\\]*|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?""", re.DOTALL)


#: A JSON document without any of these has nothing to hide, as most events have not: words in all
#: its letters and digits, as `plain` leaves them, and signs of other things to be looked for.
_WORDS = re.compile(f"{WORDS}|{_PERSONAL_WORDS}|{_PERSONAL_ENDS}|database64|bearer|basic".encode())
_SIGNS = re.compile(rb"[\\@$\r\n\x80-\xff]|%40|eyJ")
_NO_LETTERS = bytes(each for each in range(128) if not chr(each).isalnum())


@lru_cache(maxsize=4096)
def is_personal(name: str) -> bool:
    """Whether a field of this name tells something about a person."""
    return _PERSONAL.search(plain(name)) is not None


def _as_bytes(value: bytes) -> bytes | None:
    return None


class Mask:
    """Shows records as they may be shown. With `reveal` only secrets stay hidden.

    `avro` makes JSON of values that are Avro: see `local.avro_values`.
    """

    def __init__(self, *, reveal: bool = False, avro: Readable = _as_bytes) -> None:
        self.reveal = reveal
        self._avro = avro

    def text(self, text: str) -> str:
        """Return a message, a key or a stack without addresses and secrets."""
        found = hide(text)
        if self.reveal:
            return found
        if ":" in found or "=" in found:
            found = "".join(_without_personal_fields(found))
        return _MAIL.sub(r"\1***@***", found)

    def key(self, key: str | None) -> str | None:
        """Return the key of a record; None stays None."""
        return None if key is None else self.text(key)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a record; their names are never masked."""
        return {name: self._leaf(name, value) for name, value in headers.items()}

    def data(self, value: Any, name: str = "") -> Any:
        """Return decoded JSON with the same shape; `name` is the field it stands in."""
        if isinstance(value, Mapping):
            inner = name if self._hides(name) else ""
            return {self.text(key): self.data(each, inner or key) for key, each in value.items()}
        if isinstance(value, list):
            return [self.data(each, name) for each in value]
        return self._leaf(name, value)

    def payload(self, raw: bytes) -> dict[str, Any]:
        """Return the value of a record as `{"value": ...}`, to be encoded by msgspec.

        JSON keeps every digit. Other text is a string. Bytes that are no UTF-8 are base64 and
        marked `"encoding": "base64"`; where something in them is to be hidden they are text with
        escapes, marked `"encoding": "escaped"`. Avro is shown as JSON, marked `"encoding": "avro"`.
        A tombstone is None.
        """
        if not raw:
            return {"value": None}
        if raw[0] == 0 and (found := self._avro(raw)) is not None:
            return {**self.payload(found), "encoding": "avro"}
        try:
            if _has_nothing_to_hide(raw):
                return {"value": msgspec.json.decode(raw, type=msgspec.Raw)}
            return {"value": msgspec.Raw(exact_json.write(self.data(exact_json.parse(raw))))}
        except (ValueError, RecursionError):
            return self._text_payload(raw)

    def _text_payload(self, raw: bytes) -> dict[str, Any]:
        text = raw.decode(errors="backslashreplace")
        shown = self.text(text)
        if text.encode() == raw:
            return {"value": shown}
        if shown == text:
            return {"value": base64.b64encode(raw).decode(), "encoding": "base64"}
        return {"value": shown, "encoding": "escaped"}

    def _leaf(self, name: str, value: Any) -> Any:
        if value is None:
            return None
        if is_secret(name):
            return SECRET
        if name == "data_base64":  # how a CloudEvent carries bytes
            return self._base64(str(value))
        if not self.reveal and is_personal(name):
            return MASKED
        return self.text(value) if isinstance(value, str) else value

    def _base64(self, text: str) -> str:
        if not self.reveal:
            return MASKED
        try:
            shown = self.payload(base64.b64decode(text))
        except ValueError:
            return self.text(text)
        return SECRET if SECRET.encode() in wire.encode(shown) else text

    def _hides(self, name: str) -> bool:
        return is_secret(name) or (not self.reveal and is_personal(name))


def _without_personal_fields(text: str) -> Iterator[str]:
    """Yield the text in pieces, the values of personal fields replaced."""
    done = 0
    for field in _FIELD.finditer(text):
        if field.start() < done or not is_personal(field[1]):
            continue
        if text[field.end() : field.end() + 1] not in _QUOTES:
            continue  # "city: ..." in a sentence: without quotes it may be anything
        value = _VALUE.match(text, field.end())
        if value is None:
            continue
        quote = value[0][0] if value[0][0] in "\"'" else ""
        yield text[done : field.end()]
        yield f"{quote}{MASKED}{quote}"
        done = value.end()
    yield text[done:]


def _has_nothing_to_hide(raw: bytes) -> bool:
    if _SIGNS.search(raw):
        return False
    return not _WORDS.search(raw.lower().translate(None, _NO_LETTERS))
