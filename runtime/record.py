"""What does one event look like on a log, and one that is to be appended?

Plain bytes and text: nothing here knows of CloudEvents, JSON or any broker.
"""

import msgspec


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record that was read from a partition of a log.

    `key` is None when the producer gave none (an empty key is ""); a tombstone's `value` is b"".
    """

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes
    headers: dict[str, str]
    timestamp_ms: int


class Message(msgspec.Struct, frozen=True, gc=False):
    """One record that is to be appended: the log gives it partition, offset and time."""

    topic: str
    key: str | None
    value: bytes
    headers: dict[str, str] = {}  # every message gets a dict of its own from msgspec

    @property
    def size(self) -> int:
        """Bytes of key, value and headers: what a broker counts, but for its own framing."""
        texts = (self.key or "", *self.headers, *self.headers.values())
        return len(self.value) + sum(len(text.encode()) for text in texts)
