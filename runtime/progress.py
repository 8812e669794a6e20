"""How far has a function come on one partition, and which of its records never came to it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from runtime.record import Message

#: Gaps that are remembered for each partition; of more than that the smallest are forgotten.
GAPS = 20

Place = tuple[str, int]
#: From the first offset up to the one before the second.
Gap = tuple[int, int]


class Progress(msgspec.Struct, array_like=True):
    """What the progress row of a partition says.

    Handled is what lies below `next`, without the `gaps`, of the topic that has this `topic_id`
    ("" where nobody could say). `last_ms` is the latest timestamp that was seen; what `ids`
    are for stands in `runtime.handled`, `pending` and `has_outputs_row` in `runtime.unpublished`.
    """

    next: int = 0
    last_ms: int = 0
    segments: int = 0
    ids: bytes = b""
    pending: list[Message] = []
    pending_ms: int = 0
    topic_id: str = ""
    gaps: list[Gap] = []
    has_outputs_row: bool = False

    @staticmethod
    def read(row: bytes) -> Progress:
        """Read a row."""
        return _progress.decode(row)

    def encode(self) -> bytes:
        """Make the row."""
        return _encoder.encode(self)

    def lacks(self, offset: int) -> bool:
        """Whether the record was passed over."""
        return any(first <= offset < after for first, after in self.gaps)

    def go_on(self, offsets: Sequence[int]) -> None:
        """Note that the records at these offsets are handled.

        They may fill a gap; or be those of another topic of the same name, from its start on.
        """
        first, after = min(offsets), offsets[-1] + 1
        if first < self.next and not self.lacks(first):
            self.next, self.last_ms, self.gaps = 0, 0, []
        gaps = [left for gap in self.gaps for left in _without(gap, (first, after))]
        while len(gaps) > GAPS:
            gaps.remove(min(gaps, key=_size))
        self.gaps = gaps
        self.next = max(self.next, after)


class Beginning(msgspec.Struct, array_like=True):
    """Where the partitions of a topic began when a function met it: `lows` is by partition."""

    topic_id: str
    lows: dict[int, int]

    @staticmethod
    def read(row: bytes) -> Beginning:
        """Read a row."""
        return _beginning.decode(row)

    def encode(self) -> bytes:
        """Make the row."""
        return _encoder.encode(self)


@dataclass
class Course:
    """How the records of a unit of work follow on those before: see `runtime.continuity`.

    `progress` is what a place has come to where its row does not say it; `beginning` is to be
    written down.
    """

    progress: dict[Place, Progress] = field(default_factory=dict)
    beginning: tuple[str, Beginning] | None = None


_progress = msgspec.msgpack.Decoder(Progress)
_beginning = msgspec.msgpack.Decoder(Beginning)
_encoder = msgspec.msgpack.Encoder()


def _size(gap: Gap) -> int:
    return gap[1] - gap[0]


def _without(gap: Gap, filled: Gap) -> Iterator[Gap]:
    """What is left of a gap."""
    before, behind = (gap[0], min(gap[1], filled[0])), (max(gap[0], filled[1]), gap[1])
    return (left for left in (before, behind) if left[0] < left[1])
