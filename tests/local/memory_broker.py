"""A broker in memory, with the behaviour that the tools rely on."""

from collections.abc import Iterator, Mapping, Sequence

from runtime.record import Message, Record


class MemoryBroker:
    """Topics as lists; a message goes to the partition that its key's length says."""

    def __init__(self, topics: Mapping[str, int] | None = None) -> None:
        self.partitions = dict(topics or {})
        self.records: list[Record] = []

    def topics(self) -> dict[str, int]:
        return dict(sorted(self.partitions.items()))

    def create(self, topic: str, partitions: int, config: Mapping[str, str] | None = None) -> None:
        self.partitions.setdefault(topic, partitions)

    def watermarks(self, topic: str) -> dict[int, tuple[int, int]]:
        return {at: (0, self._end(topic, at)) for at in range(self.partitions[topic])}

    def read(
        self,
        topic: str,
        *,
        from_offsets: Mapping[int, int] | None = None,
        follow: bool = False,
        stop: object = None,
        headers: object = None,
    ) -> Iterator[Record]:
        starts = from_offsets or {}
        for record in list(self.records):
            if record.topic == topic and record.offset >= starts.get(record.partition, 0):
                yield record

    def publish(
        self, messages: Sequence[Message], *, timestamps_ms: Sequence[int] | None = None
    ) -> list[tuple[int, int]]:
        return [self._append(message) for message in messages]

    def close(self) -> None:
        pass

    def _append(self, message: Message) -> tuple[int, int]:
        count = self.partitions.setdefault(message.topic, 1)
        partition = len(message.key or "") % count
        offset = self._end(message.topic, partition)
        place = (message.topic, partition, offset)
        self.records.append(Record(*place, message.key, message.value, message.headers, 1000))
        return partition, offset

    def _end(self, topic: str, partition: int) -> int:
        return sum(1 for r in self.records if (r.topic, r.partition) == (topic, partition))
