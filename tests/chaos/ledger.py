"""What a run has left: rows, records, dead letters and mails, as lines that can be compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from local.states import tables_of
from runtime.dead_letters import DeadLetter
from runtime.record import Record
from tests.chaos.run import AGAIN
from tests.chaos.system import REGISTRY, TOPICS, System

#: Where a line comes from, and what it says.
Line = tuple[str, str]
MAILS = "mails"


@dataclass(frozen=True)
class Differences:
    """How one ledger differs from that of an undisturbed run."""

    lost: Counter[Line]
    doubled: Counter[Line]

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled)

    def __str__(self) -> str:
        lines = [f"lost: {line}" for line in self.lost.elements()]
        lines += [f"too much: {line}" for line in self.doubled.elements()]
        more = f" and {len(lines) - 20} more" if len(lines) > 20 else ""
        return "\n".join(lines[:20]) + more


@dataclass(frozen=True)
class Ledger:
    """Every line of one run, and how often it is there."""

    lines: Counter[Line]

    def differences(self, calm: Ledger) -> Differences:
        """What is missing here, and what is here too often, compared with a calm run."""
        return Differences(calm.lines - self.lines, self.lines - calm.lines)

    def count(self, place: str) -> int:
        """How many lines there are of a table, a topic or the mails."""
        return sum(count for (found, _), count in self.lines.items() if found == place)

    def without(self, *places: str) -> Ledger:
        """The same, but for some places."""
        return Ledger(Counter({k: n for k, n in self.lines.items() if k[0] not in places}))

    def whichever_came_first(self) -> Ledger:
        """The same, but for what is another one when an event was overtaken by its own copy:
        the chains of its parcel, and the key of its dead letter."""
        lines: Counter[Line] = Counter()
        for (place, text), count in self.lines.items():
            text = re.sub(r'"chain":"[0-9a-f]*"', '"chain":""', text)
            lines[place, re.sub(rf"{AGAIN}\d+: ", ": ", text)] += count
        return Ledger(lines)

    def only(self, *places: str) -> Ledger:
        """What is in some places."""
        return Ledger(Counter({k: n for k, n in self.lines.items() if k[0] in places}))


def read(system: System, *runs: str) -> dict[str, Ledger]:
    """Read what each of these runs has left, its own name taken out of it."""
    found: dict[str, Counter[Line]] = {run: Counter() for run in runs}
    for place, text in _everything(system):
        run = next((run for run in runs if run in text), None)
        if run is not None:
            found[run][place, text.replace(run, "RUN")] += 1
    return {run: Ledger(lines) for run, lines in found.items()}


def _everything(system: System) -> Iterator[Line]:
    for table in tables_of(REGISTRY):
        for key, row in table.rows(system.store):
            yield f"table {table.spec.name}", f"{key}: {bytes(row).decode()}"
    for topic in _kept(system.broker.topics()):
        for record in system.broker.read(topic):
            yield f"topic {topic}", _told(record)
    for path in system.mails.rglob("*") if system.mails.exists() else ():
        if path.is_file():
            name = path.relative_to(system.mails).as_posix()
            yield from ((MAILS, name) for _ in path.read_bytes().splitlines())


def _kept(known: Container[str]) -> list[str]:
    """The topics that hold what the functions made. How often an event passes through a retry
    topic depends on how long the others take; its effects do not."""
    return [topic for topic in TOPICS if topic in known and not topic.endswith(".retry")]


def _told(record: Record) -> str:
    """The record without what differs from run to run: where it lies, and what time it was."""
    envelope: Any = msgspec.json.decode(record.value)
    told = f"{record.key}: {msgspec.json.encode(envelope['data']).decode()}"
    if "sluice-id" not in record.headers:
        return told
    letter = DeadLetter.read(record.headers)
    return (
        f"{told} failed {letter.attempts} times in {letter.function} with {letter.message!r} "
        f"as event {letter.event_id} of {letter.origin_topic}"
    )
