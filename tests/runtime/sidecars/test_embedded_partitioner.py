import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.sidecars.embedded.partitioner import numbers_of

#: As sarama 1.43's hash partitioner answers: FNV-1a read as a signed number, its remainder
#: without the sign. Worked out from the published FNV-1a vectors "" 811c9dc5, "a" e40c292c,
#: "foobar" bf9cf968.
VECTORS = [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)]
keys = st.text(st.characters(codec="utf-8"), max_size=40)


def number_of(key: str) -> int:
    return numbers_of([key])[0]


@pytest.mark.parametrize(("key", "hashed"), VECTORS)
@pytest.mark.parametrize("partitions", [1, 3, 4, 50])
def test_agrees_with_the_partitioner_that_dapr_publishes_with(key, hashed, partitions):
    signed = hashed - (1 << 32) if hashed >= 1 << 31 else hashed

    assert number_of(key) % partitions == abs(signed) % partitions


def test_hashes_the_bytes_of_utf_8():
    assert number_of("é") != number_of("e")


@given(st.lists(keys, max_size=60))
def test_a_key_among_others_has_the_number_that_it_has_alone(keys):
    assert numbers_of(keys) == [number_of(key) for key in keys]


@pytest.mark.parametrize("length", [1, 7, 36, 300])
def test_many_keys_of_one_length_have_the_numbers_that_they_have_alone(length):
    keys = [f"{number}-ÿ€"[-length:].rjust(length, "\x7f") for number in range(1_500)]

    assert numbers_of(keys) == [number_of(key) for key in keys]


def test_spreads_keys_evenly():
    found = [number % 4 for number in numbers_of([f"order-{each}" for each in range(4000)])]

    assert min(found.count(partition) for partition in range(4)) > 800
