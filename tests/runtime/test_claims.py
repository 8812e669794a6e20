"""What is being written is waited for by whoever wants the same, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from runtime.claims import Claims
from tests.waiting import wait_until

PATIENCE_SECONDS = 10.0


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def waiting(claims: Claims) -> int:
    return len(claims._ended._waiters)  # type: ignore[attr-defined]


def does_not_wait(beside: ThreadPoolExecutor, claims: Claims, *wanted: str | bytes) -> bool:
    return beside.submit(claims.wait_to_see, wanted).result(PATIENCE_SECONDS) is None


def test_nobody_waits_where_nothing_is_written(beside: ThreadPoolExecutor) -> None:
    assert does_not_wait(beside, Claims(), "socks")


def test_what_somebody_else_writes_is_no_reason_to_wait(beside: ThreadPoolExecutor) -> None:
    claims = Claims()
    with claims.claiming(["hats"], []):
        assert does_not_wait(beside, claims, "socks", b"id")


def test_what_is_free_is_what_nobody_writes() -> None:
    claims = Claims()
    with claims.claiming(["hats"], []), claims.claiming(["shoes"], []):
        assert claims.free(["hats", "socks", "shoes"]) == ["socks"]

    assert claims.free(["hats"]) == ["hats"]


def test_one_of_several_that_is_being_written_is_waited_for(beside: ThreadPoolExecutor) -> None:
    claims = Claims()
    with claims.claiming(["socks", b"id"], []):
        reads: list[Future[None]] = [
            beside.submit(claims.wait_to_see, wanted) for wanted in (["hats", "socks"], [b"id"])
        ]
        wait_until(lambda: waiting(claims) == 2)
        assert not any(read.done() for read in reads)

    assert [read.result(PATIENCE_SECONDS) for read in reads] == [None, None]


def test_all_that_write_it_are_waited_for(beside: ThreadPoolExecutor) -> None:
    claims = Claims()
    with ExitStack() as first, claims.claiming(["socks"], []):
        first.enter_context(claims.claiming(["hats"], []))
        read = beside.submit(claims.wait_to_see, ["hats", "socks"])
        wait_until(lambda: waiting(claims) == 1)
        first.close()
        wait_until(lambda: waiting(claims) == 1)
        assert not read.done()

    assert read.result(PATIENCE_SECONDS) is None


def test_who_fails_to_write_it_lets_go_of_it(beside: ThreadPoolExecutor) -> None:
    claims = Claims()
    with pytest.raises(OSError, match="full"), claims.claiming(["socks"], []):
        raise OSError("full")

    assert does_not_wait(beside, claims, "socks")


def test_what_somebody_has_only_seen_may_be_seen_by_others_and_not_be_changed(
    beside: ThreadPoolExecutor,
) -> None:
    claims = Claims()

    def change() -> None:
        with claims.claiming(["hats", "socks"], []):
            pass

    with claims.claiming([], ["socks"]):
        assert does_not_wait(beside, claims, "socks")
        changed = beside.submit(change)
        wait_until(lambda: waiting(claims) == 1)
        assert not changed.done()

    assert changed.result(PATIENCE_SECONDS) is None
