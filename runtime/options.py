"""What may stand in the options of a function, and what is said of anything else."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runtime.retries import Retries

_TOPIC = re.compile(r"(?!\.\.?$)[A-Za-z0-9._-]{1,249}")
#: The runtime's own rows begin so; a table of that name would lie among them.
TAKEN = (
    "answered",
    "beginning",
    "held",
    "ids",
    "later",
    "outbox",
    "outputs",
    "probe",
    "progress",
    "schedule",
    "settled",
    "unique",
)
#: The store's last row belongs to the runtime: see `runtime.sidecars.dapr.WITNESS`.
BEHIND_ALL = "zzzz"


def is_topic(value: Any) -> bool:
    """Is this a name that Kafka allows for a topic?"""
    return isinstance(value, str) and _TOPIC.fullmatch(value) is not None


def topics_of(value: Any) -> list[Any]:
    """The topics that `publishes=` names: one, several, with types, or something that is none."""
    if not value:
        return []
    return list(value) if isinstance(value, list | tuple | Mapping) else [value]


def types_of(value: Any) -> dict[str, Any]:
    """The types that `publishes=` names with its topics; where it does not, annotations do."""
    return dict(value) if isinstance(value, Mapping) else {}


def with_event(reads: Mapping[str, Callable[..., Any]]) -> frozenset[str]:
    """The tables whose callable in `reads=` needs the Event beside the data.

    A second parameter with a default of its own needs none. It is looked at once, here: asked for
    each event, it would cost more than the keys do.
    """
    return frozenset(name for name, keys in reads.items() if not _takes(keys, 1))


def wrong_values(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield a problem for every option whose value makes no sense by itself."""
    for name, (is_right, expected) in _EXPECTED.items():
        value = options.get(name)
        if value is not None and not is_right(value):
            yield f"{name}={value!r}; expected {expected}"
    for topic in topics_of(options.get("publishes")):
        if not is_topic(topic):
            yield f"publishes={topic!r} is no topic name Kafka allows"


def wrong_reads(reads: Any) -> Iterator[str]:
    """Yield a problem for every callable of `reads=` that cannot be called for an event."""
    for name, keys in reads.items() if isinstance(reads, Mapping) else ():
        if callable(keys) and not (_takes(keys, 1) or _takes(keys, 2)):
            yield (
                f"reads= of {name!r} takes {inspect.signature(keys)}; expected the event's data, "
                "or the data and its Event"
            )


def _takes(call: Callable[..., Any], count: int) -> bool:
    """Can it be called with so many values?"""
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):  # one of C's, which does not say
        return count == 1
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_reads(value: Any) -> bool:
    return isinstance(value, Mapping) and all(callable(keys) for keys in value.values())


_EXPECTED: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "retries": (lambda value: isinstance(value, Retries), "e.g. Retries(attempts=3)"),
    "ordered": (_is_flag, "True or False"),
    "batch": (_is_count, "a whole number from 1"),
    "when": (callable, "a function of the event's data"),
    "reads": (_is_reads, "e.g. {'stock': lambda order: [order.product]}"),
    "fills_table": (_is_flag, "True or False"),
    "waits": (_is_flag, "True or False"),
    "unique": (callable, "a function of the event's data"),
}
