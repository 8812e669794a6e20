"""A thread that goes on, whatever its calls do."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from runtime.errors import PlatformDown
from runtime.ticker import Ticker
from tests.waiting import wait_until


class Calls:
    """Calls that fail first, as they are told to."""

    def __init__(self) -> None:
        self.made = 0
        self.failures: list[Exception] = []

    def __call__(self) -> None:
        self.made += 1
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the lines in the log."""
    said: list[str] = []
    log = SimpleNamespace(warning=lambda name, **_: said.append(name), debug=lambda name, **_: None)
    log.exception = log.warning
    monkeypatch.setattr("runtime.ticker.log", log)
    return said


@pytest.fixture
def tick(calls: Calls, lines: list[str]) -> Iterator[None]:
    ticker = Ticker("calls", 0.005, calls)
    ticker.start()
    yield
    ticker.stop()
    assert ticker.join(10)


@pytest.mark.usefixtures("tick")
def test_calls_again_and_again(calls: Calls) -> None:
    wait_until(lambda: calls.made >= 3)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("a defect"), ["ticker.failed"]),
        (PlatformDown("the rows changed"), ["ticker.put_off"]),
        (PlatformDown("no answer", awaited="the store"), []),
    ],
)
def test_a_call_that_fails_is_said_and_the_next_one_comes(
    calls: Calls, lines: list[str], error: Exception, line: list[str]
) -> None:
    calls.failures = [error]
    ticker = Ticker("calls", 0.005, calls)
    ticker.start()
    wait_until(lambda: calls.made >= 3)
    ticker.stop()

    assert ticker.join(10)
    assert lines == line
