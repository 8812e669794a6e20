"""Equal work that is asked for at the same time: done once, and never too early."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from runtime.crew import Crew
from runtime.sharing import Sharing
from runtime.uncommitted import Uncommitted

PATIENCE_SECONDS = 10.0


class Office:
    """Work that is counted, before one thread that has something else to do until `begin`."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.sharing = Sharing(crew)
        self.runs = 0
        self._can_begin = threading.Event()

    def hold(self) -> None:
        self._can_begin.clear()
        self.crew.run(lambda: self._can_begin.wait(PATIENCE_SECONDS))

    def begin(self) -> None:
        self._can_begin.set()

    def work(self) -> int:
        self.runs += 1
        return self.runs

    def fail(self) -> None:
        self.runs += 1
        raise ValueError("of the work")

    def keep(self) -> Uncommitted[int]:
        return Uncommitted(self.work)

    def ask(self, key: str | None, work: Callable[[], Any]) -> asyncio.Future[Any]:
        return self.sharing.run(key, work)


@pytest.fixture
def office() -> Iterator[Office]:
    crew = Crew(1, 1, "crew")
    yield Office(crew)
    crew.close()


def done(story: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(story, PATIENCE_SECONDS))


def test_equal_work_is_done_once_for_all_who_came_before_it_began(office: Office) -> None:
    async def story() -> list[int]:
        office.hold()
        asked = [office.ask("socks", office.work) for _ in range(50)]
        office.begin()
        return await asyncio.gather(*asked)

    assert (done(story()), office.runs) == ([1] * 50, 1)


def test_who_comes_when_it_has_begun_gets_work_of_his_own(office: Office) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def read_and_dawdle() -> int:
        read = office.work()
        entered.set()
        go_on.wait(PATIENCE_SECONDS)
        return read

    async def story() -> list[int]:
        first = office.ask("socks", read_and_dawdle)
        while not entered.is_set():
            await asyncio.sleep(0)
        later = [office.ask("socks", office.work) for _ in range(2)]
        go_on.set()
        return await asyncio.gather(first, *later)

    assert (done(story()), office.runs) == ([1, 2, 2], 2)


@pytest.mark.parametrize(("one", "other"), [("socks", "hats"), (None, None)])
def test_what_is_not_equal_is_done_for_each(
    office: Office, one: str | None, other: str | None
) -> None:
    async def story() -> list[int]:
        office.hold()
        asked = [office.ask(key, office.work) for key in (one, other)]
        office.begin()
        return await asyncio.gather(*asked)

    assert (done(story()), office.runs) == ([1, 2], 2)


@pytest.mark.parametrize("leaving", [0, 1])
def test_who_is_cancelled_takes_nobody_along(office: Office, leaving: int) -> None:
    async def story() -> list[Any]:
        office.hold()
        asked = [office.ask("socks", office.work) for _ in range(3)]
        asked[leaving].cancel()
        office.begin()
        return await asyncio.gather(*asked, return_exceptions=True)

    said = done(story())

    assert isinstance(said.pop(leaving), asyncio.CancelledError)
    assert (said, office.runs) == ([1, 1], 1)


def test_what_it_raises_is_raised_for_each(office: Office) -> None:
    async def story() -> list[Any]:
        office.hold()
        asked = [office.ask("socks", office.fail) for _ in range(2)]
        office.begin()
        return await asyncio.gather(*asked, return_exceptions=True)

    assert ([str(error) for error in done(story())], office.runs) == (["of the work"] * 2, 1)


def test_work_that_keeps_something_is_done_by_each(office: Office) -> None:
    async def story() -> list[int]:
        office.hold()
        asked = [office.ask("socks", office.keep) for _ in range(3)]
        office.begin()
        return await asyncio.gather(*asked)

    assert (sorted(done(story())), office.runs) == ([1, 2, 3], 3)


def test_nothing_is_left_of_what_was_shared(office: Office) -> None:
    async def story() -> None:
        await asyncio.gather(*(office.sharing.run(n, office.work) for n in range(10)))

    done(story())

    assert (office.runs, office.sharing._ahead) == (10, {})
