"""What a progress row remembers of the records that were passed over."""

from __future__ import annotations

from runtime.progress import GAPS, Progress


def test_a_record_in_a_gap_is_lacked_until_it_is_handled() -> None:
    progress = Progress(next=10, gaps=[(3, 6)])
    assert [offset for offset in range(10) if progress.lacks(offset)] == [3, 4, 5]

    progress.go_on([4])
    assert progress.gaps == [(3, 4), (5, 6)]
    assert progress.next == 10


def test_of_too_many_gaps_the_smallest_are_forgotten() -> None:
    large, small = (0, 5), [(at, at + 1) for at in range(10, 10 + 2 * GAPS, 2)]
    progress = Progress(next=100, gaps=[large, *small])
    progress.go_on([100])

    assert progress.gaps == [large, *small[1:]]
