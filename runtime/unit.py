"""One unit of work in memory: what the function makes of some events, before any of it is written.

Decode; read what the batch needs in one request; call the function event by event over an overlay
of the rows. An event that fails is rolled back alone, and leaves as a dead letter.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import NamedTuple

from runtime import intake, metrics
from runtime.arguments import Arguments, Resources
from runtime.avro.topics import AvroTopics
from runtime.claims import Claims
from runtime.clock import Clock
from runtime.continuity import Continuity
from runtime.ending import Ending
from runtime.failures import Failures
from runtime.foresight import Foresight
from runtime.handled import Advance, Handled
from runtime.held import Held
from runtime.intake import Item
from runtime.log import logger
from runtime.policy import Policy
from runtime.progress import Course, Place
from runtime.record import Message, Record
from runtime.rounds import Rounds
from runtime.rows import Rows
from runtime.settings import Settings
from runtime.sidecars.base import Sidecar, Stored, Write
from runtime.spec import FunctionSpec
from runtime.topics import Topics
from runtime.turns import Turns

log = logger("delivery")

#: Bytes of records in one unit of work: what it publishes, and stores until that is published, is
#: about as much, and daprd takes 64 MiB in one call. Orders of 675 lines have 50 KB each.
MOST_BYTES = 16 * 1024 * 1024


class Unit(NamedTuple):
    """A unit of work that is done in memory. Without an ending there was nothing new in it."""

    records: int
    advance: Advance
    writes: Sequence[Write] = ()
    messages: Sequence[Message] = ()
    #: Those of the messages that are published after the transaction, not in it: all, or none.
    pending: Sequence[Message] = ()
    #: The rows from which those follow.
    seen: Sequence[str] = ()
    ending: Ending | None = None

    @property
    def changed(self) -> list[Hashable]:
        """What will be another once it is written: its rows, and whether its events are known."""
        return [*(write.key for write in (*self.writes, *self.advance.writes)), *self.advance.ids]


class Units:
    """Makes the units of work of one function. For one thread at a time: who has the turn.

    `claims` are what is being written meanwhile, `publishing` is the turn at publishing.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        sidecar: Sidecar,
        claims: Claims,
        publishing: Turns,
        *,
        clock: Clock,
        resources: Resources,
        settings: Settings,
        topics: Topics | None,
        avro: AvroTopics,
    ) -> None:
        self._spec = spec
        self._sidecar = sidecar
        self._claims = claims
        self._publishing = publishing
        self._clock = clock
        self._settings = settings
        self._avro = avro
        self._arguments = Arguments(spec, clock, resources)
        self.handled = Handled(spec.name, settings.retention_seconds)
        self.continuity = Continuity(spec.id, self.handled, topics, clock, wanted=self._is_wanted)
        delays = spec.retries.later_seconds
        self._policy = Policy(spec, clock, settings.later_seconds if delays is None else delays)
        self._held = Held(spec.name)
        self._foresight = Foresight()

    def next(self, records: Sequence[Record], start: int, most: int) -> Sequence[Record]:
        """Return the records of the next unit of work: as much as every limit lets through.

        What the function is not called for is no work for it, so its batch does not matter.
        """
        passed = self._policy.passed_over(records, start)
        end, size = min(len(records), start + max(passed, most)), 0
        for number in range(start, end):
            size += len(records[number].value)
            if number > start and size > MOST_BYTES:
                return records[start:number]
        return records[start:end]

    def make(self, records: Sequence[Record]) -> Unit:
        """Handle the records in memory. Also raises Conflict where the function itself does."""
        rows = Rows(self._get, lane=_lane(records[0]), clock=self._clock)
        with self._timed("read"):
            items = [self._read(record) for record in records]
            if self._pass_by(records, items):
                return Unit(len(records), Advance(), ending=Ending.refused_all(len(items)))
            places = list(dict.fromkeys((r.topic, r.partition) for r in records))
            self._load(rows, places, items)
        self._publish_pending(rows, places)
        course = self.continuity.course(rows, records)
        handled = self.handled.redelivered(rows, records, course)
        items = [item for item, is_handled in zip(items, handled, strict=True) if not is_handled]
        metrics.outcome(self._spec.id, "redelivered").inc(len(records) - len(items))
        if not items:
            return Unit(len(records), Advance())
        return self._handle(rows, items, course, len(records))

    def _handle(self, rows: Rows, items: Sequence[Item], course: Course, records: int) -> Unit:
        """Call the function for the events that it has not handled, and sum up what comes of it."""
        self._claims.wait_to_see(item.hash for item in items if not item.refused)
        fresh = self._fresh(rows, items)
        failures = Failures(self._spec, self._policy, rows, size=records, avro=self._avro)
        called = failures.admit(fresh)
        # A function may wait for something of its own: it says so by PlatformDown.
        needs = f"what {self._spec.id} needs"
        with self._timed("handle"), self._sidecar.outages.trying(needs):
            unreadable = [item for item in called if item.error]
            readable = [item for item in called if not item.error]
            rounds = Rounds(self._spec, rows, failures, self._arguments.over(rows), self._avro)
            failed = rounds.run(readable) if readable else []
        self._foresight.learn(rows.lane, rows.late)
        outcome = failures.settle(failed, unreadable)
        messages = [*chain.from_iterable(item.outputs for item in called), *outcome.letters]
        pending = () if self._sidecar.publishes_in_transaction else messages
        writes = [*rows.writes(), *self._marks(called)]
        advance = self.handled.advance(
            rows, [item.record for item in items], _ids(fresh), pending, self._now_ms(), course
        )
        ending = Ending.of(items, fresh, called, outcome)
        seen = rows.seen if messages else ()
        return Unit(records, advance, writes, messages, pending, seen, ending)

    def _pass_by(self, records: Sequence[Record], items: Sequence[Item]) -> bool:
        """Note the records as done where nothing else comes of them; False where that needs more.

        Most functions are called for some of the events of their topic only. To read and write for
        the others as well was 4 of the 13 units of work of an order.
        """
        # Tools tell from the rows how a replay has ended, and whether a table has caught up.
        if self._spec.fills_table or not all(item.refused and not item.letter for item in items):
            return False
        known = self.handled.following(records)
        if known is None or not self.continuity.believe(known, records):
            return False
        self.handled.pass_by(known, records, self._now_ms())
        return True

    def _load(self, rows: Rows, places: Sequence[Place], items: Sequence[Item]) -> None:
        """Bring everything that can be known beforehand in one request."""
        # It may ask for something else this time: nobody waits for a guess.
        foreseen = self._claims.free(self._foresight.expected(rows.lane))
        wanted = [*self.handled.wanted(places), *foreseen]
        for item in items:
            wanted += intake.rows_of(self._spec, item)
        if self._spec.ordered:
            rows.load([*wanted, self._held.count_key])
            returning = [item.original.key for item in items if item.is_retry]
            self._held.load(rows, [item.original.key for item in items], returning)
        rows.load(wanted)
        self.handled.take_over(rows, places)

    def _publish_pending(self, rows: Rows, places: Sequence[Place]) -> None:
        """Publish what a process was killed over; its readers know the ids it published before."""
        # A list, so that all is read before the turn: one must not wait for a row in it.
        if not any([self.handled.pending(rows, place) for place in places]):
            return
        # Where a partition has just changed hands, it may be what is being published now, here or
        # by another replica.
        with self._publishing.turn():
            for pending in filter(None, (self.handled.pending(rows, place) for place in places)):
                self._sidecar.publish_again(
                    pending.messages, pending.since_ms, by_another=pending.by_another
                )
                count = len(pending.messages)
                log.info("delivery.pending_published", function=self._spec.id, count=count)
            self.handled.published(self.handled.written(places))

    def _fresh(self, rows: Rows, items: Sequence[Item]) -> list[Item]:
        """Return the items not handled before."""
        fresh: list[Item] = []
        marks: set[str] = set()
        ids: set[bytes] = set()
        for item in items:
            if item.refused:
                continue
            mark, id = item.mark, item.hash
            if mark and (mark in marks or rows.stored(mark)):
                continue
            if (not mark or item.is_retry) and (id in ids or self.handled.knows(id)):
                continue
            if mark:
                marks.add(mark)
            ids.add(id)
            fresh.append(item)
        return fresh

    def _marks(self, fresh: Sequence[Item]) -> list[Write]:
        """What the handled ones leave behind; one that failed may be replayed."""
        retention = self._settings.retention_seconds
        return [
            Write(item.mark, b"1", None, retention)
            for item in fresh
            if item.mark and not (item.error or item.behind)
        ]

    def _read(self, record: Record) -> Item:
        return intake.read(self._spec, record, self._settings.max_event_bytes, self._avro)

    def _is_wanted(self, record: Record) -> bool:
        return not self._read(record).refused

    def _get(self, keys: Sequence[str]) -> Mapping[str, Stored]:
        """Read rows as they are once the units of work before this one are written."""
        self._claims.wait_to_see(keys)
        return self._sidecar.get(keys)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    def _timed(self, step: str) -> AbstractContextManager[None]:
        return metrics.timed(self._spec.id, step)


def _lane(record: Record) -> str:
    return f"{record.topic}-{record.partition}"


def _ids(fresh: Sequence[Item]) -> dict[Place, list[bytes]]:
    """The ids to remember; an event that is known by its place alone needs none."""
    ids: dict[Place, list[bytes]] = {}
    for item in fresh:
        if item.has_id or item.is_retry:
            place = (item.record.topic, item.record.partition)
            ids.setdefault(place, []).append(item.hash)
    return ids
