"""The platform is looked at seldom while it answers, and often while it does not."""

from __future__ import annotations

import pytest

from runtime.errors import PlatformDown
from runtime.looking import IDLE_SECONDS, Looking
from runtime.outages import Outages


class Platform:
    """Something to look at, and the time."""

    def __init__(self) -> None:
        self.looks = 0
        self.now = 0.0
        self.answers = True
        self.outages = Outages(lambda: self.now)
        self.looking = Looking(self.look, self.outages, lambda: self.now)

    def look(self) -> None:
        self.looks += 1
        with self.outages.trying("store"):
            if not self.answers:
                raise PlatformDown

    def tick_for(self, seconds: float) -> int:
        """Tick every second; return how often it was looked at."""
        before, end = self.looks, self.now + seconds
        while self.now < end:
            self.looking.tick()
            self.now += 1
        return self.looks - before


@pytest.fixture
def platform() -> Platform:
    return Platform()


def test_looks_now_and_then_while_everything_answers(platform: Platform) -> None:
    assert platform.tick_for(10 * IDLE_SECONDS) == 10


def test_looks_at_every_tick_while_something_is_awaited(platform: Platform) -> None:
    platform.answers = False

    assert platform.tick_for(20) == 20


def test_finds_out_within_a_tick_that_it_answers_again(platform: Platform) -> None:
    platform.answers = False
    platform.tick_for(20)
    platform.answers = True
    platform.tick_for(1)

    assert platform.outages.awaited() == []
