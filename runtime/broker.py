"""What Dapr has no answer for and Kafka itself is asked: where a topic ends, and what is on it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from runtime.errors import PlatformDown, PlatformSilent
from runtime.record import Message

#: How long the broker may say nothing before it counts as away.
SILENCE_SECONDS = 5.0
#: How long records are waited for at a time: a read returns only when it is full, or after this.
_READ_SECONDS = 0.1
#: The pause before it is looked again for what is on its way.
_LOOK_SECONDS = 0.1
#: What is asked about only to hear an answer.
_ANY_TOPIC = "__consumer_offsets"
#: Clocks of the machines that publish may differ by this much.
_SKEW_MS = 10_000
#: What tells two dead letters of equal bytes apart.
_NAMES = ("sluice-id", "sluice-last-failed")


def ends(kafka: str, topic: str) -> Mapping[int, tuple[int, int]]:
    """Return partition -> (first offset, next offset); empty for a topic that does not exist.

    `kafka` is host:port. Raises PlatformDown when the broker does not answer.
    """
    with _asking(kafka) as consumer:
        return _ends(consumer, topic)


def missing(
    kafka: str, messages: Sequence[Message], since_ms: int, *, until_ms: int = 0
) -> list[Message]:
    """Return those of the messages that are not on their topics, looking back to `since_ms`.

    Before `until_ms` some may still be on their way: it is looked again until then, or until none
    is missing. Raises PlatformDown when the broker does not answer.
    """
    left = list(messages)
    with _asking(kafka) as consumer:
        while True:
            found = {
                fingerprint
                for topic in {message.topic for message in left}
                for fingerprint in _fingerprints(consumer, topic, since_ms - _SKEW_MS)
            }
            left = [message for message in left if _fingerprint_of(message) not in found]
            if not left or time.time() * 1000 >= until_ms:
                return left
            time.sleep(_LOOK_SECONDS)


class Watch:
    """Looks whether the broker is there, over one connection that stays open."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._consumer: Consumer | None = None
        self._turn = threading.Lock()

    def look(self) -> None:
        """Raise PlatformSilent when the broker does not answer; that takes SILENCE_SECONDS."""
        with self._turn:
            if self._consumer is None:
                self._consumer = _client(self._kafka)
            try:
                self._consumer.list_topics(_ANY_TOPIC, timeout=SILENCE_SECONDS)
            except KafkaException as error:
                raise _silent(self._kafka, error) from error

    def close(self) -> None:
        """Let go of the connection; not of one that somebody looks through."""
        if self._turn.acquire(blocking=False) and self._consumer is not None:
            self._consumer.close()


@contextmanager
def _asking(kafka: str) -> Iterator[Consumer]:
    consumer = _client(kafka)
    try:
        yield consumer
    except KafkaException as error:
        raise _silent(kafka, error) from error
    finally:
        consumer.close()


def _client(kafka: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "sluice-asking",  # the client wants one; nothing is committed under it
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            # Somebody else's open transaction must not hide what we published behind it.
            "isolation.level": "read_uncommitted",
            # After an outage the next try comes within a second, not after ten.
            "reconnect.backoff.max.ms": 1000,
            "log_level": 0,  # what matters of librdkafka's own lines comes back as an error
        }
    )


def _silent(kafka: str, error: KafkaException) -> PlatformSilent:
    return PlatformSilent(f"Kafka at {kafka} does not answer: {error}.")


def _ends(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    found = consumer.list_topics(topic, timeout=SILENCE_SECONDS).topics[topic]
    if found.error is not None and found.error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise KafkaException(found.error)  # it is there, and nobody can say now where it ends
    return {
        number: consumer.get_watermark_offsets(
            TopicPartition(topic, number), timeout=SILENCE_SECONDS
        )
        for number in found.partitions
    }


def _fingerprints(consumer: Consumer, topic: str, since_ms: int) -> Iterator[bytes]:
    """Yield what is on the topic since then, up to its end as it is now."""
    highs = {number: high for number, (_, high) in _ends(consumer, topic).items()}
    times = [TopicPartition(topic, number, max(0, since_ms)) for number in highs]
    starts = consumer.offsets_for_times(times, timeout=SILENCE_SECONDS) if times else []
    starts = [place for place in starts if 0 <= place.offset < highs[place.partition]]
    consumer.assign(starts)
    unread = {place.partition for place in starts}
    heard = time.monotonic()
    while unread:
        batch = consumer.consume(1000, timeout=_READ_SECONDS)
        if batch:
            heard = time.monotonic()
        elif time.monotonic() - heard > SILENCE_SECONDS:
            raise PlatformDown(f"Kafka does not hand out the end of {topic!r}.")
        for received in batch:
            error = received.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                # The only sign of the end where what is last there is no record: the mark of a
                # transaction, or a record that compaction took away.
                unread.discard(received.partition() or 0)
                continue
            if error is not None:
                raise KafkaException(error)
            headers = {
                name: _bytes(value) for name, value in dict(received.headers() or []).items()
            }
            key = received.key()
            yield _fingerprint(
                None if key is None else _bytes(key), _bytes(received.value()), headers
            )
            if (received.offset() or 0) + 1 >= highs[received.partition() or 0]:
                unread.discard(received.partition() or 0)


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def _fingerprint_of(message: Message) -> bytes:
    key = message.key.encode() if message.key is not None else None
    headers = {name: value.encode() for name, value in message.headers.items()}
    return _fingerprint(key, message.value, headers)


def _fingerprint(key: bytes | None, value: bytes, headers: Mapping[str, bytes]) -> bytes:
    digest = hashlib.blake2b(value, digest_size=16)
    digest.update(b"-" if key is None else b"+" + key)
    for name in _NAMES:
        digest.update(headers.get(name, b"") + b";")
    return digest.digest()
