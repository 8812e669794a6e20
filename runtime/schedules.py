"""Schedule functions: who is due, and its unit of work."""

from __future__ import annotations

import msgspec

from runtime import metrics
from runtime.arguments import Arguments, Resources
from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.clock import Clock
from runtime.errors import Conflict, PlatformDown
from runtime.log import logger
from runtime.outbox import Outbox
from runtime.outputs import messages_of
from runtime.rows import Rows
from runtime.sidecars.base import Sidecar
from runtime.spec import Every, FunctionSpec

log = logger("schedules")


class _Last(msgspec.Struct):
    """When the function ran last, and on which turn: replicas that tick together run it once."""

    turn: int


class Schedule:
    """One schedule function. Time is counted in turns of its period since 1970, so that every
    replica, and every restart, agrees when the next one is."""

    def __init__(
        self,
        spec: FunctionSpec,
        sidecar: Sidecar,
        outbox: Outbox,
        *,
        clock: Clock,
        resources: Resources,
        avro: AvroTopics = NO_AVRO,
    ) -> None:
        assert isinstance(spec.trigger, Every)
        self.spec = spec
        self._avro = avro
        self._seconds = spec.trigger.seconds
        self._sidecar = sidecar
        self._outbox = outbox
        self._clock = clock
        self._arguments = Arguments(spec, clock, resources)
        self._turn: int | None = None

    def tick(self) -> None:
        """Run the function if its turn has come. To be called every second or so.

        A failure is logged, and the function runs again on its next turn; nothing it did is kept.
        Raises PlatformDown.
        """
        turn = int(self._clock.now().timestamp() // self._seconds)
        if turn == self._turn:
            return
        try:
            self._run(turn)
        except Conflict:
            # Another replica took this turn, or a row changed: look again at the next tick.
            return
        except PlatformDown:
            raise
        except (Exception, SystemExit):  # other functions share this process
            log.exception("schedule.failed", function=self.spec.id)
        self._turn = turn

    def _run(self, turn: int) -> None:
        rows = Rows(self._sidecar.get, clock=self._clock)
        key = f"schedule/{self.spec.name}"
        last = rows.get(key, _Last)
        if last is not None and last.turn >= turn:
            return
        rows.put(key, _Last(turn))
        returned = self.spec.call(**self._arguments.over(rows)({}))
        messages = messages_of(
            self.spec,
            returned,
            identity=f"{turn}",
            time=self._clock.now(),
            key=None,
            avro=self._avro,
        )
        self._outbox.commit(rows.writes(), messages)
        metrics.count_published(self.spec.id, messages)
