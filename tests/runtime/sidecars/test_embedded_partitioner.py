import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.sidecars.embedded.partitioner import MOST_KNOWN, hashes_of

#: As sarama 1.43's hash partitioner answers: FNV-1a read as a signed number, its remainder
#: without the sign. Worked out from the published FNV-1a vectors "" 811c9dc5, "a" e40c292c,
#: "foobar" bf9cf968.
VECTORS = [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)]
keys = st.text(st.characters(codec="utf-8"), max_size=40)


def expected(key: str) -> int:
    """What sarama's partitioner makes of the key, byte by byte."""
    hashed = 0x811C9DC5
    for byte in key.encode():
        hashed = ((hashed ^ byte) * 0x01000193) % (1 << 32)
    return abs(hashed - (1 << 32) if hashed >= 1 << 31 else hashed)


@pytest.mark.parametrize(("key", "hashed"), VECTORS)
@pytest.mark.parametrize("partitions", [1, 3, 4, 50])
def test_agrees_with_the_partitioner_that_dapr_publishes_with(key, hashed, partitions):
    signed = hashed - (1 << 32) if hashed >= 1 << 31 else hashed

    assert (
        hashes_of([key])[0] % partitions == abs(signed) % partitions == expected(key) % partitions
    )


def test_hashes_the_bytes_of_utf_8():
    first, second = hashes_of(["é", "e"])

    assert first % 1_000_003 != second % 1_000_003


@given(st.lists(keys, max_size=60))
def test_a_key_among_others_has_the_hash_that_it_has_alone(keys):
    assert hashes_of(keys) == [expected(key) for key in keys]


@pytest.mark.parametrize("length", [1, 7, 8, 36, 300])
def test_many_keys_of_one_length_have_the_hashes_that_they_have_alone(length):
    keys = [f"{number}-ÿ€"[-length:].rjust(length, "\x7f") for number in range(1_500)]

    assert hashes_of(keys) == [expected(key) for key in keys]


def test_more_keys_than_are_remembered_are_hashed_all_the_same():
    keys = [f"order-{number:06}" for number in range(2 * MOST_KNOWN)]

    assert hashes_of(keys + keys[:5]) == [expected(key) for key in keys + keys[:5]]
    assert hashes_of(keys[::-1]) == [expected(key) for key in keys[::-1]]


def test_spreads_keys_evenly():
    found = [hashed % 4 for hashed in hashes_of([f"order-{each}" for each in range(4000)])]

    assert min(found.count(partition) for partition in range(4)) > 800
