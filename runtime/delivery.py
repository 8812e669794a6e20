"""One delivery: units of work of a topic function, one after the other and side by side.

Each is done in memory (`runtime.unit`), written in one transaction, published, and only then
answered. While one is written and published, the next one, of other partitions, is worked on;
where both want the same rows, it waits: `runtime.claims`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from functools import partial

from runtime import metrics, unwritten
from runtime.arguments import Resources
from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.claims import Claims
from runtime.clock import Clock
from runtime.errors import Conflict
from runtime.hooks import ErrorHook
from runtime.pace import Pace
from runtime.progress import Place
from runtime.put_off import Agenda
from runtime.record import Record
from runtime.reruns import Reruns
from runtime.rows import Rows
from runtime.settings import Settings
from runtime.sidecars.base import Sidecar
from runtime.spec import FunctionSpec
from runtime.topics import Topics
from runtime.turns import Turns
from runtime.unit import Unit, Units


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
        self._sidecar = sidecar
        self._clock = clock or Clock()
        resources = resources or Resources()
        self._hook: ErrorHook = resources.get(ErrorHook)
        self._turns = Turns()
        self._claims = Claims()
        self._publishing = Turns()
        self._units = Units(
            spec,
            sidecar,
            self._claims,
            self._publishing,
            clock=self._clock,
            resources=resources,
            settings=settings or Settings(),
            topics=topics,
            avro=avro,
        )
        self._handled = self._units.handled
        self.continuity = self._units.continuity
        #: The events that are tried again later, and those that wait behind them.
        self.agenda = Agenda(spec.name)
        self._committed = committed
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

    def write_progress(self, waiting_seconds: float = unwritten.WAIT_SECONDS) -> None:
        """Write how far it has come by events that it is not called for, if that waits so long.

        To be called every second or so. Waits for nobody: while the function is at work it does
        nothing, and what then is not written with that work is at a later call. Raises
        PlatformDown.
        """
        now_ms = int(self._clock.now().timestamp() * 1000)
        for place in self._handled.waiting(now_ms, int(waiting_seconds * 1000)):
            self._write_progress(place, now_ms)

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
    ) -> Unit:
        """Do the next unit of work in memory and write it; a Conflict leaves nothing behind.

        Otherwise what it was written within is handed to `whole`, and what it claims to `claims`.
        """
        with ExitStack() as attempt, ExitStack() as claiming:
            with turn():
                chunk = self._units.next(records, start, self._pace.events)
                attempt.enter_context(self._pace.doing(len(chunk)))
                unit = self._units.make(chunk)
                claiming.enter_context(self._claims.claiming(unit.changed, unit.seen))
            self._write(unit)
            whole.enter_context(attempt.pop_all())
            claims.enter_context(claiming.pop_all())
        return unit

    def _write(self, unit: Unit) -> None:
        """Write rows, marks, progress and outputs in one transaction."""
        if writes := [*unit.writes, *unit.advance.writes]:
            with self._timed("transact"):
                self._sidecar.transact(writes, () if unit.pending else unit.messages)
            self._handled.committed(unit.advance)
            self._committed(write.key for write in unit.writes)
            metrics.count_published(self.spec.id, unit.messages)
        if unit.ending:
            unit.ending.tell(self.spec.id, self._hook)

    def _publish(self, unit: Unit) -> None:
        if unit.pending:
            with self._timed("publish"):
                self._sidecar.publish(unit.pending)
        self._handled.published(unit.advance.rows)

    def _write_progress(self, place: Place, now_ms: int) -> None:
        with ExitStack() as claiming:
            with self._turns.turn_if_free() as is_mine:
                if not is_mine or not self._claims.free([self._handled.row_key(place)]):
                    return
                advance = self._handled.catch_up(Rows(self._sidecar.get), place, now_ms)
                keys = [write.key for write in advance.writes]
                claiming.enter_context(self._claims.claiming(keys, ()))
            # One that loses the race finds at the next call what another process wrote.
            with suppress(Conflict):
                if keys:
                    self._sidecar.transact(advance.writes)
                    self._handled.committed(advance)
                    self._handled.published(advance.rows)  # nothing waits to be: see `catch_up`

    def _timed(self, step: str) -> AbstractContextManager[None]:
        return metrics.timed(self.spec.id, step)
