"""Which partition does a key belong to?

FNV-1a as in sarama, which Dapr publishes to Kafka with: so a key is in the partition of the same
number on both engines. Murmur2, of Kafka's Java client, would agree with nobody here, and a topic
written with two hashes has one key in two partitions and its events out of order.
"""

from functools import lru_cache

_OFFSET_BASIS = 2166136261
_PRIME = 16777619


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key, the empty key included. Keyless records take turns instead."""
    # sarama reads the hash as a signed number and takes the remainder's absolute value.
    hashed = _fnv1a(key)
    return (hashed if hashed < 1 << 31 else (1 << 32) - hashed) % partitions


@lru_cache(maxsize=8_192)  # 80 ns a character otherwise; keys come again, and soon (200 B each)
def _fnv1a(key: str) -> int:
    hashed = _OFFSET_BASIS
    for byte in key.encode():
        hashed = ((hashed ^ byte) * _PRIME) & 0xFFFFFFFF
    return hashed
