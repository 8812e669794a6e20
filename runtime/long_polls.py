"""Requests that wait for a row on the event loop of a server, and hold no thread meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from functools import partial

from runtime import parked
from runtime.crew import Crew
from runtime.parked import Parked
from runtime.reply import Reply
from runtime.requests import Request
from runtime.routes import Route
from runtime.sharing import Sharing


class LongPolls:
    """Those who wait at one server; a crew runs their requests again."""

    def __init__(self, crew: Crew) -> None:
        self._sharing = Sharing(crew)
        self._asleep: set[asyncio.Event] = set()
        #: Whose turn it is to wake up, and whether the loop was told.
        self._called: deque[asyncio.Event] = deque()
        self._is_waking = False
        self._ended = threading.Event()

    def __len__(self) -> int:
        return len(self._asleep)

    async def wait(
        self, route: Route, received: Request, first: Parked, gone: asyncio.Future[None]
    ) -> Reply:
        """Run the request again whenever a row it waits for has changed, until its deadline.

        `gone` is done when the client has left: then its place is free for another one at once.
        """
        changed, latest, deadline = asyncio.Event(), first, first.deadline
        gone.add_done_callback(lambda _: changed.set())
        again, equality = partial(route.begin, received), route.equality(received)
        wake = partial(self._wake, asyncio.get_running_loop(), changed)
        while not (self._ended.is_set() or gone.done()):
            if latest.moment >= deadline:
                return latest.too_late()
            with latest.waiters.waiting(latest.keys, wake) as accepted:
                if not accepted:
                    return parked.too_many()
                changed.clear()
                begun = await self._sharing.run(equality, again)
                if isinstance(begun, Reply):
                    return begun
                # Having found one row it may wait for another one now: then begin with that.
                if latest.covers(begun):
                    await self._sleep(changed, deadline, gone)
                latest = begun
        return parked.stopping()

    def end(self) -> None:
        """Let nobody wait any more. Any thread may say so; who waits learns it by `wake_all`."""
        self._ended.set()

    def wake_all(self) -> None:
        """Wake everybody up; to be called on the loop."""
        for changed in self._asleep:
            changed.set()

    def _wake(self, loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
        """Set it on the loop, from any thread; to wake the loop for each would cost more."""
        self._called.append(changed)
        if not self._is_waking:
            self._is_waking = True
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(self._wake_called)

    def _wake_called(self) -> None:
        self._is_waking = False  # before it looks: what comes later is looked at once more
        while self._called:
            self._called.popleft().set()

    async def _sleep(
        self, changed: asyncio.Event, deadline: float, gone: asyncio.Future[None]
    ) -> None:
        """Wait for the change, at most until the deadline or until server or client leave."""
        if self._ended.is_set() or gone.done():
            return
        left = max(0.0, deadline - time.monotonic())
        # `asyncio.wait_for` would make a task of each wait.
        timer = asyncio.get_running_loop().call_later(left, changed.set)
        self._asleep.add(changed)
        try:
            await changed.wait()
        finally:
            timer.cancel()
            self._asleep.discard(changed)
