"""HTTP functions as clients reach them: a request in, an answer out, and waits between them.

Flask has their routes, with all others, and says what is wrong with a request that has none. The
server that can wait without a thread asks them directly: to make a WSGI environment and Flask's
contexts for each request takes longer than most functions do.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Hashable, Mapping

from flask import Flask
from werkzeug.exceptions import HTTPException

from runtime import metrics, problems
from runtime.access import Guarded
from runtime.errors import Reject
from runtime.parked import Parked, too_many
from runtime.receiver import Receiver
from runtime.reply import Reply
from runtime.requests import Caller, NotYet, Request
from runtime.spec import Response
from runtime.uncommitted import Uncommitted
from runtime.waiting import Waiters

#: Longest time, in milliseconds, that a request may wait for a row, and the default.
MOST_WAIT_MS = 600_000
DEFAULT_WAIT_MS = 10_000

_EXTENSION = "sluice.routes"
#: By the method of a request, that of the function: HEAD asks what GET would say (RFC 9110, 9.3.2),
#: and the server leaves the body away. OPTIONS and others Flask answers by itself.
_METHODS = {name: name for name in ("GET", "POST", "PUT", "PATCH", "DELETE")} | {"HEAD": "GET"}


#: What becomes of a request.
Said = Reply | Parked | Uncommitted[Reply | Parked]


class Route:
    """One HTTP function. Safe to use from many threads."""

    def __init__(self, caller: Caller | Guarded, waiters: Waiters) -> None:
        spec = caller.spec
        self.id = spec.id
        self._caller = caller
        self._waits = spec.waits
        self._waiters = waiters
        # Headers say who asks, and a function that publishes knows a request again by its `ce-id`.
        by_headers = spec.publishes or any(p.source == "headers" for p in spec.parameters)
        self._is_for_all = not (by_headers or isinstance(caller, Guarded))

    def begin(self, received: Request) -> Said:
        """Run the function; nothing that it raises comes through."""

        def explained(error: Exception) -> Reply | Parked:
            if isinstance(error, NotYet) and self._waits:
                return Parked(self._waiters, error.keys, str(error), wait_ms, time.monotonic())
            return Reply.of_answer(problems.explain(error)).hardened()

        try:
            wait_ms = _wait_ms(received) if self._waits else 0
            begun = self._caller.begin(received)
            if isinstance(begun, Uncommitted):
                return Uncommitted(lambda: self._commit(begun, explained))
            return Reply.of_response(begun).hardened()
        except Exception as error:
            return explained(error)

    def equality(self, received: Request) -> Hashable | None:
        """What is the same for requests that one run may answer; None when it answers only one."""
        if received.body or not self._is_for_all:
            return None
        return self.id, tuple(received.path.items()), tuple(sorted(received.query.items()))

    def answer(self, received: Request) -> Reply:
        """Answer, and hold the thread as long as that takes."""
        begun = self._whole(received)
        return self.done(self._wait(begun, received) if isinstance(begun, Parked) else begun)

    def done(self, reply: Reply) -> Reply:
        """Count what goes out; to be called once for each request that is answered."""
        metrics.request(self.id, reply.status).inc()
        return reply

    def _whole(self, received: Request) -> Reply | Parked:
        begun = self.begin(received)
        return begun.commit() if isinstance(begun, Uncommitted) else begun

    def _commit(
        self,
        begun: Uncommitted[Response],
        explained: Callable[[Exception], Reply | Parked],
    ) -> Reply | Parked:
        try:
            return Reply.of_response(begun.commit()).hardened()
        except Exception as error:
            return explained(error)

    def _wait(self, parked: Parked, received: Request) -> Reply:
        deadline, changed = parked.deadline, threading.Event()
        while parked.moment < deadline:
            with parked.waiters.waiting(parked.keys, changed.set) as accepted:
                if not accepted:
                    return too_many()
                changed.clear()
                begun = self._whole(received)
                if isinstance(begun, Reply):
                    return begun
                if parked.covers(begun):
                    changed.wait(max(0.0, deadline - time.monotonic()))
                parked = begun
        return parked.too_late()


class Routes:
    """The routes of one application, found by method and path."""

    def __init__(self, app: Flask) -> None:
        self._map = app.url_map.bind("")
        self._by_endpoint: dict[str, Route | Receiver] = {}
        #: Where a path stands for another one: returns that, or None for one that it is not for.
        self.alias: Callable[[str, str], str | None] = lambda method, path: path

    def add(self, endpoint: str, route: Route | Receiver) -> None:
        """Serve what the application calls by this endpoint."""
        self._by_endpoint[endpoint] = route

    def find(self, method: str, path: str) -> tuple[Route | Receiver, Mapping[str, str]] | None:
        """Return the route and what its path says; None when the application is to answer."""
        asked = _METHODS.get(method)
        if asked is None or (known := self.alias(asked, path)) is None:
            return None
        try:
            endpoint, values = self._map.match(known, asked)
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
