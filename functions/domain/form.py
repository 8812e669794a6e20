"""What is wrong with what a client sent? Everything, field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Raw, json

#: A JSON object whose values are not decoded yet: each is read, or refused, on its own.
Sent = dict[str, Raw]
#: A field as the client wrote it -> what is wrong with it.
Problems = dict[str, list[str]]
#: Decodes one value. Raises ValueError with what is wrong, in words that follow the field's name.
Reader = Callable[[Raw], Any]

BLANK = "can't be blank"
INVALID = "is invalid"

_blank = json.Decoder(str | None)
_anything = json.Decoder()
_object: json.Decoder[Any] = json.Decoder(Sent)


class Form:
    """The fields of one JSON object, read one by one.

    What could be read is in `values`, under the names we use; what could not, and why, is in
    `problems`. In a `partial` one a field that was not sent says nothing, not even that it is
    missing. `place` stands before the fields of an object within another one. `spell` makes the
    client's name of a field from ours: `orderId` unless said otherwise.
    """

    def __init__(
        self,
        sent: Sent,
        *,
        partial: bool = False,
        place: str = "",
        spell: Callable[[str], str] | None = None,
    ) -> None:
        self.values: dict[str, Any] = {}
        self.problems: Problems = {}
        self._sent = sent
        self._partial = partial
        self._place = place
        self._spell = spell or _camel
        self._unread = set(sent)

    @classmethod
    def within(cls, sent: Sent, envelope: str, *, partial: bool = False) -> Form:
        """Read the object under `envelope`, with its fields spelled as ours: `last_name`.

        A client may leave the envelope out, and send the fields alone.
        """
        if envelope not in sent:
            return cls(sent, partial=partial, spell=str)
        outer = cls({}, partial=True, spell=str)
        if is_blank(sent[envelope]):
            outer.refuse(envelope, BLANK)
            return outer
        try:
            return cls(decode(_object, sent[envelope], INVALID), partial=partial, spell=str)
        except ValueError as wrong:
            outer.refuse(envelope, str(wrong))
            return outer

    def read(self, name: str, reader: Reader, *, required: bool = True) -> None:
        """Read a field; null and white space are None, which a required one must not be."""
        field = self._spell(name)
        self._unread.discard(field)
        if field not in self._sent:
            if required and not self._partial:
                self.refuse(name, BLANK)
        elif is_blank(self._sent[field]):
            if required:
                self.refuse(name, BLANK)
            else:
                self.values[name] = None
        else:
            try:
                self.values[name] = reader(self._sent[field])
            except ValueError as wrong:
                self.refuse(name, str(wrong))

    def refuse(self, name: str, problem: str) -> None:
        """Say what is wrong with a field."""
        self._refuse(self._spell(name), problem)

    def refuse_others(self, known: Mapping[str, object]) -> None:
        """Refuse every field that nobody has read, except one sent as it is `known` already.

        So a client may send back what it was given, and a misspelt field is not lost in silence.
        """
        for field in sorted(self._unread):
            if field not in known:
                self._refuse(field, "is unknown")
            elif known[field] != _plain(self._sent[field]):
                self._refuse(field, "is read-only")

    def _refuse(self, field: str, problem: str) -> None:
        self.problems.setdefault(f"{self._place}{field}", []).append(problem)


def is_blank(raw: Raw) -> bool:
    """Is there nothing, or nothing but white space?"""
    try:
        value = _blank.decode(raw)
    except ValueError:
        return False
    return value is None or not value.strip()


def decode(decoder: json.Decoder[Any], raw: Raw, problem: str) -> Any:
    """Decode a value; raises ValueError with this problem."""
    try:
        return decoder.decode(raw)
    except (ValueError, ArithmeticError, RecursionError):
        raise ValueError(problem) from None


def _plain(raw: Raw) -> object:
    try:
        return decode(_anything, raw, INVALID)
    except ValueError:
        return raw


def _camel(name: str) -> str:
    """The name on the wire: order_id -> orderId."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
