"""Which events were given up, why, and how do they go back to the function that failed?

A view over the functions' dead-letter topics and the audit topic; nothing is ever changed there,
only appended. A function may fail again on a replayed event: the dead letter keeps its id, and
its newest record counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from local.errors import Misuse, nearest
from local.topics import AUDIT_TOPIC
from runtime import dead_letters as letters
from runtime import wire
from runtime.dead_letters import DeadLetter
from runtime.errors import SluiceError
from runtime.record import Message, Record

if TYPE_CHECKING:
    from local.brokers.base import Broker

_DEAD = ".dead-letters"
_RETRY = ".retry"
#: What an action makes of a dead letter.
_STATES = {"replay": "replayed", "discard": "discarded"}


class Audit(msgspec.Struct, kw_only=True):
    """One action on a dead letter: a record of the audit topic, keyed by the dead letter's id.

    `partition` and `offset` say which record of the dead-letter topic was meant, `attempts` how
    often the event had failed by then.
    """

    id: str
    action: str
    at: datetime
    by: str
    reason: str = ""
    partition: int
    offset: int
    attempts: int


@dataclass(frozen=True)
class Entry:
    """One dead letter: its reasons, its record, and whether somebody dealt with it."""

    letter: DeadLetter
    record: Record
    state: str

    def summary(self) -> dict[str, object]:
        """The entry of `dlq list --json`; topic, partition and offset are the event's origin."""
        letter = self.letter
        return {
            "id": letter.id,
            "function": letter.function,
            "cause": letter.cause,
            "error": f"{letter.error}: {letter.message}",
            "attempts": letter.attempts,
            "first_failed": letter.first_failed,
            "last_failed": letter.last_failed,
            "topic": letter.origin_topic,
            "partition": letter.origin_partition,
            "offset": letter.origin_offset,
            "key": self.record.key,
            "state": self.state,
        }


def entries(
    broker: Broker, *, function: str | None = None, cause: str | None = None
) -> list[Entry]:
    """Return the dead letters, oldest first.

    `function` is an id such as `inventory.validate_inventory` or the bare name; `cause` is any
    part of a cause. Raises Misuse when no such function has dead letters' topic.
    """
    newest: dict[str, tuple[DeadLetter, Record]] = {}
    for topic in _topics(broker, function):
        for record in broker.read(topic):
            letter = _read(record)
            if letter is not None and _is_newer(letter, newest.get(letter.id)):
                newest[letter.id] = (letter, record)
    last_actions = _audit(broker)
    found = (Entry(*pair, _state(pair[0], last_actions.get(id))) for id, pair in newest.items())
    chosen = [entry for entry in found if cause is None or cause in entry.letter.cause]
    return sorted(chosen, key=lambda entry: (entry.letter.first_failed, entry.letter.id))


def pick(found: Iterable[Entry], ids: Iterable[str]) -> list[Entry]:
    """Return the entries with these ids; the beginning of an id is enough where it is clear.

    Raises Misuse for an id that none or several begin with.
    """
    by_id = {entry.letter.id: entry for entry in found}
    return [by_id[_full_id(given, by_id)] for given in ids]


def replay(broker: Broker, chosen: Iterable[Entry], *, by: str, reason: str = "") -> int:
    """Send each to its function's own retry topic, and write that down. Returns how many.

    The other functions of the origin topic see nothing of it.
    """
    count = 0
    known = broker.topics()
    for entry in chosen:
        topic = entry.letter.function + _RETRY
        if topic not in known:
            broker.create(topic, known[entry.record.topic])
        broker.publish([letters.replay_message(topic, entry.record)])
        broker.publish([_audit_message(entry, "replay", by, reason)])
        count += 1
    return count


def _topics(broker: Broker, function: str | None) -> list[str]:
    known = [name for name in broker.topics() if name.endswith(_DEAD)]
    if function is None:
        return known
    wanted = [name for name in known if function in _names(name)]
    if not wanted:
        names = [name.removesuffix(_DEAD) for name in known]
        raise Misuse(f"No function {function!r} has dead letters. {nearest(function, names)}")
    return wanted


def _names(topic: str) -> tuple[str, str]:
    id = topic.removesuffix(_DEAD)
    return id, id.rpartition(".")[2]


def _read(record: Record) -> DeadLetter | None:
    try:
        return DeadLetter.read(record.headers)
    except SluiceError:
        return None  # somebody else's record on this topic


def _audit(broker: Broker) -> dict[str, Audit]:
    if AUDIT_TOPIC not in broker.topics():
        return {}
    read = (_read_audit(record) for record in broker.read(AUDIT_TOPIC))
    return {audit.id: audit for audit in read if audit is not None}


def _read_audit(record: Record) -> Audit | None:
    try:
        return msgspec.json.decode(record.value, type=Audit)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _is_newer(letter: DeadLetter, known: tuple[DeadLetter, Record] | None) -> bool:
    # Attempts only grow. Where the record lies says nothing: without a key it may be anywhere.
    return known is None or letter.attempts >= known[0].attempts


def _state(letter: DeadLetter, last: Audit | None) -> str:
    # More attempts than when it was dealt with: the event has failed once more.
    if last is None or letter.attempts > last.attempts:
        return "open"
    return _STATES.get(last.action, "open")


def _full_id(given: str, known: Iterable[str]) -> str:
    matches = [id for id in known if id == given] or [id for id in known if id.startswith(given)]
    if len(matches) == 1:
        return matches[0]
    problem = "There is no dead letter" if not matches else "Several dead letters begin with"
    raise Misuse(f"{problem} {given!r}. `sluice dlq list --all` shows their ids.")


def _audit_message(entry: Entry, action: str, by: str, reason: str) -> Message:
    audit = Audit(
        id=entry.letter.id,
        action=action,
        at=datetime.now(UTC),
        by=by,
        reason=reason,
        partition=entry.record.partition,
        offset=entry.record.offset,
        attempts=entry.letter.attempts,
    )
    return Message(AUDIT_TOPIC, audit.id, wire.encode(audit), {"content-type": "application/json"})
