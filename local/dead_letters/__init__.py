"""Which events were given up, why, and how do they go back to the function that failed?

A view over the functions' dead-letter topics and the audit topic; nothing is ever changed there,
only appended. A function may fail again on a replayed event: the dead letter keeps its id, and
its newest record counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from local.dead_letters.audit import Audit
from local.dead_letters.digest import Digest
from local.dead_letters.entry import Entry, entries
from local.dead_letters.errors import NoSuchLetter, Refused
from local.dead_letters.filters import Filter
from local.dead_letters.groups import Group
from local.dead_letters.workbench import Action, DeadLetters

if TYPE_CHECKING:
    from local.brokers.base import Broker

__all__ = [
    # The workbench
    "DeadLetters",
    "Filter",
    # What it shows
    "Action",
    "Audit",
    "Digest",
    "Entry",
    "Group",
    # What it refuses
    "NoSuchLetter",
    "Refused",
    # For tests
    "entries",
    "replay",
]


def replay(broker: Broker, chosen: Iterable[Entry], *, by: str, reason: str = "") -> int:
    """Send each to its function once more, whatever was done with it, and write that down."""
    return DeadLetters(broker).send([entry.digest for entry in chosen], by=by, reason=reason)
