"""One delivery: the unit of work of a topic function.

Decode; read what the batch needs in one request; call the function event by event over an overlay
of the rows; write everything in one transaction; publish; and only then answer. An event that
fails is rolled back alone, and leaves as a dead letter with the same transaction. While one unit
is written and published, the next one, of other partitions, is worked on; where both want the
same rows, it waits: `runtime.claims`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from itertools import chain
from typing import NamedTuple

from runtime import intake, metrics, unwritten
from runtime.arguments import Arguments, Resources
from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.claims import Claims
from runtime.clock import Clock
from runtime.continuity import Continuity
from runtime.ending import Ending
from runtime.errors import Conflict
from runtime.failures import Failures
from runtime.foresight import Foresight
from runtime.handled import Advance, Handled
from runtime.held import Held
from runtime.hooks import ErrorHook
from runtime.intake import Item
from runtime.log import logger
from runtime.pace import Pace
from runtime.policy import Policy
from runtime.progress import Place
from runtime.put_off import Agenda
from runtime.record import Message, Record
from runtime.reruns import Reruns
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


class _Unit(NamedTuple):
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


class Consumer:
    """Delivers records to one function. Safe to call from several threads.

    They take turns at what is done in memory, and call the function one at a time; the platform
    writes for several of them at once.

    `committed` is called with the keys of the rows that a transaction wrote; `topics` is asked
    about offsets that leap or begin again.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        sidecar: Sidecar,
        *,
        clock: Clock | None = None,
        resources: Resources | None = None,
        settings: Settings | None = None,
        committed: Callable[[Iterable[str]], None] = lambda keys: None,
        topics: Topics | None = None,
        reruns: Reruns | None = None,
        avro: AvroTopics = NO_AVRO,
    ) -> None:
        self.spec = spec
        self._avro = avro
        self._sidecar = sidecar
        self._clock = clock or Clock()
        self._settings = settings or Settings()
        resources = resources or Resources()
        self._arguments = Arguments(spec, self._clock, resources)
        self._hook: ErrorHook = resources.get(ErrorHook)
        self._handled = Handled(spec.name, self._settings.retention_seconds)
        self.continuity = Continuity(
            spec.id, self._handled, topics, self._clock, wanted=self._is_wanted
        )
        delays = spec.retries.later_seconds
        self._policy = Policy(
            spec, self._clock, self._settings.later_seconds if delays is None else delays
        )
        #: The events that are tried again later, and those that wait behind them.
        self.agenda = Agenda(spec.name)
        self._held = Held(spec.name)
        self._foresight = Foresight()
        self._committed = committed
        self._turns = Turns()
        self._claims = Claims()
        self._publishing = Turns()
        self._reruns = reruns or Reruns()
        self._pace = Pace(spec.batch)

    def position(self, topic: str, partition: int) -> int:
        """Return the offset this function handles next; 0 before its first event."""
        return self._handled.position(Rows(self._sidecar.get), (topic, partition))

    def deliver(self, records: Sequence[Record]) -> None:
        """Handle records of one topic, in this order; returns when nothing can be lost any more.

        Raises PlatformDown when the work cannot go on now: delivering the same again is safe.
        Every other failure ends as a dead letter.
        """
        start = 0
        while start < len(records):
            with self._hook.watching(self.spec.id, records[start]):
                start += self._deliver(records, start)

    def write_progress(self, waiting_seconds: float = unwritten.MOST_SECONDS) -> None:
        """Write how far it has come by events that it is not called for, if that waits so long.

        To be called every second or so; waits for nobody: what is not written is at the next call.
        Raises PlatformDown.
        """
        for place in self._handled.waiting(self._now_ms() - int(waiting_seconds * 1000)):
            with ExitStack() as claiming:
                with self._turns.turn_if_free() as is_mine:
                    if not is_mine or not self._claims.free([self._handled.row_key(place)]):
                        continue
                    advance = self._handled.catch_up(Rows(self._get), place)
                    keys = [write.key for write in advance.writes]
                    claiming.enter_context(self._claims.claiming(keys, ()))
                # One that loses the race finds at the next call what another process wrote.
                if keys and self._transacts(advance.writes):
                    self._handled.committed(advance)
                    self._handled.published(advance.rows)  # nothing is to be

    def _deliver(self, records: Sequence[Record], start: int) -> int:
        """Do the next unit of work; return how many records that were."""
        with ExitStack() as whole:
            claims = whole.enter_context(ExitStack())
            work = partial(self._work, records, start, whole, claims)
            unit = self._reruns.run(
                self.spec.id,
                # A turn for each unit of work: thousands of late attempts must not hold up new
                # events. One that has lost is written before the next one has its turn.
                partial(work, self._turns.turn),
                again=partial(work, nullcontext),
                turn=partial(self._turns.turn, ahead=True),
            )
            if unit.pending:
                # Before others may see what it wrote: what comes of that is published after it.
                whole.enter_context(self._publishing.turn())
            claims.close()
            self._publish(unit)
        return unit.records

    def _work(
        self,
        records: Sequence[Record],
        start: int,
        whole: ExitStack,
        claims: ExitStack,
        turn: Callable[[], AbstractContextManager[None]],
    ) -> _Unit:
        """Do the next unit of work in memory and write it; a Conflict leaves nothing behind.

        Otherwise what it was written within is handed to `whole`, and what it claims to `claims`.
        """
        with ExitStack() as attempt, ExitStack() as claiming:
            with turn():
                chunk = self._next(records, start)
                attempt.enter_context(self._pace.doing(len(chunk)))
                unit = self._run(chunk)
                claiming.enter_context(self._claims.claiming(unit.changed, unit.seen))
            self._write(unit)
            whole.enter_context(attempt.pop_all())
            claims.enter_context(claiming.pop_all())
        return unit

    def _next(self, records: Sequence[Record], start: int) -> Sequence[Record]:
        """The next unit of work: as much as every limit on the way lets through.

        What the function is not called for is no work for it, so its batch does not matter.
        """
        passed = self._policy.passed_over(records, start)
        end, size = start, 0
        while end < len(records) and end - start < max(passed, self._pace.events):
            size += len(records[end].value)
            if end > start and size > MOST_BYTES:
                break
            end += 1
        return records[start:end]

    def _run(self, records: Sequence[Record]) -> _Unit:
        """Handle the records in memory. Also raises Conflict where the function itself does."""
        rows = Rows(self._get, lane=_lane(records[0]), clock=self._clock)
        with self._timed("read"):
            items = [
                intake.read(self.spec, record, self._settings.max_event_bytes, self._avro)
                for record in records
            ]
            places = list(dict.fromkeys((r.topic, r.partition) for r in records))
            if self._passes_by(records, places, items):
                return _Unit(len(records), Advance(), ending=Ending.refused_all(len(items)))
            self._load(rows, places, items)
        self._publish_pending(rows, places)
        course = self.continuity.course(rows, records)
        handled = self._handled.redelivered(rows, records, course)
        items = [item for item, is_handled in zip(items, handled, strict=True) if not is_handled]
        metrics.outcome(self.spec.id, "redelivered").inc(len(records) - len(items))
        if not items:
            return _Unit(len(records), Advance())
        self._claims.wait_to_see(item.hash for item in items if not item.refused)
        fresh = self._fresh(rows, items)
        failures = Failures(self.spec, self._policy, rows, size=len(records), avro=self._avro)
        called = failures.admit(fresh)
        # A function may wait for something of its own: it says so by PlatformDown.
        needs = f"what {self.spec.id} needs"
        with self._timed("handle"), self._sidecar.outages.trying(needs):
            unreadable = [item for item in called if item.error]
            readable = [item for item in called if not item.error]
            rounds = Rounds(self.spec, rows, failures, self._arguments.over(rows), self._avro)
            failed = rounds.run(readable) if readable else []
        self._foresight.learn(rows.lane, rows.late)
        outcome = failures.settle(failed, unreadable)
        messages = [*chain.from_iterable(item.outputs for item in called), *outcome.letters]
        pending = () if self._sidecar.publishes_in_transaction else messages
        writes = [*rows.writes(), *self._marks(called)]
        advance = self._handled.advance(
            rows, [item.record for item in items], self._ids(fresh), pending, self._now_ms(), course
        )
        ending = Ending.of(items, fresh, called, outcome)
        seen = rows.seen if messages else ()
        return _Unit(len(records), advance, writes, messages, pending, seen, ending)

    def _passes_by(
        self, records: Sequence[Record], places: Sequence[Place], items: Sequence[Item]
    ) -> bool:
        """Whether nothing but progress comes of the records, which is noted then.

        Most functions are called for some of the events of their topic only. To read and write for
        the others as well was a third of an order's transactions.
        """
        if not all(item.refused and item.letter is None for item in items):
            return False
        rows = self._handled.remembered(places)
        if rows is None:
            return False
        course = self.continuity.course(rows, records)
        return self._handled.pass_by(rows, records, course, self._now_ms())

    def _load(self, rows: Rows, places: Sequence[Place], items: Sequence[Item]) -> None:
        """Bring everything that can be known beforehand in one request."""
        # It may ask for something else this time: nobody waits for a guess.
        foreseen = self._claims.free(self._foresight.expected(rows.lane))
        wanted = [*self._handled.wanted(places), *foreseen]
        for item in items:
            wanted += intake.rows_of(self.spec, item)
        if self.spec.ordered:
            rows.load([*wanted, self._held.count_key])
            returning = [item.original.key for item in items if item.is_retry]
            self._held.load(rows, [item.original.key for item in items], returning)
        rows.load(wanted)
        self._handled.take_over(rows, places)

    def _publish_pending(self, rows: Rows, places: Sequence[Place]) -> None:
        """Publish what a process was killed over; its readers know the ids it published before."""
        # A list, so that all is read before the turn: one must not wait for a row in it.
        if not any([self._handled.pending(rows, place) for place in places]):
            return
        # Where a partition has just changed hands, it may be what is being published now, here or
        # by another replica.
        with self._publishing.turn():
            for pending in filter(None, (self._handled.pending(rows, place) for place in places)):
                self._sidecar.publish_again(
                    pending.messages, pending.since_ms, by_another=pending.by_another
                )
                count = len(pending.messages)
                log.info("delivery.pending_published", function=self.spec.id, count=count)
            self._handled.published(self._handled.written(places))

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
            if (not mark or item.is_retry) and (id in ids or self._handled.knows(id)):
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

    def _ids(self, fresh: Sequence[Item]) -> dict[Place, list[bytes]]:
        """The ids to remember; an event that is known by its place alone needs none."""
        ids: dict[Place, list[bytes]] = {}
        for item in fresh:
            if item.is_retry or item.has_id:
                place = (item.record.topic, item.record.partition)
                ids.setdefault(place, []).append(item.hash)
        return ids

    def _is_wanted(self, record: Record) -> bool:
        item = intake.read(self.spec, record, self._settings.max_event_bytes, self._avro)
        return not item.refused

    def _get(self, keys: Sequence[str]) -> Mapping[str, Stored]:
        """Read rows as they are once the units of work before this one are written."""
        self._claims.wait_to_see(keys)
        return self._sidecar.get(keys)

    def _write(self, unit: _Unit) -> None:
        """Write rows, marks, progress and outputs in one transaction."""
        if writes := [*unit.writes, *unit.advance.writes]:
            with self._timed("transact"):
                self._sidecar.transact(writes, () if unit.pending else unit.messages)
            self._handled.committed(unit.advance)
            self._committed(write.key for write in unit.writes)
            metrics.count_published(self.spec.id, unit.messages)
        if unit.ending:
            unit.ending.tell(self.spec.id, self._hook)

    def _transacts(self, writes: Sequence[Write]) -> bool:
        try:
            self._sidecar.transact(writes)
        except Conflict:
            return False
        return True

    def _publish(self, unit: _Unit) -> None:
        if unit.pending:
            with self._timed("publish"):
                self._sidecar.publish(unit.pending)
        self._handled.published(unit.advance.rows)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    def _timed(self, step: str) -> AbstractContextManager[None]:
        return metrics.timed(self.spec.id, step)


def _lane(record: Record) -> str:
    return f"{record.topic}-{record.partition}"
