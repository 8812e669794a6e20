"""A signal wakes the event loop, so that its handler runs now and not at the next request."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Bytes read at once; there is one for each signal.
_MOST = 4096


@contextmanager
def waking(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Within the block, have a signal wake the loop, if it is the main thread's: others get none.

    Python only notes a signal, and runs its handler when the main thread comes by. One that comes
    in the moment before that thread goes to sleep is not noticed until something else wakes it: a
    server with nothing to do would go on for ever. (`loop.add_signal_handler` does this too, and
    takes the handlers away when the loop ends: what is finished after it would be cut off.)
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard, told = socket.socketpair()
    with heard, told:
        heard.setblocking(False)
        told.setblocking(False)
        loop.add_reader(heard, heard.recv, _MOST)
        # Where nobody has read for thousands of signals, one more would say nothing new.
        before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(heard)
