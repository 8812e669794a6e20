"""The error hook hears of every failure, and can hurt nobody."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from runtime import Reject, Retries, function
from runtime.arguments import Resources
from runtime.errors import PlatformDown, SluiceError
from runtime.hooks import ErrorHook, Failure
from tests.runtime.making import Meddled, Sale, Shop, Trouble, record, sale
from tests.waiting import wait_until

TOLD: list[tuple[Exception, Failure]] = []


def remember(error: Exception, failure: Failure) -> None:
    """The hook that the tests subscribe by its name."""
    TOLD.append((error, failure))


@function(subscribes="sales", retries=Retries(attempts=2, first_seconds=0, most_seconds=0))
def count(sale: Sale, trouble: Trouble) -> None:
    """Count what was sold."""
    trouble.call(sale.product)


class Watched(Shop):
    """A shop with an error hook."""

    def __init__(self, hook: Any = remember, **options: Any) -> None:
        self.hook = ErrorHook(hook, most_waiting=options.pop("most_waiting", 1000))
        TOLD.clear()
        super().__init__(count, **options)

    def another_process(self) -> Any:
        self.resources._open[ErrorHook] = self.hook
        return super().another_process()

    def told(self) -> list[tuple[Exception, Failure]]:
        self.hook.close()
        return list(TOLD)


def outage() -> None:
    raise PlatformDown("gone")


def test_hears_of_each_attempt_that_failed_and_of_the_dead_letter() -> None:
    shop = Watched(retry_seconds="5")
    failures = [OSError("busy") for _ in range(4)]
    shop.trouble.ahead["socks"] = list(failures)
    shop.deliver(sale(3))
    shop.pass_time(6)

    (first, later), (second, given_up) = shop.told()

    assert (first, second) == (failures[1], failures[3])
    assert later == Failure("runtime.count", "sale-3", "sales", 0, 3, 2, "retried later")
    assert given_up == Failure("runtime.count", "sale-3", "sales", 0, 3, 4, "dead letter")


def test_hears_of_what_is_rejected_and_of_what_cannot_be_read() -> None:
    shop = Watched()
    shop.trouble.ahead["socks"] = [Reject("never")]
    shop.deliver(sale(0), record(1, b"{"))

    told = {failure.offset: (failure.attempts, failure.outcome) for _, failure in shop.told()}

    assert told == {0: (1, "dead letter"), 1: (1, "dead letter")}


def test_hears_nothing_of_what_goes_well_or_was_handled_before() -> None:
    shop = Watched()
    shop.trouble.ahead["hats"] = [OSError("busy")]
    shop.deliver(sale(0), sale(1, "hats"))
    shop.deliver(sale(0))

    assert shop.told() == []


def test_hears_of_an_outage_once_until_it_is_over() -> None:
    shop = Watched(sidecar=Meddled())
    shop.sidecar.meddlers = [outage, outage, lambda: None, outage]
    for offset in (0, 0, 0, 1):
        try:
            shop.deliver(sale(offset))
        except PlatformDown:
            continue

    assert [(str(e), f.offset, f.outcome) for e, f in shop.told()] == [
        ("gone", 0, "waits for the platform"),
        ("gone", 1, "waits for the platform"),
    ]
    assert shop.letters == []


def test_a_hook_that_fails_hears_of_the_next_failure_and_changes_nothing() -> None:
    def fail(error: Exception, failure: Failure) -> None:
        remember(error, failure)
        raise SystemExit(3)

    shop = Watched(fail)
    shop.trouble.ahead["socks"] = [Reject("never"), Reject("never")]
    shop.deliver(sale(0))
    shop.deliver(sale(1), sale(2, "hats"))

    assert [failure.offset for _, failure in shop.told()] == [0, 1]
    assert len(shop.letters) == 2
    assert shop.trouble.calls == ["socks", "socks", "hats"]


def test_a_hook_that_hangs_holds_up_no_event() -> None:
    entered, release = threading.Event(), threading.Event()

    def hang(error: Exception, failure: Failure) -> None:
        entered.set()
        release.wait()
        remember(error, failure)

    shop = Watched(hang, most_waiting=2)
    shop.trouble.ahead["socks"] = [Reject("never") for _ in range(9)]
    shop.deliver(sale(0))
    wait_until(entered.is_set)
    shop.deliver(*(sale(offset) for offset in range(1, 9)))

    assert len(shop.letters) == 9

    release.set()
    assert [failure.offset for _, failure in shop.told()] == [0, 1, 2]


def test_is_found_by_its_name() -> None:
    resources = Resources({"SLUICE_ERROR_HOOK": f"{__name__}:remember"})

    assert resources.get(ErrorHook)._call is remember


@pytest.mark.parametrize(
    "name", ["nowhere.at.all:report", f"{__name__}:forget", f"{__name__}:TOLD", __name__, ":x"]
)
def test_a_name_that_leads_nowhere_stops_the_start(name: str) -> None:
    with pytest.raises(SluiceError, match=r"SLUICE_ERROR_HOOK is .* expected package\.module:func"):
        ErrorHook.open({"SLUICE_ERROR_HOOK": name})
