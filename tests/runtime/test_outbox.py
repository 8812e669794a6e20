"""What HTTP and schedule functions did is committed and published, whoever is killed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from runtime import FakeClock
from runtime.errors import Conflict, PlatformDown, PlatformSilent
from runtime.outbox import HEARTBEAT_SECONDS, ORPHAN_SECONDS, Outbox
from runtime.record import Message
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Meddled
from tests.waiting import wait_until


def row(key: str, value: bytes = b"1", etag: str | None = None) -> Write:
    return Write(key, value, etag)


def told(text: str) -> Message:
    return Message("told", None, text.encode(), {})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=[True, False], ids=["publishes in the transaction", "publishes after it"])
def either(request: pytest.FixtureRequest, clock: FakeClock) -> Meddled:
    return Meddled(clock, publishes_in_transaction=request.param)


@pytest.fixture
def sidecar(clock: FakeClock) -> Meddled:
    """A platform that publishes after the transaction, like Dapr."""
    return Meddled(clock, publishes_in_transaction=False)


def texts(sidecar: RecordingSidecar) -> list[str]:
    return [message.value.decode() for message in sidecar.messages]


def test_writes_and_publishes(either: Meddled, clock: FakeClock) -> None:
    Outbox(either, clock, "a").commit([row("x")], [told("one")])

    assert (either.rows["x"], texts(either)) == (b"1", ["one"])


def test_tells_which_rows_were_written(either: Meddled, clock: FakeClock) -> None:
    written: list[str] = []
    outbox = Outbox(either, clock, "a", committed=lambda keys: written.extend(keys))
    outbox.commit([row("x"), row("y")], [])

    assert sorted(written) == ["x", "y"]


def test_a_stale_row_is_a_conflict_and_publishes_nothing(either: Meddled, clock: FakeClock) -> None:
    outbox = Outbox(either, clock, "a")
    outbox.commit([row("x")], [])
    with pytest.raises(Conflict):
        outbox.commit([row("x", b"2")], [told("two")])
    outbox.tick()

    assert (either.rows["x"], texts(either)) == (b"1", [])


def test_an_outage_before_the_commit_leaves_nothing(either: Meddled, clock: FakeClock) -> None:
    outbox = Outbox(either, clock, "a")
    outbox.tick()
    either.fail_next("transact", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        outbox.commit([row("x")], [told("one")])
    outbox.tick()

    assert ("x" in either.rows, texts(either)) == (False, [])


def test_what_could_not_be_published_is_published_by_a_tick(
    sidecar: Meddled, clock: FakeClock
) -> None:
    outbox = Outbox(sidecar, clock, "a")
    sidecar.fail_next("publish", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        outbox.commit([row("x")], [told("one")])
    outbox.tick()
    outbox.tick()

    assert texts(sidecar) == ["one"]


def test_what_could_not_be_published_goes_before_what_comes_next(
    sidecar: Meddled, clock: FakeClock
) -> None:
    outbox = Outbox(sidecar, clock, "a")
    sidecar.fail_next("publish", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        outbox.commit([row("x")], [told("one")])
    outbox.commit([row("y")], [told("two")])

    assert texts(sidecar) == ["one", "two"]


@pytest.mark.parametrize("error", [PlatformDown("no answer"), Conflict("our own row")])
def test_events_of_a_commit_whose_answer_was_lost_are_published(
    sidecar: Meddled, clock: FakeClock, error: Exception
) -> None:
    outbox = Outbox(sidecar, clock, "a")
    outbox.tick()
    sidecar.fail_next("transact", error, after=True)
    with pytest.raises(type(error)):
        outbox.commit([row("x")], [told("one")])
    outbox.commit([row("y")], [told("two")])

    assert texts(sidecar) == ["one", "two"]


class Late(Meddled):
    """A store that says nothing of a transaction, and carries it out just before the next one."""

    silent = False
    held: Sequence[Write] = ()

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        if self.silent:
            self.silent, self.held = False, writes
            raise PlatformDown("no answer")
        landing, self.held = self.held, ()
        if landing:
            super().transact(landing)
        super().transact(writes, messages)


@pytest.mark.parametrize("after_others", [True, False], ids=["in a used lane", "in a new lane"])
def test_a_commit_that_comes_later_than_the_look_for_it_is_published(
    clock: FakeClock, after_others: bool
) -> None:
    store = Late(clock, publishes_in_transaction=False)
    outbox = Outbox(store, clock, "a")
    outbox.tick()
    if after_others:
        outbox.commit([row("w")], [told("zero")])
    store.silent = True
    with pytest.raises(PlatformDown):
        outbox.commit([row("x")], [told("one")])

    with pytest.raises(Conflict):  # the caller then runs its function again
        outbox.commit([row("y")], [told("two")])
    outbox.commit([row("y")], [told("two")])

    assert texts(store)[-2:] == ["one", "two"]


def test_a_tick_does_not_empty_a_lane_that_was_written_after_all(clock: FakeClock) -> None:
    store = Late(clock, publishes_in_transaction=False)
    outbox = Outbox(store, clock, "a")
    outbox.commit([row("w")], [told("zero")])
    store.silent = True
    with pytest.raises(PlatformDown):
        outbox.commit([row("x")], [told("one")])
    outbox.tick()
    outbox.tick()

    assert texts(store) == ["zero", "one"]


def test_what_was_published_is_not_looked_for_after_a_conflict(
    sidecar: Meddled, clock: FakeClock
) -> None:
    outbox = Outbox(sidecar, clock, "a")
    outbox.commit([row("x")], [told("one")])
    with pytest.raises(Conflict):
        outbox.commit([row("x")], [told("two")])

    assert calls_of(sidecar, lambda: outbox.commit([row("y")], [])).count("publish") == 0
    assert texts(sidecar) == ["one"]


@pytest.mark.parametrize("after", [True, False], ids=["published already", "not published"])
def test_a_killed_process_is_made_good_by_its_next_start(
    sidecar: Meddled, clock: FakeClock, after: bool
) -> None:
    sidecar.fail_next("publish", PlatformDown("killed"), after=after)
    with pytest.raises(PlatformDown):
        Outbox(sidecar, clock, "a").commit([row("x")], [told("one")])
    Outbox(sidecar, clock, "a").tick()

    assert texts(sidecar) == ["one"]


def test_a_lane_that_is_published_is_emptied(sidecar: Meddled, clock: FakeClock) -> None:
    outbox = Outbox(sidecar, clock, "a")
    outbox.commit([row("x")], [told("one")])
    before = len(sidecar.rows["outbox/a"])
    outbox.tick()

    assert len(sidecar.rows["outbox/a"]) < before
    assert "transact" not in calls_of(sidecar, outbox.tick)


def test_a_dead_process_is_adopted_by_another(sidecar: Meddled, clock: FakeClock) -> None:
    sidecar.fail_next("publish", PlatformDown("killed"))
    with pytest.raises(PlatformDown):
        Outbox(sidecar, clock, "a").commit([row("x")], [told("one")])
    other = Outbox(sidecar, clock, "b")
    other.tick()
    before = texts(sidecar)
    clock.advance(ORPHAN_SECONDS + 1)
    other.tick()

    assert (before, texts(sidecar), "outbox/a" in sidecar.rows) == ([], ["one"], False)


def test_a_live_process_is_not_adopted(sidecar: Meddled, clock: FakeClock) -> None:
    alive, other = Outbox(sidecar, clock, "a"), Outbox(sidecar, clock, "b")
    alive.commit([row("x")], [told("one")])
    for _ in range(10):
        clock.advance(HEARTBEAT_SECONDS)
        alive.tick()
        other.tick()

    assert "outbox/a" in sidecar.rows


def test_a_process_that_wrote_while_it_was_adopted_keeps_what_it_wrote(
    sidecar: Meddled, clock: FakeClock
) -> None:
    adopt_while_it_writes(sidecar, clock)
    Outbox(sidecar, clock, "a").tick()

    assert texts(sidecar) == ["one", "two"]


def test_a_process_that_wrote_while_it_was_adopted_and_never_came_back_is_adopted(
    sidecar: Meddled, clock: FakeClock
) -> None:
    other = adopt_while_it_writes(sidecar, clock)
    clock.advance(HEARTBEAT_SECONDS)
    other.tick()

    assert texts(sidecar) == ["one", "two"]


def adopt_while_it_writes(sidecar: Meddled, clock: FakeClock) -> Outbox:
    """The lane "a" falls silent, and writes once more while another process adopts it."""
    paused = Outbox(sidecar, clock, "a")
    paused.commit([row("x")], [told("one")])
    other = Outbox(sidecar, clock, "b")
    other.tick()
    clock.advance(ORPHAN_SECONDS + 1)
    sidecar.meddlers = [lambda: killed_after_writing(sidecar, paused)]
    other.tick()
    return other


def killed_after_writing(sidecar: Meddled, outbox: Outbox) -> None:
    sidecar.fail_next("publish", PlatformDown("killed"))
    with pytest.raises(PlatformDown):
        outbox.commit([row("y")], [told("two")])


def calls_of(sidecar: RecordingSidecar, act: Callable[[], Any]) -> Sequence[str]:
    before = len(sidecar.calls)
    act()
    return sidecar.calls[before:]


# Requests that arrive together


class Held(RecordingSidecar):
    """A platform whose first transaction takes until it is let go."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.let_go = threading.Event()
        self.began = threading.Event()
        self.sizes: list[int] = []

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        if any(write.key.startswith("row") for write in writes):
            self.began.set()
            assert self.let_go.wait(10)
            self.sizes.append(sum(write.key.startswith("row") for write in writes))
        super().transact(writes, messages)


