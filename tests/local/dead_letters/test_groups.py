from local.dead_letters import DeadLetters, Filter
from local.masking import Mask
from tests.local.dead_letters.giving_up import FRAUD, STOCK, fail


def test_counts_what_failed_at_one_place_of_one_function(broker):
    fail(broker, "d1", error=ValueError("ida@x.org"), minutes=5)
    fail(broker, "d2", error=ValueError("max@x.org"), minutes=9)
    fail(broker, "d3", error=ValueError("eve@x.org"), minutes=1)
    fail(broker, "d4", error=KeyError("k"))
    fail(broker, "d5", function=STOCK)

    largest, *others = DeadLetters(broker).groups()

    assert largest.summary(Mask()) == {
        "id": largest.id,
        "count": 3,
        "function": FRAUD,
        "cause": "ValueError in unknown",
        "error": "ValueError: m***@***",
        "first_seen": "2010-12-01T08:27:00+00:00",
        "last_seen": "2010-12-01T08:35:00+00:00",
        "example": "d2",
    }
    assert [group.count for group in others] == [1, 1]


def test_finds_replays_and_discards_by_the_id_of_a_group(broker):
    letters = DeadLetters(broker)
    for number in range(4):
        fail(broker, f"d{number}", error=ValueError() if number % 2 else KeyError())
    first, second = letters.groups()

    assert len(letters.find(Filter(group=first.id))) == 2
    assert letters.replay(Filter(group=first.id), by="ida") == 2
    assert letters.discard(Filter(group=second.id), by="ida", reason="known") == 2
    assert letters.groups() == []
    assert [group.count for group in letters.groups(Filter(states=("discarded",)))] == [2]


def test_gives_a_group_the_same_id_each_time(broker):
    fail(broker, "d1")
    [before] = DeadLetters(broker).groups()
    fail(broker, "d2")

    [after] = DeadLetters(broker).groups()

    assert (before.id, after.count) == (after.id, 2)
