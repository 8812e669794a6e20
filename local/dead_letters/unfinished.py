"""Replays that began and did not end: killed, cut off from the broker, or still at work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.dead_letters import audit
from local.dead_letters.audit import Audit, Run, Trail
from local.dead_letters.replaying import BATCH, REPLAY, action_of, ended

if TYPE_CHECKING:
    from local.brokers.base import Broker


def complete(broker: Broker, trail: Trail) -> list[Audit]:
    """Add to the trail what runs that did not end have sent and not written down; return it.

    Nothing is written: see `settle`. A run that is still at work is one of them.
    """
    known = {(action.id, action.run) for action in trail.actions}
    found = [
        action
        for run in trail.unfinished.values()
        for action in _sent_by(broker, run)
        if (action.id, action.run) not in known
    ]
    for action in found:
        trail.add_late(action)
    return found


def settle(broker: Broker, trail: Trail) -> None:
    """Write down what unfinished runs left unwritten, and end them.

    One that is still at work goes on: what it writes down again counts once.
    """
    found = complete(broker, trail)
    for start in range(0, len(found), BATCH):
        audit.write(broker, found[start : start + BATCH])
    audit.write(broker, [ended(run) for run in trail.unfinished.values()])
    trail.unfinished.clear()


def _sent_by(broker: Broker, run: Run) -> Iterator[Audit]:
    known = broker.topics()
    for topic, ends in run.ends.items():
        if topic not in known:
            continue
        for record in broker.read(topic, from_offsets=ends):
            if record.headers.get(REPLAY, "").partition("/")[0] == run.run:
                at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
                yield action_of(record, run, at)
