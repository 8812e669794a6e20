"""HTTP functions as clients reach them: a request in, an answer out, and waits between them.

Flask has their routes, with all others, and says what is wrong with a request that has none. The
server that can wait without a thread asks them directly: to make a WSGI environment and Flask's
contexts for each request takes longer than most functions do.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask
from werkzeug.exceptions import HTTPException

from runtime import metrics, problems
from runtime.access import Guarded
from runtime.errors import Reject
from runtime.reply import Reply
from runtime.requests import Caller, NotYet, Request
from runtime.spec import Response
from runtime.uncommitted import Uncommitted
from runtime.waiting import Waiters

#: Longest time, in milliseconds, that a request may wait for a row, and the default.
MOST_WAIT_MS = 600_000
DEFAULT_WAIT_MS = 10_000

_EXTENSION = "sluice.routes"
#: Others, such as HEAD and OPTIONS, Flask answers by itself.
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Parked:
    """A request whose function said "not yet": it is to be run again when one of `keys` changes.

    `deadline` is one of `time.monotonic`.
    """

    waiters: Waiters
    keys: Mapping[str, str | None]
    deadline: float

    def goes_on_in(self, later: Parked) -> bool:
        """Whether the one that came of it waits for nothing else; if so, it need not be begun."""
        return set(later.keys) <= set(self.keys)


#: What becomes of a request.
Begun = Reply | Parked | Uncommitted[Reply | Parked]


class Route:
    """One HTTP function. Safe to use from many threads."""

    def __init__(self, caller: Caller | Guarded, waiters: Waiters) -> None:
        self.id = caller.spec.id
        self._caller = caller
        self._waits = caller.spec.waits
        self._waiters = waiters

    def begin(self, received: Request, deadline: float | None = None) -> Begun:
        """Run the function; nothing that it raises comes through.

        `deadline` is that of what was parked before, for a request that is run again.
        """

        def explained(error: Exception) -> Reply | Parked:
            if isinstance(error, NotYet) and self._waits:
                return self._park(error, wait_ms, deadline)
            return self.done(Reply.of_answer(problems.explain(error)))

        try:
            wait_ms = _wait_ms(received) if self._waits else 0
            begun = self._caller.begin(received)
            if isinstance(begun, Uncommitted):
                return Uncommitted(lambda: self._commit(begun, explained))
            return self.done(Reply.of_response(begun))
        except Exception as error:
            return explained(error)

    def answer(self, received: Request) -> Reply:
        """Answer, and hold the thread as long as that takes."""
        begun = self._whole(received)
        while isinstance(begun, Parked):
            begun = self._wait(begun, received)
        return begun

    def done(self, reply: Reply) -> Reply:
        """Count what goes out."""
        metrics.REQUESTS.labels(self.id, str(reply.status)).inc()
        return reply.hardened()

    def refuse_to_wait(self) -> Reply:
        """What a request is told that would have to wait where too many wait already."""
        answer = problems.problem(503, "Too many requests are waiting already.", retry_after="1")
        return self.done(Reply.of_answer(answer))

    def _whole(self, received: Request, deadline: float | None = None) -> Reply | Parked:
        begun = self.begin(received, deadline)
        return begun.commit() if isinstance(begun, Uncommitted) else begun

    def _commit(
        self,
        begun: Uncommitted[Response],
        explained: Callable[[Exception], Reply | Parked],
    ) -> Reply | Parked:
        try:
            return self.done(Reply.of_response(begun.commit()))
        except Exception as error:
            return explained(error)

    def _park(self, not_yet: NotYet, wait_ms: int, deadline: float | None) -> Reply | Parked:
        if deadline is None:
            deadline = time.monotonic() + wait_ms / 1000
        if time.monotonic() >= deadline:
            answer = problems.problem(504, f"{not_yet} Waited {wait_ms} ms.")
            return self.done(Reply.of_answer(answer))
        return Parked(self._waiters, not_yet.keys, deadline)

    def _wait(self, parked: Parked, received: Request) -> Reply | Parked:
        changed = threading.Event()
        with parked.waiters.waiting(parked.keys, changed.set) as accepted:
            if not accepted:
                return self.refuse_to_wait()
            begun = self._whole(received, parked.deadline)
            if isinstance(begun, Parked) and parked.goes_on_in(begun):
                changed.wait(max(0.0, parked.deadline - time.monotonic()))
            return begun


class Routes:
    """The routes of one application, found by method and path."""

    def __init__(self, app: Flask) -> None:
        self._map = app.url_map.bind("")
        self._by_endpoint: dict[str, Route] = {}
        #: Where a path stands for another one: returns that, or None for one that it is not for.
        self.alias: Callable[[str, str], str | None] = lambda method, path: path

    def add(self, endpoint: str, route: Route) -> None:
        """Serve what the application calls by this endpoint."""
        self._by_endpoint[endpoint] = route

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """Return the route and what its path says; None when the application is to answer."""
        if method not in _METHODS or (known := self.alias(method, path)) is None:
            return None
        try:
            endpoint, values = self._map.match(known, method)
        except HTTPException:
            return None
        route = self._by_endpoint.get(str(endpoint))
        return (route, values) if route else None


def routes_of(app: Flask) -> Routes:
    """The routes of an application; it may have none."""
    found: Routes = app.extensions.setdefault(_EXTENSION, Routes(app))
    return found


def _wait_ms(received: Request) -> int:
    text = received.query.get("timeout", str(DEFAULT_WAIT_MS))
    if not re.fullmatch(r"\d{1,9}", text) or int(text) > MOST_WAIT_MS:
        raise Reject(
            f"timeout is {text!r}; expected milliseconds from 0 to {MOST_WAIT_MS}.",
            status=400,
            field="timeout",
        )
    return int(text)
