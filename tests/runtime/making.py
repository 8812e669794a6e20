"""What the tests of the runtime are told with: a shop that counts what it sells."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from runtime import FakeClock, wire
from runtime.arguments import Resources
from runtime.dead_letters import DeadLetter, replay_message
from runtime.delivery import Consumer
from runtime.event import STRUCTURED
from runtime.outbox import Outbox
from runtime.recalls import Recalls
from runtime.record import Message, Record
from runtime.settings import Settings
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from runtime.topics import Topic, Topics

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOON_MS = 1_767_268_800_000


class Sale(msgspec.Struct, frozen=True):
    """So many pieces of a product went over the counter."""

    product: str
    pieces: int = 1


@dataclass
class Shelf:
    """How many pieces were sold, and by which sales."""

    sold: int = 0


@dataclass
class Trouble:
    """A resource whose calls fail as often as they are told to; it remembers every call."""

    ahead: dict[str, list[BaseException]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Trouble:
        return cls()

    def call(self, name: str) -> None:
        self.calls.append(name)
        if self.ahead.get(name):
            raise self.ahead[name].pop(0)


class Meddled(RecordingSidecar):
    """A platform on which somebody else acts just before a transaction, as often as there are
    `meddlers`."""

    def __init__(self, clock: FakeClock | None = None, **options: Any) -> None:
        super().__init__(clock, **options)
        self.meddlers: list[Callable[[], None]] = []

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        if self.meddlers:
            self.meddlers.pop(0)()
        super().transact(writes, messages)


class Overwriting(RecordingSidecar):
    """A store that knows no insert-if-absent."""

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        super().transact([Write(w.key, w.value, ANY, w.ttl_seconds) for w in writes], messages)


class Untouched:
    """A broker whose topics have two partitions, of which nothing was removed."""

    def find(self, names: Sequence[str]) -> dict[str, Topic]:
        return {name: Topic("1", {0: (0, 1000), 1: (0, 1000)}) for name in names}

    def records(
        self, topic: str, partition: int, first: int, after: int
    ) -> Generator[Record, None, None]:
        yield from (sale(offset, partition=partition) for offset in range(first, after))


def record(
    offset: int,
    value: bytes,
    *,
    topic: str = "sales",
    partition: int = 0,
    key: str | None = "k",
    headers: dict[str, str] | None = None,
    at_ms: int = NOON_MS,
) -> Record:
    return Record(topic, partition, offset, key, value, headers or {}, at_ms)


def sale(offset: int, product: str = "socks", pieces: int = 1, **options: Any) -> Record:
    """A sale as a structured CloudEvent; its id is its offset unless `id` says otherwise."""
    id = options.pop("id", f"sale-{offset}")
    envelope = {
        "specversion": "1.0",
        "id": id,
        "source": options.pop("source", "/till"),
        "type": "Sale",
        "time": options.pop("time", NOON),
        "data": Sale(product, pieces),
    }
    return record(offset, wire.encode(envelope), headers={"content-type": STRUCTURED}, **options)


def as_record(message: Message, offset: int = 0, at_ms: int = NOON_MS) -> Record:
    """What a reader of the topic sees of a message that was published."""
    return Record(message.topic, 0, offset, message.key, message.value, message.headers, at_ms)


class Shop:
    """One function on a platform in memory; `retry_seconds` are its delayed attempts."""

    def __init__(
        self,
        function: Any,
        sidecar: RecordingSidecar | None = None,
        *,
        retry_seconds: str = "none",
        topics: Topics | None = None,
    ) -> None:
        self.clock = FakeClock(NOON)
        self.topics = topics
        self.sidecar = sidecar or RecordingSidecar(self.clock)
        self.spec = function.spec
        self.resources = Resources({})
        self.trouble = self.resources.get(Trouble)
        self.settings = Settings(retry_seconds=retry_seconds)
        self.consumer = self.another_process()
        self._retried = 0

    def another_process(self) -> Consumer:
        """A process that knows nothing but what is in the store."""
        return Consumer(
            self.spec,
            self.sidecar,
            clock=self.clock,
            resources=self.resources,
            settings=self.settings,
            topics=self.topics,
        )

    def restart(self) -> None:
        self.consumer = self.another_process()

    def deliver(self, *records: Record) -> None:
        self.consumer.deliver(records)

    def replay(self, letter: Message, offset: int = 0) -> None:
        """Send a dead letter back through the function's retry topic."""
        message = replay_message(self.spec.retry_topic, as_record(letter))
        self.deliver(as_record(message, offset))

    def pass_time(self, seconds: float, *, arrives: bool = True) -> None:
        """Let time pass second by second, as the clock of a running service does.

        Without `arrives` what is sent to the retry topic meanwhile is lost.
        """
        outbox = Outbox(self.sidecar, self.clock, "till")
        recalls = Recalls([self.consumer], self.sidecar, outbox, self.clock)
        for _ in range(int(seconds)):
            self.clock.advance(1)
            recalls.tick()
            outbox.tick()
            if arrives:
                self.deliver_retries()
        if not arrives:
            self._retried = len(self.on_retry_topic())

    def deliver_retries(self) -> None:
        """Deliver what is new on the function's retry topic."""
        found = self.on_retry_topic()
        fresh, self._retried = found[self._retried :], len(found)
        if fresh:
            first = len(found) - len(fresh)
            at_ms = int(self.clock.now().timestamp() * 1000)
            self.deliver(*(as_record(m, first + n, at_ms) for n, m in enumerate(fresh)))

    def on_retry_topic(self) -> list[Message]:
        """What was sent to the function's retry topic, whether or not it was delivered."""
        return [m for m in self.sidecar.messages if m.topic == self.spec.retry_topic]

    def row(self, key: str) -> Any:
        value = self.sidecar.rows.get(key)
        return None if value is None else msgspec.json.decode(value)

    def sold(self, product: str = "socks") -> int:
        row = self.row(f"shelves/{product}")
        return row["sold"] if row else 0

    @property
    def letters(self) -> list[Message]:
        return [m for m in self.sidecar.messages if m.topic == self.spec.dead_letter_topic]

    @property
    def reasons(self) -> list[DeadLetter]:
        return [DeadLetter.read(letter.headers) for letter in self.letters]

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The envelopes of what was published, failures aside."""
        own = (self.spec.dead_letter_topic, self.spec.retry_topic)
        messages = [m for m in self.sidecar.messages if m.topic not in own]
        return [msgspec.json.decode(message.value) for message in messages]
