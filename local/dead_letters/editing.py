"""Changing the payload of a dead letter before it is replayed.

The edited payload is a new record of the same dead letter, and counts from then on. The original
is put beside it once more, so that both are kept equally long.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from local import exact_json, merge_patch
from local.dead_letters import audit
from local.dead_letters.audit import NO_PATCH, Audit
from local.dead_letters.digest import EDITION
from local.dead_letters.entry import Entry
from local.dead_letters.errors import Refused
from local.dead_letters.identity import named
from local.masking import Mask
from runtime.errors import DecodeError
from runtime.record import Message

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from runtime.record import Record

#: Bytes of a patch that the audit trail keeps; of a larger one it says how large it was.
_MOST_PATCH_BYTES = 64 * 1024


def patched(entry: Entry, patch: Any) -> bytes:
    """Return the payload with an RFC 7396 merge patch applied. Raises Refused.

    `patch` is decoded JSON; its numbers may be `msgspec.Raw`, to keep every digit.
    """
    try:
        return exact_json.write(merge_patch.apply(exact_json.parse(entry.record.value), patch))
    except ValueError as error:
        raise Refused(
            f"The payload of {entry.letter.id} cannot be patched: {error} Give it whole instead."
        ) from None


def edit(
    broker: Broker, entry: Entry, value: bytes, *, by: str, reason: str = "", force: bool = False
) -> None:
    """Give a dead letter another payload, and write down what was changed. It is open then.

    Raises Refused when nothing would change; and, without `force`, when the payload could not be
    read as an event, would be another event (its CloudEvents source or id differs), or when the
    dead letter is replayed: the function ignores an event that it has handled.
    """
    if value == entry.record.value:
        raise Refused(f"That is the payload of {entry.letter.id} already; nothing was changed.")
    if not force:
        _check(entry, value)
    edited = _record(entry, value)
    # The original is the same record once more: whoever reads both takes them for one.
    kept = [] if entry.digest.edition else [_again(entry.record)]
    audit.prepare(broker)
    broker.publish([*kept, edited, _action(entry, value, by, reason).message()])


def _check(entry: Entry, value: bytes) -> None:
    id = entry.letter.id
    if entry.state == "replayed":
        raise Refused(
            f"{id} is replayed and has not failed since. The function ignores an event that it has "
            "handled; to edit it all the same, use --force."
        )
    try:
        names = named(msgspec.structs.replace(entry.record, value=value))
    except DecodeError as error:
        raise Refused(
            f"The function could not read that payload: {error} Use --force if you mean it."
        ) from None
    try:
        before = named(entry.record)
    except DecodeError:
        return  # it had none that anybody could read
    if names != before:
        raise Refused(
            f"That would be another event: source and id are {names}, and {before} before. "
            "Leave them as they are, or use --force."
        )


def _record(entry: Entry, value: bytes) -> Message:
    record = entry.record
    headers = {**record.headers, EDITION: str(entry.digest.edition + 1)}
    return Message(record.topic, record.key, value, headers)


def _again(record: Record) -> Message:
    return Message(record.topic, record.key, record.value, record.headers)


def _action(entry: Entry, value: bytes, by: str, reason: str) -> Audit:
    patch, change = _difference(entry.record.value, value)
    return Audit(
        id=entry.letter.id,
        action="edit",
        at=datetime.now(UTC),
        by=by,
        reason=reason,
        function=entry.letter.function,
        partition=entry.record.partition,
        offset=entry.record.offset,
        attempts=entry.letter.attempts,
        edition=entry.digest.edition + 1,
        patch=patch,
        change=change,
    )


def _difference(old: bytes, new: bytes) -> tuple[msgspec.Raw, str]:
    """What was changed: as a patch without secrets, or in words where there is none."""
    try:
        difference = merge_patch.difference(exact_json.parse(old), exact_json.parse(new))
        patch = exact_json.write(Mask(reveal=True).data(difference))
    except ValueError:
        patch = b""
    if patch and len(patch) <= _MOST_PATCH_BYTES:
        return msgspec.Raw(patch), ""
    return NO_PATCH, f"{_described(old)} replaced by {_described(new)}"


def _described(value: bytes) -> str:
    return f"{len(value)} bytes (SHA-256 {hashlib.sha256(value).hexdigest()[:16]})"
