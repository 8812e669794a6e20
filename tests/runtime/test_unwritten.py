"""What was passed by goes on from the progress that it followed on, and from no other."""

from __future__ import annotations

import pytest

from runtime.progress import Place, Progress
from runtime.unwritten import MOST, Unwritten
from tests.runtime.making import NOON_MS, record

PLACE = ("sales", 0)
WRITTEN = Progress(next=3, last_ms=NOON_MS, topic_id="t")


@pytest.fixture
def unwritten() -> Unwritten:
    """Offsets 3 and 4 were passed by at 1,000 ms, 5 at 1,700."""
    unwritten = Unwritten()
    unwritten.note(PLACE, WRITTEN, [record(3, b"1"), record(4, b"1", at_ms=NOON_MS + 5)], 1_000)
    further = unwritten.over(PLACE, WRITTEN)
    unwritten.note(PLACE, further, [record(5, b"1", at_ms=NOON_MS + 2)], 1_700)
    return unwritten


def at(offset: int) -> Progress:
    return Progress(next=offset, last_ms=NOON_MS, topic_id="t")


def all_waiting(unwritten: Unwritten) -> list[Place]:
    return unwritten.waiting(9_999, 0)


def test_progress_is_further_by_what_was_passed_by(unwritten: Unwritten) -> None:
    assert unwritten.over(PLACE, WRITTEN) == Progress(next=6, last_ms=NOON_MS + 5, topic_id="t")
    assert WRITTEN.next == 3


@pytest.mark.parametrize(
    "other", [Progress(next=4, topic_id="t"), Progress(next=3, topic_id="u"), Progress()]
)
def test_progress_that_it_does_not_follow_on_stays(unwritten: Unwritten, other: Progress) -> None:
    assert unwritten.over(PLACE, other) is other
    assert unwritten.over(("sales", 1), WRITTEN) is WRITTEN


def test_progress_never_goes_back_in_time(unwritten: Unwritten) -> None:
    later = Progress(next=3, last_ms=NOON_MS + 9, topic_id="t")

    assert unwritten.over(PLACE, later).last_ms == NOON_MS + 9


def test_what_is_written_is_no_longer_waiting(unwritten: Unwritten) -> None:
    unwritten.written(PLACE, at(6))

    assert unwritten.over(PLACE, WRITTEN) is WRITTEN
    assert all_waiting(unwritten) == []


def test_what_was_noted_while_it_was_written_goes_on_from_there(unwritten: Unwritten) -> None:
    unwritten.written(PLACE, at(5))

    assert unwritten.over(PLACE, WRITTEN) is WRITTEN
    assert unwritten.over(PLACE, at(5)).next == 6


def test_what_was_written_beside_it_changes_nothing(unwritten: Unwritten) -> None:
    """A record that had been left out was handled: the next offset is the same."""
    unwritten.written(PLACE, at(3))

    assert unwritten.over(PLACE, WRITTEN).next == 6


@pytest.mark.parametrize("other", [Progress(next=2, topic_id="t"), Progress(next=4, topic_id="u")])
def test_what_it_does_not_follow_on_any_more_ends_it(unwritten: Unwritten, other: Progress) -> None:
    unwritten.written(PLACE, other)

    assert all_waiting(unwritten) == []


def test_of_one_partition_it_is_some_thousands_at_most(unwritten: Unwritten) -> None:
    further = unwritten.over(PLACE, WRITTEN)

    assert unwritten.has_room(PLACE, further, 3 + MOST)
    assert not unwritten.has_room(PLACE, further, 4 + MOST)


@pytest.mark.parametrize("progress", [WRITTEN, Progress(next=6, topic_id="u"), Progress(next=9)])
def test_what_begins_anew_has_room_of_its_own(unwritten: Unwritten, progress: Progress) -> None:
    assert unwritten.has_room(PLACE, progress, progress.next + MOST)
    assert not unwritten.has_room(PLACE, progress, progress.next + MOST + 1)


def test_it_waits_since_the_first_of_it(unwritten: Unwritten) -> None:
    assert unwritten.waiting(1_999, 1_000) == []
    assert unwritten.waiting(2_000, 1_000) == [PLACE]


def test_it_does_not_wait_for_a_clock_that_was_set_back(unwritten: Unwritten) -> None:
    assert unwritten.waiting(400, 1_000) == [PLACE]


def test_what_follows_on_other_progress_begins_anew(unwritten: Unwritten) -> None:
    elsewhere = Progress(next=8, topic_id="t")
    unwritten.note(PLACE, elsewhere, [record(8, b"1")], 2_000)

    assert unwritten.over(PLACE, WRITTEN) is WRITTEN
    assert unwritten.over(PLACE, elsewhere).next == 9
    assert unwritten.waiting(2_999, 1_000) == []


def test_what_is_forgotten_is_nowhere(unwritten: Unwritten) -> None:
    unwritten.forget(PLACE)
    unwritten.forget(PLACE)

    assert unwritten.over(PLACE, WRITTEN) is WRITTEN
    assert all_waiting(unwritten) == []
