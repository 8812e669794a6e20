"""Which topics should there be, and which of them are missing?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.errors import Failure
from runtime.avro.topics import FORMATS

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from runtime.registry import Registry

#: The list of the project; SLUICE_TOPICS names another one.
TOPICS_FILE = Path(__file__).resolve().parents[1] / "topics.toml"
#: Where every action on a dead letter is written down.
AUDIT_TOPIC = "sluice.dead-letters.audit"

#: What daprd may send at once (components/: maxMessageBytes): all outputs of a batch for one
#: partition, or a large event that became a dead letter. Kafka's own limit is 1 MB, and a refusal
#: would look like an outage without end.
_MOST_BYTES = 16 * 1024 * 1024
#: The same for retry topics and dead letters (components/retries.yaml), which are a record and what
#: is said of it: else one that is as large as its topic takes could never become a dead letter.
_MOST_LETTER_BYTES = _MOST_BYTES + 1024 * 1024
_DAY_MS = 24 * 60 * 60 * 1000
_KEYS = {"partitions": int, "retention_days": int, "compacted": bool, "format": str}


@dataclass(frozen=True)
class Topic:
    """One wanted topic. `retention_days` -1 keeps records for good; `most_bytes` is of a record.

    `format` is that of its values, json or avro: a matter of the functions, not of the broker.
    """

    name: str
    partitions: int = 3
    retention_days: int = 7
    compacted: bool = False
    format: str = "json"
    most_bytes: int = _MOST_BYTES

    @property
    def config(self) -> dict[str, str]:
        """The settings a Kafka cluster understands."""
        limit = {"max.message.bytes": str(self.most_bytes)}
        if self.compacted:
            return {"cleanup.policy": "compact", **limit}
        kept = -1 if self.retention_ms is None else self.retention_ms
        return {"cleanup.policy": "delete", "retention.ms": str(kept), **limit}

    @property
    def retention_ms(self) -> int | None:
        """How long the embedded log keeps records; None for good: it compacts nothing."""
        if self.compacted or self.retention_days < 0:
            return None
        return self.retention_days * _DAY_MS


@dataclass(frozen=True)
class Step:
    """One line of a plan. `action` is make, keep or differs; only make changes anything."""

    action: str
    topic: Topic
    note: str = ""


def read_topics(path: Path = TOPICS_FILE) -> dict[str, Topic]:
    """Read the list. Raises Failure with every problem of the file in one message."""
    try:
        document = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Failure(f"The topic list {str(path)!r} cannot be read: {error}.") from error
    defaults = document.get("defaults", {})
    entries = {name: defaults | own for name, own in document.get("topics", {}).items()}
    problems = [
        f"{name}: {problem}" for name, entry in entries.items() for problem in _problems(entry)
    ]
    if problems:
        raise Failure(f"The topic list {str(path)!r} is wrong: {'; '.join(problems)}.")
    return {name: Topic(name, **entry) for name, entry in entries.items()}


def topics_of(registry: Registry, listed: Mapping[str, Topic]) -> dict[str, Topic]:
    """Return the listed topics and those that the functions need besides.

    A topic that a function names and the list does not is made with the list's defaults. Retry
    and dead-letter topics keep the partitions of the topic they come from, and their records for
    four weeks, so that somebody on holiday can still replay them.
    """
    wanted = dict(listed)
    for spec in registry.functions():
        for name in (*_subscribed(spec), *spec.publishes):
            wanted.setdefault(name, Topic(name))
        for name in _subscribed(spec):
            for own in (spec.retry_topic, spec.dead_letter_topic):
                wanted[own] = Topic(own, wanted[name].partitions, 28, most_bytes=_MOST_LETTER_BYTES)
    wanted[AUDIT_TOPIC] = Topic(AUDIT_TOPIC, 1, retention_days=-1)
    return wanted


def plan(wanted: Iterable[Topic], existing: Mapping[str, int]) -> list[Step]:
    """Compare the list with the broker's topics."""
    return [_step(topic, existing.get(topic.name)) for topic in wanted]


def apply(steps: Iterable[Step], broker: Broker) -> int:
    """Make the missing topics and return how many; existing ones are left as they are."""
    missing = [step.topic for step in steps if step.action == "make"]
    for topic in missing:
        broker.create(topic.name, topic.partitions, topic.config)
    return len(missing)


def _step(topic: Topic, partitions: int | None) -> Step:
    if partitions is None:
        return Step("make", topic)
    if partitions == topic.partitions:
        return Step("keep", topic)
    # Adding partitions would send later events of a key elsewhere than its earlier ones.
    return Step("differs", topic, f"has {partitions} partitions; left so, to keep keys in order")


def _subscribed(spec: Any) -> list[str]:
    from runtime.spec import Topic as TopicTrigger

    return [spec.trigger.name] if isinstance(spec.trigger, TopicTrigger) else []


def _problems(entry: Mapping[str, Any]) -> list[str]:
    found = [
        f"unknown setting {name!r}; expected {', '.join(_KEYS)}" for name in entry.keys() - _KEYS
    ]
    for name, kind in _KEYS.items():
        if name in entry and type(entry[name]) is not kind:
            found.append(f"{name} is {entry[name]!r}; expected {kind.__name__}")
    if type(entry.get("partitions", 1)) is int and entry.get("partitions", 1) < 1:
        found.append(f"partitions is {entry['partitions']}; expected at least 1")
    if entry.get("format", "json") not in FORMATS:
        found.append(f"format is {entry['format']!r}; expected {' or '.join(FORMATS)}")
    return found
