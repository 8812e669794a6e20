"""What is awaited is known, is said once, and costs one caller at a time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from runtime import metrics
from runtime.errors import Conflict, PlatformDown, PlatformSilent, PlatformSlow
from runtime.outages import FORGOTTEN_SECONDS, QUIET_SECONDS, REST_SECONDS, Outages


class Watch:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def outages(watch: Watch) -> Outages:
    return Outages(watch)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the lines in the log."""
    said: list[str] = []
    log = SimpleNamespace(warning=lambda name, **_: said.append(name))
    log.info = log.warning
    monkeypatch.setattr("runtime.outages.log", log)
    return said


def fail(outages: Outages, *parts: str, error: PlatformDown | None = None) -> None:
    with pytest.raises(PlatformDown), outages.trying(*parts):
        raise error or PlatformDown("refused")


def work(outages: Outages, *parts: str) -> None:
    with outages.trying(*parts):
        pass


def awaited(outages: Outages) -> list[str]:
    return [each.what for each in outages.awaited()]


def test_what_works_is_not_awaited(outages: Outages) -> None:
    work(outages, "store")

    assert outages.awaited() == []


def test_what_fails_is_awaited_with_its_reason_until_it_works(
    outages: Outages, watch: Watch
) -> None:
    fail(outages, "store")
    watch.now += 3
    fail(outages, "store", error=PlatformDown("still refused"))
    [found] = outages.awaited()
    work(outages, "store")

    assert (found.what, found.reason, found.seconds, found.tries) == (
        "store",
        "still refused",
        3,
        2,
    )
    assert outages.awaited() == []


def test_beginning_and_end_are_said_once(outages: Outages, lines: list[str]) -> None:
    for _ in range(20):
        fail(outages, "store")
    for _ in range(20):
        work(outages, "store")

    assert lines == ["platform.awaited", "platform.back"]


def test_what_comes_and_goes_is_not_said_each_time(
    outages: Outages, watch: Watch, lines: list[str]
) -> None:
    for _ in range(5):
        fail(outages, "store")
        work(outages, "store")
        watch.now += QUIET_SECONDS / 10

    assert lines == ["platform.awaited", "platform.back"]


def test_what_comes_again_and_stays_is_said(
    outages: Outages, watch: Watch, lines: list[str]
) -> None:
    fail(outages, "store")
    work(outages, "store")
    fail(outages, "store")
    watch.now += QUIET_SECONDS
    fail(outages, "store")

    assert lines == ["platform.awaited", "platform.back", "platform.awaited"]


def test_the_part_before_the_failing_one_has_answered(outages: Outages) -> None:
    fail(outages, "sidecar", error=PlatformDown("nobody there"))
    fail(outages, "sidecar", "store")

    assert awaited(outages) == ["store"]


def test_an_error_may_name_its_part(outages: Outages) -> None:
    fail(outages, "sidecar", "store", error=PlatformDown("nobody there", awaited="sidecar"))

    assert awaited(outages) == ["sidecar"]


def test_an_error_is_noted_where_it_came_from_alone(outages: Outages) -> None:
    fail(outages, "store")
    fail(outages, "tables", error=PlatformDown("refused", awaited="store"))

    assert awaited(outages) == ["store"]


def test_a_refused_row_is_an_answer(outages: Outages) -> None:
    fail(outages, "store")
    with pytest.raises(Conflict), outages.trying("store"):
        raise Conflict

    assert outages.awaited() == []


def test_one_caller_at_a_time_asks_what_is_silent(outages: Outages, watch: Watch) -> None:
    fail(outages, "store", error=PlatformSilent("no answer"))
    watch.now += REST_SECONDS

    with outages.trying("store"):
        with pytest.raises(PlatformDown, match="no answer"):
            work(outages, "store")
        work(outages, "another")
    work(outages, "store")

    assert outages.awaited() == []


def test_what_is_silent_is_left_alone_for_a_moment(outages: Outages, watch: Watch) -> None:
    fail(outages, "store", error=PlatformSilent("no answer"))
    with pytest.raises(PlatformDown, match="no answer") as refused:
        work(outages, "store")
    watch.now += REST_SECONDS
    work(outages, "store")

    assert refused.value.awaited == "store"
    assert outages.awaited() == []


def test_what_refuses_at_once_may_be_asked_by_everybody(outages: Outages) -> None:
    fail(outages, "store")
    with outages.trying("store"):
        work(outages, "store")

    assert outages.awaited() == []


def test_what_is_only_slow_may_be_asked_by_everybody(outages: Outages) -> None:
    fail(outages, "store", error=PlatformSlow("too much at once"))
    before = awaited(outages)
    work(outages, "store")

    assert (before, awaited(outages)) == (["store"], [])


def test_one_who_asks_in_vain_makes_room_for_the_next(outages: Outages, watch: Watch) -> None:
    for error in (PlatformSilent("no answer"), ValueError("a defect")):
        watch.now += REST_SECONDS
        with pytest.raises(type(error)), outages.trying("store"):
            raise error
    work(outages, "store")

    assert outages.awaited() == []


def test_what_nobody_asks_for_any_more_is_forgotten(
    outages: Outages, watch: Watch, lines: list[str]
) -> None:
    fail(outages, "store")
    watch.now += FORGOTTEN_SECONDS
    before = awaited(outages)
    watch.now += 1

    assert (before, awaited(outages)) == (["store"], [])
    assert lines == ["platform.awaited", "platform.not_asked_any_more"]


def test_the_longest_awaited_comes_first(outages: Outages, watch: Watch) -> None:
    fail(outages, "store")
    watch.now += 1
    fail(outages, "broker")

    assert awaited(outages) == ["store", "broker"]


def test_is_counted(outages: Outages) -> None:
    fail(outages, "a store that is counted")
    during = metrics.AWAITED.labels("a store that is counted")._value.get()
    work(outages, "a store that is counted")

    assert (during, metrics.AWAITED.labels("a store that is counted")._value.get()) == (1, 0)
