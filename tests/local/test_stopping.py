import signal
from threading import Event

import pytest

from local.stopping import stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_for_the_end_and_interrupts_nothing(number: signal.Signals) -> None:
    before, stopped = signal.getsignal(number), Event()

    with stopping(stopped):
        signal.raise_signal(number)

    assert stopped.is_set()
    assert signal.getsignal(number) is before


def test_a_second_one_does_what_it_did_before() -> None:
    stopped = Event()
    with stopping(stopped), pytest.raises(KeyboardInterrupt):  # noqa: PT012 - both in one block
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
