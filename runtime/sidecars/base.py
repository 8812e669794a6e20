"""What does a service need from the platform: rows with etags, one transaction, and publishing."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from runtime.outages import Outages
from runtime.record import Message

#: An etag that every row matches, also one that is not there.
ANY = "*"

#: Rows under this say how far a function has come on a topic. What is written in one transaction
#: with such a row can be done again from the topic's records.
PROGRESS = "progress/"


class Stored(msgspec.Struct, frozen=True, gc=False):
    """One row of the state store; `etag` is another one after every write of the row."""

    value: bytes
    etag: str


class Write(msgspec.Struct, frozen=True, gc=False):
    """One change of one row.

    `value` None removes the row. `etag` is the one the row was read with; None says that the row
    must not exist yet; ANY takes whatever is there (for rows that only one writer knows). After
    `ttl_seconds` the row counts as absent; None keeps it.
    """

    key: str
    value: bytes | None
    etag: str | None
    ttl_seconds: int | None = None


class Sidecar(Protocol):
    """The platform as one service sees it. Safe to call from several threads."""

    #: Whether `transact` takes messages: then state and outputs need no second step.
    publishes_in_transaction: bool
    #: What of it does not answer.
    outages: Outages

    def get(self, keys: Sequence[str]) -> dict[str, Stored]:
        """Read many rows at once; absent ones are left out. Raises PlatformDown."""

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        """Make all changes or none of them, and append the messages with them.

        Raises Conflict when an etag is stale or a row exists that must not, and PlatformDown when
        the store cannot be reached. A key may appear once; removing a row needs its etag.
        """

    def publish(self, messages: Sequence[Message]) -> None:
        """Append the messages in order; returns after the broker acknowledged all.

        Raises PlatformDown; some of the messages may have been appended by then.
        """

    def publish_again(
        self, messages: Sequence[Message], since_ms: int, *, by_another: bool = False
    ) -> None:
        """Publish those that are not on the log yet, of messages first published at `since_ms`.

        For what a killed process left: it may have published all of it, or none. `by_another` says
        that it may live, and be publishing still. Raises PlatformDown.
        """

    def close(self) -> None:
        """Let go of connections. Calling it twice does no harm."""


def refuse_contradictions(writes: Sequence[Write]) -> None:
    """Raise ValueError for writes that no store could carry out, before any of them is tried."""
    keys = [write.key for write in writes]
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(
            f"Row {twice!r} is written twice in one transaction; expected once. Merge the writes."
        )
    for write in writes:
        if write.value is None and write.etag is None:
            raise ValueError(
                f"Row {write.key!r} is removed without an etag; expected the one it was read with."
            )