class Mute(Held):
    """A platform that says nothing, also when it is let go."""

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        super().transact([], [])
        if any(write.key.startswith("row") for write in writes):
            self.began.set()
            assert self.let_go.wait(10)
            self.sizes.append(len(writes))
            raise PlatformSilent("no answer")


def commit_together(sidecar: Held, jobs: Sequence[Sequence[Write]]) -> list[Exception | None]:
    """Commit the first job, and the others while it is under way; what became of each."""
    outbox = Outbox(sidecar, FakeClock(), "a")
    outbox.tick()
    ends: list[Exception | None] = [None] * len(jobs)

    def run(number: int) -> None:
        try:
            outbox.commit(jobs[number], [told(f"{number}")])
        except Exception as error:
            ends[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    threads[0].start()
    assert sidecar.began.wait(10)
    for thread in threads[1:]:
        thread.start()
    wait_until(lambda: len(outbox._queue) == len(jobs) - 1)
    sidecar.let_go.set()
    for thread in threads:
        thread.join(10)
    return ends


@pytest.fixture(params=[True, False], ids=["publishes in the transaction", "publishes after it"])
def held(request: pytest.FixtureRequest) -> Held:
    return Held(publishes_in_transaction=request.param)


def test_requests_that_arrive_together_share_a_transaction(held: Held) -> None:
    ends = commit_together(held, [[row(f"row{number}")] for number in range(20)])

    assert ends == [None] * 20
    assert held.sizes == [1, 19]
    assert sorted(texts(held), key=int) == [f"{number}" for number in range(20)]


def test_requests_that_change_one_row_do_not_share_a_transaction(held: Held) -> None:
    ends = commit_together(held, [[row("row", etag=ANY)] for _ in range(4)])

    assert (ends, held.sizes) == ([None] * 4, [1] * 4)


def test_a_stale_request_does_not_harm_the_others(held: Held) -> None:
    jobs = [[row(f"row{number}", etag="stale" if number == 3 else None)] for number in range(6)]
    ends = commit_together(held, jobs)

    assert [type(end) for end in ends] == [type(None)] * 3 + [Conflict] + [type(None)] * 2
    assert sorted(texts(held)) == ["0", "1", "2", "4", "5"]


def test_a_request_that_no_store_could_carry_out_does_not_harm_the_others(held: Held) -> None:
    jobs = [[row(f"row{number}")] for number in range(6)]
    jobs[3] = [row("row3"), row("row3")]
    ends = commit_together(held, jobs)

    assert [type(end) for end in ends] == [type(None)] * 3 + [ValueError] + [type(None)] * 2
    assert sorted(texts(held)) == ["0", "1", "2", "4", "5"]


@pytest.fixture(params=[True, False], ids=["publishes in the transaction", "publishes after it"])
def mute(request: pytest.FixtureRequest) -> Mute:
    return Mute(publishes_in_transaction=request.param)


def test_requests_that_wait_for_a_silent_platform_are_told_together(mute: Mute) -> None:
    ends = commit_together(mute, [[row("row", etag=ANY)] for _ in range(5)])

    assert [type(end) for end in ends] == [PlatformSilent] * 5
    assert len(mute.sizes) == 1


def test_nobody_waits_behind_the_one_who_asks_a_silent_platform(mute: Mute) -> None:
    outbox = Outbox(mute, FakeClock(), "a")
    mute.let_go.set()
    with pytest.raises(PlatformSilent):
        outbox.commit([row("row1")], [])
    mute.let_go.clear()
    mute.began.clear()
    asking = threading.Thread(target=commit_in_vain, args=(outbox,))
    asking.start()
    assert mute.began.wait(10)

    for act in (outbox.flush, lambda: outbox.commit([row("row3")], [])):
        with pytest.raises(PlatformDown, match="no answer"):
            act()
    assert asking.is_alive()
    mute.let_go.set()
    asking.join(10)


def test_everybody_is_served_again_when_one_was(sidecar: Meddled, clock: FakeClock) -> None:
    outbox = Outbox(sidecar, clock, "a")
    sidecar.fail_next("transact", PlatformSilent("no answer"))
    with pytest.raises(PlatformSilent):
        outbox.commit([row("x")], [told("one")])
    outbox.commit([row("x")], [told("one")])

    with outbox._turn:  # somebody is at work
        outbox._refuse_to_queue()
    assert texts(sidecar) == ["one"]


def commit_in_vain(outbox: Outbox) -> None:
    with pytest.raises(PlatformDown):
        outbox.commit([row("row2")], [])
