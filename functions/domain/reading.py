"""How is a value that a client sent read, and what is said when it is none?

Each function takes a value undecoded, because JSON's numbers must not pass through a float, and
raises ValueError with words that follow the field's name.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from msgspec import Raw, json

from functions.domain.form import INVALID, Sent, decode
from functions.domain.words import (
    MONEY_BOUND,
    MONEY_DECIMALS,
    Ident,
    Text,
    check_text,
    moment,
)

MOST_PIECES = 2**31
#: RFC 5321, section 4.5.3.1.3: a path of 256 characters, two of them brackets.
MOST_EMAIL = 254
#: What HTML calls a valid e-mail address, and a mailer can write to; dots stand alone (RFC 5322).
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")

_text: json.Decoder[Any] = json.Decoder(Text)
_ident: json.Decoder[Any] = json.Decoder(Ident)
_number: json.Decoder[Any] = json.Decoder(Decimal)
_objects: json.Decoder[Any] = json.Decoder(list[Sent])


def text(raw: Raw) -> str:
    """Read text of 1 to 256 characters without control characters."""
    found: str = decode(_text, raw, INVALID)
    _refuse_control(found)
    return found


def ident(raw: Raw) -> Ident:
    """Read an id that may be text or a whole number."""
    found: Ident = decode(_ident, raw, INVALID)
    _refuse_control(found)
    return found


def email(raw: Raw) -> str:
    """Read one e-mail address, without the white space around it."""
    found = text(raw).strip()
    if not is_email(found):
        raise ValueError(INVALID)
    return found


def is_email(found: str) -> bool:
    """Whether it is exactly one e-mail address, of the kind that needs no quoting anywhere."""
    return len(found) <= MOST_EMAIL and _EMAIL.fullmatch(found) is not None


def segment(raw: Raw) -> str:
    """Read an id that can stand as one part of a path."""
    found = text(raw)
    if "/" in found or found in (".", ".."):
        raise ValueError(INVALID)
    return found


def time(raw: Raw) -> str:
    """Read a date, or a time with its zone; it is kept as it was written."""
    found: str = decode(_text, raw, INVALID)
    try:
        moment(found)
    except ValueError:
        raise ValueError(INVALID) from None
    return found


def amount(raw: Raw) -> Decimal:
    """Read what money can be: exact, not negative. It may be written as text."""
    found = _positive(raw)
    if found >= MONEY_BOUND:
        raise ValueError(f"must be less than {MONEY_BOUND}")
    if found.as_tuple().exponent < -MONEY_DECIMALS:  # type: ignore[operator]  # it is finite
        raise ValueError(f"must have at most {MONEY_DECIMALS} decimals")
    return found


def pieces(raw: Raw) -> int:
    """Read a number of pieces, not negative."""
    found = _positive(raw)
    if found >= MOST_PIECES:
        raise ValueError(f"must be less than {MOST_PIECES}")
    if found != int(found):
        raise ValueError("must be an integer")
    return int(found)


def objects(raw: Raw) -> list[Sent]:
    """Read a list of objects, whose own fields are to be read yet."""
    found: list[Sent] = decode(_objects, raw, INVALID)
    return found


def _positive(raw: Raw) -> Decimal:
    found: Decimal = decode(_number, raw, "is not a number")
    if not found.is_finite():
        raise ValueError("is not a number")
    if found < 0:
        raise ValueError("must be greater than or equal to 0")
    return found.copy_abs()  # there is no -0


def _refuse_control(value: Ident) -> None:
    try:
        check_text("", value)
    except ValueError:
        raise ValueError(INVALID) from None
