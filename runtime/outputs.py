"""From what a function returned to the records that are published for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from runtime import event as events
from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.errors import Reject, SluiceError
from runtime.record import Message
from runtime.spec import FunctionSpec, Outgoing

#: Bytes of an event with its key and headers. Kafka's broker takes 1 MiB, its own framing included.
MOST_BYTES = 1_000_000


def messages_of(
    spec: FunctionSpec,
    returned: Any,
    *,
    identity: str,
    time: datetime,
    key: str | None,
    avro: AvroTopics = NO_AVRO,
) -> list[Message]:
    """Turn a return value into messages; raises SluiceError when it cannot be published.

    One that stands for a schema registry that is away is a PlatformDown.

    Ids are derived from the identity of the cause: the same event handled again, by whatever
    process, publishes the same ids, and readers know them.
    """
    if returned is None:
        return []
    return [
        _message(spec, item, f"{identity}\n{number}", time, key, avro)
        for number, item in enumerate(_items(returned))
    ]


def derived_id(*parts: str) -> str:
    """Return an id that the same parts always give: 32 hexadecimal digits."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _items(returned: Any) -> Iterable[Any]:
    several = hasattr(returned, "__iter__") and not isinstance(returned, str | bytes | dict)
    return returned if several else (returned,)


def _message(
    spec: FunctionSpec,
    item: Any,
    identity: str,
    time: datetime,
    key: str | None,
    avro: AvroTopics,
) -> Message:
    out = item if isinstance(item, Outgoing) else Outgoing(item)
    topic = _topic(spec, out)
    message = events.write(
        topic,
        _text(spec, "key", out.key or getattr(out.data, "key", None) or key),
        out.data,
        id=_text(spec, "id", out.id) or derived_id(spec.id, identity),
        source=spec.source,
        type=type(out.data).__name__,
        time=_time(spec, out.time) if out.time else time,
        plain=out.plain,
        avro=avro.value_of(topic, out.data),
    )
    if _may_be_large(message) and message.size > MOST_BYTES:
        raise Reject(
            f"The function {spec.id} returned an event of {message.size} bytes, key and headers "
            f"included; expected at most {MOST_BYTES}.",
            status=413,
        )
    return message


def _may_be_large(message: Message) -> bool:
    """Whether it is worth counting: nearly no event is. Headers are ours, or name the key again."""
    return len(message.value) + 20 * len(message.key or "") > MOST_BYTES // 2


def _text(spec: FunctionSpec, name: str, given: Any) -> str | None:
    if given is None or isinstance(given, str):
        return given
    raise SluiceError(
        f"The function {spec.id} returned an event whose {name} is {given!r}; expected text."
    )


def _time(spec: FunctionSpec, given: Any) -> datetime:
    if isinstance(given, datetime) and given.tzinfo is not None:
        return given
    raise SluiceError(
        f"The function {spec.id} returned an event whose time is {given!r}; "
        "expected a datetime with its zone."
    )


def _topic(spec: FunctionSpec, out: Outgoing) -> str:
    topic = out.topic or (spec.publishes[0] if len(spec.publishes) == 1 else None)
    if topic is None or topic not in spec.publishes:
        expected = " or ".join(repr(name) for name in spec.publishes) or "nothing to be published"
        given = f"an event for {out.topic!r}" if out.topic else f"a {type(out.data).__name__}"
        raise SluiceError(f"The function {spec.id} returned {given}; expected {expected}.")
    return topic
