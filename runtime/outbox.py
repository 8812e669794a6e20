"""Commits what HTTP and schedule functions did: rows first, then their events are published.

Requests that arrive together share one transaction: while one is under way the next ones queue,
and the first of them takes all of them along. On a platform that cannot publish in a transaction
the events stand in a row of this process, its lane, until the broker has acknowledged them; a
process that is killed leaves the row behind, and its next start, or another replica, publishes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

import msgspec

from runtime.clock import Clock
from runtime.errors import Conflict, PlatformDown, PlatformSilent
from runtime.log import logger
from runtime.record import Message
from runtime.sidecars.base import ANY, Sidecar, Stored, Write

log = logger("outbox")

#: A lane that was not seen for this long belongs to a process that is gone.
ORPHAN_SECONDS = 30
#: How often a live process says so.
HEARTBEAT_SECONDS = 5
#: Requests in one transaction.
MOST_JOBS = 256

_LANES = "outbox.lanes"
_encoder = msgspec.msgpack.Encoder()
_lanes = msgspec.json.Decoder(dict[str, int])


class _Pending(msgspec.Struct, array_like=True):
    """Messages that were written with the rows, and when they were to be published."""

    messages: list[Message] = []
    since_ms: int = 0


_pending = msgspec.msgpack.Decoder(_Pending)


class Job:
    """One unit of work that waits to be committed."""

    def __init__(self, writes: Sequence[Write], messages: Sequence[Message]) -> None:
        self.writes = writes
        self.messages = messages
        self.keys = {write.key for write in writes}
        self.done = False
        self.error: Exception | None = None


class Outbox:
    """The outbox of one process. `lane` names it and is the same after a restart."""

    def __init__(
        self,
        sidecar: Sidecar,
        clock: Clock,
        lane: str,
        *,
        committed: Callable[[Iterable[str]], None] = lambda keys: None,
    ) -> None:
        self._committed = committed
        self._sidecar = sidecar
        self._clock = clock
        self._lane = lane
        self._queue: list[Job] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.Lock()
        self._pending = _Pending()
        self._published = _Pending()
        self._row_is_empty = True
        self._is_known = False
        self._etag: str | None = ANY
        self._silence: PlatformSilent | None = None
        self._last_seen = 0.0

    def commit(self, writes: Sequence[Write], messages: Sequence[Message]) -> None:
        """Write and publish; returns after the broker acknowledged.

        Raises Conflict (nothing was written: run again) or PlatformDown; if that came after the
        rows were written, the events are published later, by `tick`.
        """
        self.finish(self.put(writes, messages))

    def put(self, writes: Sequence[Write], messages: Sequence[Message]) -> Job:
        """Queue a unit of work. It is to be finished: until then nobody may rely on it.

        Another one that is finished meanwhile takes it along. Raises PlatformDown in an outage.
        """
        job = Job(writes, messages)
        self._refuse_to_queue()
        with self._queue_lock:
            self._queue.append(job)
        return job

    def finish(self, job: Job) -> None:
        """Write and publish one that was queued; returns and raises as `commit`."""
        with self._turn:
            if not job.done:
                self._run(self._take(job))
        if job.error is not None:
            raise job.error

    def flush(self) -> None:
        """Return once everything that was committed here is published. Raises PlatformDown."""
        self._refuse_to_queue()
        with self._turn, self._watched():
            self._publish_left_behind()

    def tick(self) -> None:
        """Publish what is left, say that this process lives, and take over from dead ones.

        To be called every second or so. Raises PlatformDown.
        """
        if self._sidecar.publishes_in_transaction:
            return
        with self._turn, self._watched(), suppress(Conflict):  # then the next tick looks again
            self._publish_left_behind()
            if not self._row_is_empty:
                self._transact([self._row(_Pending())])
                self._row_is_empty = True
        if self._clock.now().timestamp() - self._last_seen >= HEARTBEAT_SECONDS:
            self._heartbeat()

    def _refuse_to_queue(self) -> None:
        """In an outage nobody waits behind him who is finding out whether it has ended."""
        silence = self._silence
        if silence is not None and self._turn.locked():
            raise PlatformDown(str(silence), awaited=silence.awaited) from silence

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Remember that the platform is silent, until something has worked."""
        try:
            yield
        except PlatformSilent as silence:
            self._silence = silence
            raise
        self._silence = None

    def _take(self, first: Job) -> list[Job]:
        """Take jobs off the queue that change different rows, `first` among them."""
        with self._queue_lock:
            taken, keys = [first], set(first.keys)
            for job in self._queue:
                if job is not first and len(taken) < MOST_JOBS and keys.isdisjoint(job.keys):
                    taken.append(job)
                    keys |= job.keys
            self._queue = [job for job in self._queue if job not in taken]
        return taken

    def _take_all(self) -> list[Job]:
        with self._queue_lock:
            taken, self._queue = self._queue, []
        return taken

    def _run(self, jobs: Sequence[Job]) -> None:
        try:
            with self._watched():
                self._publish_left_behind()
                self._write(jobs)
        except PlatformDown as error:
            if isinstance(error, PlatformSilent):
                jobs = [*jobs, *self._take_all()]  # they have waited for the same answer
            for job in jobs:
                job.error = error
        except Exception as error:
            if len(jobs) > 1:
                self._run_apart(jobs)
                return
            jobs[0].error = error
        for job in jobs:
            job.done = True
        # Also after an error: the rows may be written, and a wake too many does no harm.
        self._committed(key for job in jobs for key in job.keys)

    def _run_apart(self, jobs: Sequence[Job]) -> None:
        """One of them read a stale row; the others must not suffer."""
        while jobs:
            first, *jobs = jobs
            self._run([first])
            if isinstance(first.error, PlatformSilent):
                for job in jobs:  # each would find out the same, as slowly
                    job.error, job.done = first.error, True
                return

    def _write(self, jobs: Sequence[Job]) -> None:
        writes = [write for job in jobs for write in job.writes]
        messages = [message for job in jobs for message in job.messages]
        if self._sidecar.publishes_in_transaction:
            self._sidecar.transact(writes, messages)
            return
        pending = _Pending(messages, int(self._clock.now().timestamp() * 1000))
        if messages:
            writes.append(self._row(pending))
            self._row_is_empty = False
        self._transact(writes)
        self._pending = pending
        if messages:
            self._sidecar.publish(messages)
            self._published = pending
        self._pending = _Pending()

    def _transact(self, writes: Sequence[Write]) -> None:
        try:
            self._sidecar.transact(writes)
        except (PlatformDown, Conflict):
            # It may have been written all the same, by an answer that was lost; the sidecar may
            # then take our own row for somebody else's. Look before going on.
            self._is_known = False
            raise
        if writes and writes[-1].key == _lane_key(self._lane):
            self._etag = ANY

    def _publish_left_behind(self) -> None:
        """Publish what a killed process, or a publish that failed, has left of this lane."""
        if self._sidecar.publishes_in_transaction:
            return
        if not self._last_seen:
            self._heartbeat()  # before anything is written that others would have to adopt
        if not self._is_known:
            stored = self._stored(self._lane)
            found = _pending_of(stored)
            # Mostly the row still says what was published last: no reason to ask the broker.
            self._pending = found if found != self._published else _Pending()
            self._row_is_empty = not found.messages
            # What has not come yet may still come: a transaction that nobody answered, of this
            # process or the one before. It must not be written over unseen.
            self._etag = stored.etag if stored else None
            self._is_known = True
        if self._pending.messages:
            self._sidecar.publish_again(self._pending.messages, self._pending.since_ms)
            self._published, self._pending = self._pending, _Pending()

    def _row(self, pending: _Pending) -> Write:
        # Only this process writes its lane, one transaction at a time: once it has written, it
        # needs no etag.
        return Write(_lane_key(self._lane), _encoder.encode(pending), self._etag)

    def _stored(self, lane: str) -> Stored | None:
        return self._sidecar.get([_lane_key(lane)]).get(_lane_key(lane))

    def _heartbeat(self) -> None:
        stored = self._sidecar.get([_LANES]).get(_LANES)
        lanes = _lanes.decode(stored.value) if stored else {}
        now = self._clock.now().timestamp()
        orphans = [
            n for n, seen in lanes.items() if n != self._lane and now - seen > ORPHAN_SECONDS
        ]
        gone = [lane for lane in orphans if self._adopt(lane)]
        alive = {name: seen for name, seen in lanes.items() if name not in gone}
        row = msgspec.json.encode({**alive, self._lane: int(now)})
        try:
            self._sidecar.transact([Write(_LANES, row, stored.etag if stored else None)])
            self._last_seen = now
        except Conflict:
            return  # another replica said so at the same moment; the next tick tries again

    def _adopt(self, lane: str) -> bool:
        """Publish what a dead process left; False when it lives after all, and has written since.

        Two replicas may both do so: readers know the ids.
        """
        stored = self._stored(lane)
        if stored is None:
            return True
        pending = _pending_of(stored)
        if pending.messages:
            log.warning("outbox.adopted", lane=lane, count=len(pending.messages))
            self._sidecar.publish_again(pending.messages, pending.since_ms)
        try:
            self._sidecar.transact([Write(_lane_key(lane), None, stored.etag)])
        except Conflict:
            return False
        return True


def _pending_of(stored: Stored | None) -> _Pending:
    return _pending.decode(stored.value) if stored else _Pending()


def _lane_key(lane: str) -> str:
    return f"outbox/{lane}"
