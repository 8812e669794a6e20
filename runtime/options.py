"""What may stand in the options of a function, and what is said of anything else."""

from __future__ import annotations

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


def wrong_values(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield a problem for every option whose value makes no sense by itself."""
    for name, (is_right, expected) in _EXPECTED.items():
        value = options.get(name)
        if value is not None and not is_right(value):
            yield f"{name}={value!r}; expected {expected}"
    for topic in topics_of(options.get("publishes")):
        if not is_topic(topic):
            yield f"publishes={topic!r} is no topic name Kafka allows"


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
