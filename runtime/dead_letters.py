"""A dead letter: the original record, untouched, with every reason why it was given up.

Key, bytes and headers stay what they were; the reasons are headers that begin with `sluice-`.
Header values are percent-encoded where they are not printable ASCII: Dapr hands record headers on
as text, and a stack trace has line breaks.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from urllib.parse import quote, unquote

import msgspec

from runtime import wire
from runtime.errors import DecodeError, SluiceError
from runtime.event import identity_of
from runtime.record import Message, Record
from runtime.secrets import hide

#: Every header of ours starts so. A producer's that does is left out: it would be taken for ours.
PREFIX = "sluice-"
#: Characters of a stack that are kept: its end says where it failed. Kafka's broker takes 1 MiB.
STACK_CHARACTERS = 4000
#: Characters of a message, and of a name that a producer chose; some errors quote the whole event.
MESSAGE_CHARACTERS = 2000
NAME_CHARACTERS = 500
#: Not percent-encoded, to keep headers readable.
_PLAIN = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Why a function gave an event up. Times are RFC 3339, `origin_timestamp` milliseconds.

    On its way through the retry topic an event carries the same headers: `retries` says how many
    delayed ones it has had, `due` when the next one is; a dead letter and a replayed one have
    no `due`.
    """

    id: str
    function: str
    error: str
    message: str
    stack: str
    cause: str
    attempts: int
    first_failed: str
    last_failed: str
    origin_topic: str
    origin_partition: int
    origin_offset: int
    origin_timestamp: int
    event_id: str
    event_source: str
    retries: int = 0
    due: str = ""

    def to_message(self, topic: str, record: Record) -> Message:
        """Make the record for the function's dead-letter topic, around the original record."""
        kept = {name: value for name, value in record.headers.items() if not _is_ours(name)}
        return Message(topic, record.key, record.value, kept | self._headers())

    def _headers(self) -> dict[str, str]:
        fields = msgspec.structs.asdict(self)
        return {_header(name): _quoted(str(value)) for name, value in fields.items()}

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> DeadLetter:
        """Read the reasons back; raises SluiceError when the record is no dead letter."""
        names = cls.__struct_fields__
        found = {n: unquote(headers[_header(n)]) for n in names if _header(n) in headers}
        try:
            letter: DeadLetter = wire.convert(found, cls)
            for name in ("first_failed", "last_failed", "due"):
                if getattr(letter, name) or name != "due":
                    wire.time_of(getattr(letter, name), _header(name))
        except DecodeError as error:
            raise SluiceError(f"The record is no dead letter of a function: {error}") from None
        return letter


def replay_message(topic: str, letter: Record) -> Message:
    """Make the record that sends a dead letter back to its function alone, by its retry topic."""
    return Message(topic, letter.key, letter.value, {**letter.headers, _header("due"): ""})


def put_off(letter: DeadLetter, due: datetime | None, retries: int) -> DeadLetter:
    """Say that the event is tried again at `due`, its delayed attempt number `retries`."""
    text = due.astimezone(UTC).isoformat() if due else ""
    return msgspec.structs.replace(letter, due=text, retries=retries)


def restore(record: Record) -> tuple[Record, DeadLetter | None]:
    """Undo `to_message`: the record as it was at its origin, and the reasons, if there are any."""
    if _header("id") not in record.headers:
        return record, None
    letter = DeadLetter.read(record.headers)
    original = Record(
        letter.origin_topic,
        letter.origin_partition,
        letter.origin_offset,
        record.key,
        record.value,
        {name: value for name, value in record.headers.items() if not _is_ours(name)},
        letter.origin_timestamp,
    )
    return original, letter


def describe(
    function: str,
    id: str,
    record: Record,
    event: tuple[str, str] | None,
    error: BaseException,
    *,
    attempts: int,
    now: datetime,
    before: DeadLetter | None = None,
) -> DeadLetter:
    """Say why `record` failed; `before` is its earlier dead letter, whose history goes on.

    `event` is (source, id), None for a record that could not be read.
    """
    source, event_id = event or identity_of(record)
    failed = now.astimezone(UTC).isoformat()
    stack = "".join(traceback.format_exception(error))
    return DeadLetter(
        id=before.id if before else id,
        function=function,
        error=type(error).__name__,
        message=hide(_storable(_message_of(error)))[:MESSAGE_CHARACTERS],
        stack=hide(_storable(stack))[-STACK_CHARACTERS:],
        cause=cause_of(error),
        attempts=attempts + (before.attempts if before else 0),
        first_failed=before.first_failed if before else failed,
        last_failed=failed,
        origin_topic=record.topic,
        origin_partition=record.partition,
        origin_offset=record.offset,
        origin_timestamp=record.timestamp_ms,
        event_id=event_id[:NAME_CHARACTERS],
        event_source=source[:NAME_CHARACTERS],
        retries=before.retries if before else 0,
    )


def cause_of(error: BaseException) -> str:
    """Return what groups failures: the class of the error, and the place that raised it."""
    return f"{type(error).__name__} in {_place(error.__traceback__)}"


def _message_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:  # a user's own class; its event must not stop the others
        return f"The message of the error cannot be read: {type(failure).__name__}."


def _storable(text: str) -> str:
    # Half a surrogate pair, which a text in Python may hold, is no UTF-8.
    return text.encode(errors="backslashreplace").decode()


def _quoted(text: str) -> str:
    return quote(_storable(text), safe=_PLAIN)


def _place(trace: TracebackType | None) -> str:
    """File, function and line where it was raised: dead letters of one place are one group."""
    frames = traceback.extract_tb(trace)
    if not frames:
        return "unknown"
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno} {frames[-1].name}"


def _is_ours(header: str) -> bool:
    return header.startswith(PREFIX)


def _header(name: str) -> str:
    return PREFIX + name.replace("_", "-")
