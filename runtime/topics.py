"""What a topic is asked beside what comes from it: which one it is, and what is still on it."""

from collections.abc import Generator, Mapping, Sequence
from typing import NamedTuple, Protocol

from runtime.record import Record


class Topic(NamedTuple):
    """One topic at this moment.

    `id` is another one after the topic was deleted and made again. `ends` is by partition: the
    first offset that is there, and the one that is written next.
    """

    id: str
    ends: Mapping[int, tuple[int, int]]


class Topics(Protocol):
    """Who can be asked for topics. Safe to use from several threads."""

    def find(self, names: Sequence[str]) -> dict[str, Topic]:
        """Return those that exist, by name. Raises PlatformDown."""
        ...

    def records(
        self, topic: str, partition: int, first: int, after: int
    ) -> Generator[Record, None, None]:
        """Yield the records from `first` up to `after` that are there, in their order.

        `first` must not lie below what is there. Close it, or read it to its end: it may hold a
        connection. Raises PlatformDown.
        """
        ...


def content_of(timestamp_ms: int, value: bytes) -> int:
    """Make a number that tells this record from others, in this process only."""
    return hash((timestamp_ms, value))
