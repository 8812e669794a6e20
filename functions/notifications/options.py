"""Which values may a client put into a mail?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Raw, json

from functions.domain.form import Sent, is_blank
from functions.notifications.letters import Unwritable

_object = json.Decoder(Sent)
_text = json.Decoder(str)
_number = re.compile(rb"-?[0-9][0-9.eE+-]*")


def read_options(raw: Raw | None) -> Mapping[str, str]:
    """Read an object of text and numbers; null is no text. Raises Unwritable naming the option.

    A number is written as the client wrote it, to the last digit.
    """
    if raw is None or bytes(raw).strip() == b"null":
        return {}
    try:
        sent = _object.decode(raw)
    except ValueError:
        raise Unwritable("`options` must be an object") from None
    return {name: _value(name, value) for name, value in sent.items()}


def _value(name: str, raw: Raw) -> str:
    content = bytes(raw).strip()
    if _number.fullmatch(content):
        return content.decode()
    if content == b"null" or is_blank(raw):
        return ""
    try:
        return _text.decode(raw)
    except ValueError:
        raise Unwritable(f"`options.{name}` must be text or a number") from None
