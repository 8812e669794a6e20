"""Rows behind daprd."""

from local.bench import store


def test_milestones_are_all_over_the_table_and_at_its_end():
    found = store.milestones([f"k-{number}" for number in range(1_000)])

    assert {"k-0", "k-500", "k-990", "k-999"} < set(found)
    assert len(found) == len(set(found)) == 190


def test_all_keys_of_a_small_table_are_milestones():
    assert store.milestones(["a", "b"]) == ["a", "b"]
