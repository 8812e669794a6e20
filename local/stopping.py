"""Ctrl-C asks a command to end; a second one ends it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event


@contextmanager
def stopping(stopped: Event) -> Iterator[None]:
    """Within the block, let SIGINT and SIGTERM set the event instead of ending the process.

    Each does so once: after that they do what they did before. An exception in the middle of
    whatever is under way would not do: Kafka's client, for one, answers it with an error of its
    own. Works in the main thread only.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: object) -> None:
        signal.signal(number, before[signal.Signals(number)])
        stopped.set()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
