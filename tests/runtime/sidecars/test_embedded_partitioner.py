import pytest

from runtime.sidecars.embedded.partitioner import partition_of

#: As sarama 1.43's hash partitioner answers: FNV-1a read as a signed number, its remainder
#: without the sign. Worked out from the published FNV-1a vectors "" 811c9dc5, "a" e40c292c,
#: "foobar" bf9cf968.
VECTORS = [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)]


@pytest.mark.parametrize(("key", "hashed"), VECTORS)
@pytest.mark.parametrize("partitions", [1, 3, 4, 50])
def test_agrees_with_the_partitioner_that_dapr_publishes_with(key, hashed, partitions):
    signed = hashed - (1 << 32) if hashed >= 1 << 31 else hashed

    assert partition_of(key, partitions) == abs(signed) % partitions


def test_hashes_the_bytes_of_utf_8():
    assert partition_of("é", 1_000_003) != partition_of("e", 1_000_003)


def test_spreads_keys_evenly():
    counts = [0, 0, 0, 0]
    for number in range(4000):
        counts[partition_of(f"order-{number}", 4)] += 1

    assert min(counts) > 800
