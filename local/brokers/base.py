"""What can a tool ask of a broker, whichever engine is behind it?"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Protocol

from runtime.record import Message, Record

Stop = Callable[[], bool]


class Broker(Protocol):
    """A log of topics with partitions. Every method raises PlatformDown when it is out of reach."""

    def topics(self) -> dict[str, int]:
        """Return the number of partitions of every topic; internal topics are left out."""
        ...

    def create(self, topic: str, partitions: int, config: Mapping[str, str] = {}) -> None:
        """Make a topic; one that is there already is left as it is."""
        ...

    def watermarks(self, topic: str) -> dict[int, tuple[int, int]]:
        """Return the first offset and the one that will be written next, by partition."""
        ...

    def read(
        self,
        topic: str,
        *,
        from_offsets: Mapping[int, int] | None = None,
        follow: bool = False,
        stop: Stop | None = None,
        headers: Container[str] | None = None,
    ) -> Iterator[Record]:
        """Yield records in the order of their offsets within each partition.

        Without `follow` it ends at the end that the topic had at the start. A partition that
        `from_offsets` leaves out is read from its first record. `stop` is asked between records
        and while waiting. `headers` names those that matter: others may be missing.
        """
        ...

    def publish(
        self, messages: Sequence[Message], *, timestamps_ms: Sequence[int] | None = None
    ) -> list[tuple[int, int]]:
        """Append the messages and return partition and offset of each, in their order.

        `timestamps_ms` sets the records' own times; without it the log's clock does.
        """
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...
