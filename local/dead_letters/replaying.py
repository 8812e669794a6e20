"""Sending events back to the function that failed, and to no other.

A replay is a run: batches of events on the functions' retry topics, each followed by a batch of
audit records. Killed at any moment it can be started again and goes on where it stopped, because
every event that it sends carries the run's id: `local.dead_letters.unfinished` finds what was sent
and not written down on the retry topics, from where they ended when the run began. One transaction
over both would be simpler, but daprd (components-contrib 1.16) reads what was not committed too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from local.dead_letters import audit
from local.dead_letters.audit import Audit, Run
from local.dead_letters.digest import Digest, read_digest
from local.dead_letters.identity import event_hash
from local.dead_letters.survey import records_at
from local.dead_letters.topics import dead_letter_topic, function_of, retry_topic
from local.topics import Topic
from runtime.dead_letters import PREFIX, replay_message
from runtime.record import Message, Record

if TYPE_CHECKING:
    from local.brokers.base import Broker

#: Events sent, and then written down, at once.
BATCH = 500
#: On an event that is replayed: the run, and where its dead letter lies.
REPLAY = f"{PREFIX}replay"
#: Batches in a second, where a rate is asked for.
_BATCHES_A_SECOND = 5


class Replay:
    """One run. `rate` is the most events a second; None for as fast as it goes."""

    def __init__(
        self,
        broker: Broker,
        *,
        by: str,
        reason: str = "",
        rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._broker = broker
        self._run = Run(run=uuid4().hex, at=datetime.now(UTC), by=by, reason=reason)
        self._rate = rate
        self._clock = clock
        self._pause = pause

    def send(self, chosen: Sequence[Digest], advance: Callable[[int], None]) -> int:
        """Send the newest record of each, and write it down; returns how many were sent.

        That may be fewer than were chosen: a topic may have let go of some meanwhile. `advance`
        is called with the size of each batch. Raises PlatformDown; what was sent by then is
        replayed, and the others are still open.
        """
        if not chosen:
            return 0
        self._begin({digest.function for digest in chosen})
        started, count = self._clock(), 0
        for batch in _batches(records_at(self._broker, list(chosen)), self._size()):
            self._wait(started, count)
            messages = [self._message(record) for record in batch]
            places = self._broker.publish(messages)
            now, sent = datetime.now(UTC), map(_sent, messages, places)
            audit.write(self._broker, [action_of(each, self._run, now) for each in sent])
            count += len(batch)
            advance(len(batch))
        audit.write(self._broker, [ended(self._run)])
        return count

    def _begin(self, functions: Iterable[str]) -> None:
        known = self._broker.topics()
        for function in functions:
            topic = retry_topic(function)
            if topic not in known:
                partitions = known[dead_letter_topic(function)]
                made = Topic(topic, partitions, retention_days=28)
                self._broker.create(topic, partitions, made.config)
            marks = self._broker.watermarks(topic)
            self._run.ends[topic] = {at: high for at, (_, high) in marks.items()}
        audit.prepare(self._broker)
        audit.write(self._broker, [self._run])

    def _message(self, record: Record) -> Message:
        message = replay_message(retry_topic(function_of(record.topic)), record)
        message.headers[REPLAY] = f"{self._run.run}/{record.partition}/{record.offset}"
        return message

    def _size(self) -> int:
        if self._rate is None:
            return BATCH
        return max(1, min(BATCH, int(self._rate / _BATCHES_A_SECOND)))

    def _wait(self, started: float, count: int) -> None:
        left = started + count / self._rate - self._clock() if self._rate else 0
        if left > 0:
            self._pause(left)


def action_of(sent: Record, run: Run, at: datetime) -> Audit:
    """Describe one replay from the record on the retry topic. Raises ValueError for another's."""
    _, partition, offset = sent.headers[REPLAY].split("/")
    digest = read_digest(sent)
    if digest is None:
        raise ValueError(f"The record {sent.partition}:{sent.offset} was sent by no replay.")
    return Audit(
        id=digest.id,
        action="replay",
        at=at,
        by=run.by,
        reason=run.reason,
        function=digest.function,
        partition=int(partition),
        offset=int(offset),
        attempts=digest.attempts,
        edition=digest.edition,
        run=run.run,
        sent_partition=sent.partition,
        sent_offset=sent.offset,
        event=event_hash(sent),
    )


def _sent(message: Message, place: tuple[int, int]) -> Record:
    return Record(message.topic, *place, message.key, message.value, message.headers, 0)


def ended(run: Run) -> Run:
    """Say that a run is at its end."""
    return Run(run=run.run, at=datetime.now(UTC), by=run.by, ended=True)


def _batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
