"""From a record to something a function can be called with, or to the reason why not."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from runtime import event as events
from runtime.avro.topics import NO_AVRO, AvroTopics
from runtime.dead_letters import DeadLetter, restore
from runtime.errors import PlatformDown, SluiceError
from runtime.event import Event
from runtime.handled import hash_of
from runtime.put_off import PutOff
from runtime.record import Message, Record
from runtime.rows import row_key
from runtime.spec import FunctionSpec
from runtime.wire import decode


class Item(msgspec.Struct, eq=False):
    """One record on its way through a function.

    `original` is the record at its origin: another one than `record` when it comes back by the
    function's retry topic, with its earlier failure in `letter`. `refused` is what the
    function's `when=` did not want; `mark` is the row that says it is settled, see `mark_key`;
    `passed_over` is one that the function was not called for, because it fails all the time;
    `behind` is one that waits for an earlier one of its key.
    """

    record: Record
    original: Record
    letter: DeadLetter | None = None
    event: Event | None = None
    error: Exception | None = None
    refused: bool = False
    mark: str | None = None
    attempts: int = 0
    passed_over: bool = False
    behind: bool = False
    outputs: list[Message] = []  # every item gets a list of its own from msgspec
    _hash: bytes = b""

    @property
    def names(self) -> tuple[str, str]:
        """Source and id of the event; its place when it cannot be read."""
        if self.event is None:
            return events.identity_of(self.original)
        return self.event.source, self.event.id

    @property
    def identity(self) -> str:
        """What makes two deliveries the same event."""
        return "\n".join(self.names)

    @property
    def has_id(self) -> bool:
        """Whether the event names itself; else its place does."""
        return self.event is not None and (
            not self.event.source.startswith(events.PLACE)  # nearly always: spares making the other
            or self.names != events.identity_of(self.original)
        )

    @property
    def is_retry(self) -> bool:
        """Whether this is a delayed attempt."""
        return self.letter is not None and self.letter.due != ""

    @property
    def is_replay(self) -> bool:
        """Whether somebody has sent it back from the dead letters."""
        return self.letter is not None and self.letter.due == ""

    @property
    def hash(self) -> bytes:
        """What is remembered of it; each delayed attempt counts as an event of its own.

        Not to be asked for before the event is read.
        """
        if not self._hash:  # asked for several times; cached_property takes a lock (Python 3.11)
            attempt = f"\n{self.letter.due}" if self.letter and self.letter.due else ""
            self._hash = hash_of(self.identity + attempt)
        return self._hash


def read(spec: FunctionSpec, record: Record, max_bytes: int, avro: AvroTopics = NO_AVRO) -> Item:
    """Read the record as the function's type; what is wrong with it stands in `error`.

    Raises PlatformDown when its schema cannot be asked for.
    """
    item = Item(record, record)
    try:
        if record.topic == spec.retry_topic:
            item.original, item.letter = restore(record)
    except SluiceError as error:
        item.error, item.attempts = error, 1
    else:
        _decode(spec, item, max_bytes, avro)
    return item


def again(spec: FunctionSpec, record: Record, put_off: PutOff, avro: AvroTopics = NO_AVRO) -> Item:
    """Read an event that waited behind the one in `record`, with its mark."""
    item = Item(record, put_off.record, put_off.letter)
    _decode(spec, item, len(put_off.record.value), avro)
    item.mark = mark_key(spec, item)
    return item


def _decode(spec: FunctionSpec, item: Item, max_bytes: int, avro: AvroTopics) -> None:
    try:
        if spec.data_type is bytes:
            item.event = events.read_bytes(item.original, max_bytes)
        else:
            item.event = events.read(item.original, max_bytes, avro)
        item.event.data = decode(item.event.raw, spec.data_type)
        item.refused = spec.when is not None and not spec.when(item.event.data)
    except PlatformDown:
        raise  # nothing is wrong with the event: its schema is not to be had now
    except Exception as error:  # also what a type's own checks, or `when=`, raise
        item.error, item.attempts = error, 1


def rows_of(spec: FunctionSpec, item: Item) -> list[str]:
    """Return the rows that are read for the event, that of its mark included, which is noted.

    What `reads=` and `unique=` raise stands in `error` afterwards.
    """
    try:
        wanted = list(keys_of(spec, item))
        item.mark = mark_key(spec, item)
    except Exception as error:  # they are the user's code
        item.error, item.attempts = error, 1
        # One that was replayed is known by its mark all the same: as a new event it would pass for
        # a duplicate of itself, and be gone.
        wanted, item.mark = [], mark_key(spec, item)
    return [*wanted, item.mark] if item.mark else wanted


def mark_key(spec: FunctionSpec, item: Item) -> str | None:
    """Where it stands that this one event is settled, for events that get a row of their own.

    These are the ones that may come again long after: replayed dead letters, and the events of a
    function that declares `unique=`.
    """
    if spec.unique is not None and item.event is not None and item.error is None:
        return row_key(f"unique/{spec.name}", spec.unique(item.event.data))
    if item.record.topic == spec.retry_topic:
        return f"settled/{spec.name}/{hash_of(item.identity).hex()}"
    return None


def keys_of(spec: FunctionSpec, item: Item) -> Iterator[str]:
    """The rows that the event will need, as far as the function declares them by `reads=`."""
    if item.event is None or item.error is not None or item.refused:
        return
    data = item.event.data
    for table, keys in spec.reads.items():
        for key in keys(data, item.event) if table in spec.reads_with_event else keys(data):
            yield row_key(table, key)
