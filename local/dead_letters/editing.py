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
from local.avro_values import AvroValues
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
    from runtime.avro.topics import AvroTopics
    from runtime.record import Record

#: Bytes of a patch that the audit trail keeps; of a larger one it says how large it was.
_MOST_PATCH_BYTES = 64 * 1024
_NO_AVRO = AvroValues()


def patched(entry: Entry, patch: Any, avro: AvroValues = _NO_AVRO) -> bytes:
    """Return the payload with an RFC 7396 merge patch applied. Raises Refused, PlatformDown.

    `patch` is decoded JSON; its numbers may be `msgspec.Raw`, to keep every digit. What is Avro
    is patched as the JSON it would be, and is Avro of the same schema again.
    """
    try:
        document = exact_json.parse(document_of(entry, avro))
        after = exact_json.write(merge_patch.apply(document, patch))
    except ValueError as error:
        raise _unpatchable(entry, error) from None
    return as_payload(entry, after, avro)


def document_of(entry: Entry, avro: AvroValues = _NO_AVRO) -> bytes:
    """Return the payload as it can be changed: Avro as JSON, anything else as it is.

    Raises Refused for Avro that cannot be read, PlatformDown.
    """
    try:
        found = avro.json_of(entry.record.value)
    except DecodeError as error:
        raise _unpatchable(entry, error) from None
    return entry.record.value if found is None else found


def as_payload(entry: Entry, document: bytes, avro: AvroValues = _NO_AVRO) -> bytes:
    """Return a document as a payload of the dead letter: as Avro where it was Avro before.

    Raises Refused when it is not of the schema, PlatformDown.
    """
    value = entry.record.value
    if document == document_of(entry, avro):
        return value
    try:
        return avro.rewritten(value, document) if avro.json_of(value) is not None else document
    except ValueError as error:
        raise _unpatchable(entry, f"{error}.") from None


def _unpatchable(entry: Entry, why: object) -> Refused:
    return Refused(
        f"The payload of {entry.letter.id} cannot be patched: {why} Give it whole instead."
    )


def edit(
    broker: Broker,
    entry: Entry,
    value: bytes,
    *,
    by: str,
    reason: str = "",
    force: bool = False,
    avro: AvroValues = _NO_AVRO,
) -> None:
    """Give a dead letter another payload, and write down what was changed. It is open then.

    Raises Refused when nothing would change; and, without `force`, when the payload could not be
    read as an event, would be another event (its CloudEvents source or id differs), or when the
    dead letter is replayed: the function ignores an event that it has handled.
    """
    if value == entry.record.value:
        raise Refused(f"That is the payload of {entry.letter.id} already; nothing was changed.")
    if not force:
        _check(entry, value, avro.topics(entry.letter.origin_topic))
    edited = _record(entry, value)
    # The original is the same record once more: whoever reads both takes them for one.
    kept = [] if entry.digest.edition else [_again(entry.record)]
    audit.prepare(broker)
    broker.publish([*kept, edited, _action(entry, value, by, reason, avro).message()])


def _check(entry: Entry, value: bytes, avro: AvroTopics) -> None:
    id = entry.letter.id
    if entry.state == "replayed":
        raise Refused(
            f"{id} is replayed and has not failed since. The function ignores an event that it has "
            "handled; to edit it all the same, use --force."
        )
    try:
        names = named(msgspec.structs.replace(entry.record, value=value), avro)
    except DecodeError as error:
        raise Refused(
            f"The function could not read that payload: {error} Use --force if you mean it."
        ) from None
    try:
        before = named(entry.record, avro)
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


def _action(entry: Entry, value: bytes, by: str, reason: str, avro: AvroValues) -> Audit:
    patch, change = _difference(entry.record.value, value, avro)
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


def _difference(old: bytes, new: bytes, avro: AvroValues) -> tuple[msgspec.Raw, str]:
    """What was changed: as a patch without secrets, or in words where there is none."""
    try:
        was, became = ((avro.shown(each), each) for each in (old, new))
        if (was[0] is None) != (became[0] is None):
            raise ValueError("One of them is Avro, which no patch can say.")
        before, after = (exact_json.parse(shown or raw) for shown, raw in (was, became))
        difference = merge_patch.difference(before, after)
        patch = exact_json.write(Mask(reveal=True).data(difference))
    except ValueError:
        patch = b""
    if patch and len(patch) <= _MOST_PATCH_BYTES:
        return msgspec.Raw(patch), ""
    return NO_PATCH, f"{_described(old)} replaced by {_described(new)}"


def _described(value: bytes) -> str:
    return f"{len(value)} bytes (SHA-256 {hashlib.sha256(value).hexdigest()[:16]})"
