"""Threads that do the work of requests: how many at once, and what is committed together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runtime.crew import MOST_TOGETHER, Crew
from runtime.uncommitted import Uncommitted

PATIENCE_SECONDS = 10.0


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew(3, 1, "crew")
    yield made
    made.close()


@pytest.fixture
def patient() -> Iterator[Crew]:
    """A crew that takes nobody for stuck, however slow the machine is."""
    made = Crew(3, 1, "crew", stuck_seconds=60.0)
    yield made
    made.close()


class Diary:
    """What was done, in order, and by which thread."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.threads: set[int] = set()

    def saying(self, what: str) -> Callable[[], str]:
        def work() -> str:
            self.threads.add(threading.get_ident())
            self.lines.append(what)
            return what

        return work

    def keeping(self, what: str) -> Callable[[], Uncommitted[str]]:
        begin, commit = self.saying(f"begin {what}"), self.saying(f"commit {what}")

        def work() -> Uncommitted[str]:
            begin()
            return Uncommitted(commit)

        return work


def answers(crew: Crew, *works: Callable[[], Any]) -> list[Any]:
    """Have all of it done; return what is said, or raised."""

    async def asked() -> list[Any]:
        all_asked = threading.Event()
        crew.run(lambda: all_asked.wait(PATIENCE_SECONDS))
        given = [crew.run(work) for work in works]
        all_asked.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asyncio.gather(*given, return_exceptions=True)

    return asyncio.run(asked())


def test_what_is_said_is_answered(crew: Crew) -> None:
    diary = Diary()

    assert answers(crew, diary.saying("a"), diary.saying("b")) == ["a", "b"]


def test_one_thread_does_all_as_long_as_none_of_it_waits(patient: Crew) -> None:
    diary = Diary()
    answers(patient, *(diary.keeping(str(n)) for n in range(100)))

    assert len(diary.lines) == 200
    assert len(diary.threads) == 1


def test_what_comes_together_is_committed_after_all_of_it_has_begun(patient: Crew) -> None:
    diary = Diary()
    said = answers(patient, diary.keeping("a"), diary.keeping("b"), diary.keeping("c"))

    assert said == ["commit a", "commit b", "commit c"]
    assert diary.lines == [*(f"begin {x}" for x in "abc"), *(f"commit {x}" for x in "abc")]


def test_no_more_than_so_many_are_begun_before_they_are_committed(patient: Crew) -> None:
    diary = Diary()
    answers(patient, *(diary.keeping(str(n)) for n in range(MOST_TOGETHER + 1)))

    first = diary.lines.index("commit 0")
    # The work that they waited behind was one of those that are done together.
    assert first == MOST_TOGETHER - 1
    assert diary.lines.index(f"begin {MOST_TOGETHER}") > first


def test_work_that_waits_holds_up_nobody(crew: Crew) -> None:
    diary, go_on = Diary(), threading.Event()

    def wait() -> bool:
        return go_on.wait(PATIENCE_SECONDS)

    def let_go_on() -> None:
        diary.saying("let go on")()
        go_on.set()

    waited, _, committed = answers(crew, wait, let_go_on, diary.keeping("after it"))

    assert (waited, committed) == (True, "commit after it")


def test_a_commit_that_waits_holds_up_nobody(crew: Crew) -> None:
    go_on, committing = threading.Event(), threading.Event()

    def wait() -> bool:
        committing.set()
        return go_on.wait(PATIENCE_SECONDS)

    async def asked() -> tuple[bool, None]:
        first = crew.run(lambda: Uncommitted(wait))
        while not committing.is_set():
            await asyncio.sleep(0)
        second = await crew.run(go_on.set)
        return await first, second

    assert asyncio.run(asyncio.wait_for(asked(), PATIENCE_SECONDS)) == (True, None)


def test_what_is_said_at_once_does_not_wait_for_the_commits_of_others(patient: Crew) -> None:
    answered = threading.Event()

    async def asked() -> bool:
        all_asked = threading.Event()
        patient.run(lambda: all_asked.wait(PATIENCE_SECONDS))
        kept = patient.run(lambda: Uncommitted(lambda: answered.wait(PATIENCE_SECONDS)))
        said = patient.run(lambda: "said")
        said.add_done_callback(lambda _: answered.set())
        all_asked.set()
        return bool(await kept)

    assert asyncio.run(asked())


def test_what_is_done_is_not_kept_back_while_more_and_more_is_to_be_begun() -> None:
    crew = Crew(1, 1, "crew", stuck_seconds=0.0)  # everything is late at once
    diary = Diary()
    answers(crew, diary.keeping("a"), diary.keeping("b"))
    crew.close()

    assert diary.lines == ["begin a", "commit a", "begin b", "commit b"]


def test_those_who_are_done_are_not_kept_back_by_one_that_is_run_again() -> None:
    crew = Crew(1, 1, "crew", stuck_seconds=0.0)
    first_told = threading.Event()

    async def asked() -> bool:
        first, second = (asyncio.get_running_loop().create_future() for _ in range(2))
        first.add_done_callback(lambda _: first_told.set())
        again = Uncommitted(lambda: first_told.wait(PATIENCE_SECONDS))
        crew._pool.submit(crew._finish, [(Uncommitted(lambda: "told"), first), (again, second)])
        return bool(await second)

    assert asyncio.run(asked())
    crew.close()


def test_an_error_is_raised_where_the_answer_is_awaited(crew: Crew) -> None:
    def fail() -> None:
        raise ValueError("of the work")

    def fail_late() -> None:
        raise ValueError("of the commit")

    first, second, third = answers(crew, fail, lambda: Uncommitted(fail_late), lambda: "said")

    assert (str(first), str(second), third) == ("of the work", "of the commit", "said")


def test_whoever_gives_up_takes_nobody_along(crew: Crew) -> None:
    go_on = threading.Event()

    async def asked() -> Any:
        given_up = crew.run(lambda: go_on.wait(PATIENCE_SECONDS))
        other = crew.run(lambda: "said")
        given_up.cancel()
        go_on.set()
        return await other

    assert asyncio.run(asyncio.wait_for(asked(), PATIENCE_SECONDS)) == "said"


def test_eager_threads_begin_at_once() -> None:
    crew = Crew(3, 3, "crew", stuck_seconds=60.0)
    meeting = threading.Barrier(3)

    def meet() -> int:
        return meeting.wait(PATIENCE_SECONDS)

    assert sorted(answers(crew, meet, meet, meet)) == [0, 1, 2]
    crew.close()


def test_no_more_threads_than_there_are() -> None:
    crew = Crew(1, 1, "crew")
    go_on = threading.Event()

    async def asked() -> Any:
        held = crew.run(lambda: go_on.wait(PATIENCE_SECONDS))
        other = crew.run(lambda: "said")
        for _ in range(10):
            crew._watch(asyncio.get_running_loop())
        workers = crew._working
        go_on.set()
        return workers, await held, await other

    assert asyncio.run(asked()) == (1, True, "said")
    crew.close()
