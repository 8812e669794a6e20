"""Saying that a dead letter is not to be replayed, and why. Replaying it undoes that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.dead_letters import audit
from local.dead_letters.audit import Audit
from local.errors import Misuse

if TYPE_CHECKING:
    from local.brokers.base import Broker
    from local.dead_letters.digest import Digest

#: Audit records written at once.
_BATCH = 1000


def discard(broker: Broker, chosen: Sequence[Digest], *, by: str, reason: str) -> int:
    """Write down that these are given up for good; returns how many.

    Nothing is deleted: the records stay as long as their topic keeps them. Raises Misuse without
    a reason.
    """
    if not reason.strip():
        raise Misuse("Say why they are discarded: --reason TEXT.")
    audit.prepare(broker)
    now = datetime.now(UTC)
    for start in range(0, len(chosen), _BATCH):
        batch = chosen[start : start + _BATCH]
        audit.write(broker, [_action(digest, now, by, reason) for digest in batch])
    return len(chosen)


def _action(digest: Digest, now: datetime, by: str, reason: str) -> Audit:
    return Audit(
        id=digest.id,
        action="discard",
        at=now,
        by=by,
        reason=reason,
        function=digest.function,
        partition=digest.partition,
        offset=digest.offset,
        attempts=digest.attempts,
        edition=digest.edition,
    )
