"""Who did what with which dead letter, and when: records of the audit topic, never changed.

The record of an action is keyed by its dead letter's id. A replay is a run: one record when it
begins and one when it ends, with the actions between them. A run that was killed may have sent
events whose action it had not written down yet; `local.dead_letters.unfinished` finds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from local.topics import AUDIT_TOPIC, Topic
from runtime import wire
from runtime.record import Message, Record

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from local.dead_letters.digest import Digest

#: What an action makes of a dead letter.
_STATES = {"replay": "replayed", "discard": "discarded"}
#: msgspec leaves this one out, and no other that is empty.
NO_PATCH = msgspec.Raw(b"")
_RUN = "run/"
_JSON = {"content-type": "application/json"}


class Audit(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One action on a dead letter: replay, discard or edit.

    `partition` and `offset` say which record of the dead-letter topic was meant, `attempts` and
    `edition` how far the event had come by then. A replay also says where on the retry topic it
    was sent, and `event` is the hash under which the function notes that it is settled. An edit
    has what was changed: `patch` is an RFC 7396 merge patch, `change` says it in words where
    there is none.
    """

    id: str
    action: str
    at: datetime
    by: str
    reason: str = ""
    function: str = ""
    partition: int
    offset: int
    attempts: int
    edition: int = 0
    run: str = ""
    sent_partition: int = -1
    sent_offset: int = -1
    event: str = ""
    patch: msgspec.Raw = NO_PATCH
    change: str = ""

    def message(self) -> Message:
        """Make the record of the audit topic."""
        return Message(AUDIT_TOPIC, self.id, wire.encode(self), dict(_JSON))


class Run(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The beginning of a replay, or its end. `ends` is where the retry topics ended before it."""

    run: str
    at: datetime
    by: str
    reason: str = ""
    ends: dict[str, dict[int, int]] = {}
    ended: bool = False

    def message(self) -> Message:
        """Make the record of the audit topic."""
        return Message(AUDIT_TOPIC, _RUN + self.run, wire.encode(self), dict(_JSON))


@dataclass
class Trail:
    """The audit topic, read. `unfinished` are runs that began and did not end, by their id."""

    actions: list[Audit] = field(default_factory=list)
    unfinished: dict[str, Run] = field(default_factory=dict)
    _last: dict[str, Audit] = field(default_factory=dict)

    def add(self, audit: Audit) -> None:
        """Take note of the action that came next."""
        self.actions.append(audit)
        if audit.action in _STATES:
            self._last[audit.id] = audit

    def add_late(self, audit: Audit) -> None:
        """Take note of an action that was not written down in its turn."""
        last = self._last.get(audit.id)
        self.add(audit)
        if last is not None and last.at > audit.at:
            self._last[audit.id] = last

    def of(self, id: str) -> list[Audit]:
        """Return the actions on one dead letter, oldest first."""
        return [audit for audit in self.actions if audit.id == id]

    def state(self, digest: Digest) -> str:
        """Return open, replayed or discarded.

        It is open again when it has failed once more, or was edited, since it was dealt with.
        """
        last = self._last.get(digest.id)
        if last is None or digest.rank > (last.attempts, last.edition):
            return "open"
        return _STATES[last.action]


def read_trail(broker: Broker) -> Trail:
    """Read every action, oldest first; an action that was written down twice counts once."""
    trail = Trail()
    known: set[tuple[str, str]] = set()
    for found in _read(broker):
        if isinstance(found, Run):
            _note(trail.unfinished, found)
        elif not found.run or (found.id, found.run) not in known:
            known.add((found.id, found.run))
            trail.add(found)
    trail.actions.sort(key=lambda audit: audit.at)
    return trail


def write(broker: Broker, actions: Iterable[Audit | Run]) -> None:
    """Append them to the audit topic, which has to be there: see `prepare`."""
    messages = [action.message() for action in actions]
    if messages:
        broker.publish(messages)


def prepare(broker: Broker) -> None:
    """Make the audit topic where it is missing: its records are kept for good."""
    if AUDIT_TOPIC not in broker.topics():
        broker.create(AUDIT_TOPIC, 1, Topic(AUDIT_TOPIC, 1, retention_days=-1).config)


def _note(unfinished: dict[str, Run], run: Run) -> None:
    if run.ended:
        unfinished.pop(run.run, None)
    else:
        unfinished[run.run] = run


def _read(broker: Broker) -> Iterator[Audit | Run]:
    if AUDIT_TOPIC not in broker.topics():
        return
    for record in broker.read(AUDIT_TOPIC, headers=()):
        try:
            yield _decode(record)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue  # somebody else's record on this topic


def _decode(record: Record) -> Any:
    is_run = (record.key or "").startswith(_RUN)
    return msgspec.json.decode(record.value, type=Run if is_run else Audit)
