"""A store that is too slow for a whole batch gets smaller ones, and whole ones again later."""

from __future__ import annotations

import pytest

from runtime.errors import PlatformSilent, PlatformSlow
from runtime.pace import Pace


def work(pace: Pace, events: int, error: Exception | None = None) -> None:
    with pace.doing(events):
        if error:
            raise error


def test_a_batch_is_whole_at_first() -> None:
    assert Pace(2000).events == 2000


def test_too_much_is_halved_until_it_is_little_enough() -> None:
    pace, sizes = Pace(2000), []
    for events in (300, 150, 75):
        with pytest.raises(PlatformSlow):
            work(pace, events, PlatformSlow())
        sizes.append(pace.events)

    assert sizes == [150, 75, 37]


def test_one_event_stays_one() -> None:
    pace = Pace(2000)
    with pytest.raises(PlatformSlow):
        work(pace, 1, PlatformSlow())

    assert pace.events == 1


def test_grows_again_to_a_whole_batch_and_no_further() -> None:
    pace = Pace(2000)
    with pytest.raises(PlatformSlow):
        work(pace, 2, PlatformSlow())
    sizes = []
    for _ in range(100):
        work(pace, pace.events)
        sizes.append(pace.events)

    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (2, 2000)


def test_silence_says_nothing_about_the_size() -> None:
    pace = Pace(2000)
    with pytest.raises(PlatformSilent):
        work(pace, 2000, PlatformSilent())

    assert pace.events == 2000
