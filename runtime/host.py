"""The Flask application of one or more services: a route for every HTTP function."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, request
from flask import Response as Answer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from runtime import gate, metrics, problems, wire
from runtime.access import Access, Guarded
from runtime.errors import DeclarationError, Reject
from runtime.requests import Caller, NotYet, Request
from runtime.service import Running
from runtime.settings import Settings
from runtime.spec import FunctionSpec, Http, Response
from runtime.waiting import Waiters

#: Longest time, in milliseconds, that a request may wait for a row, and the default.
MOST_WAIT_MS = 600_000
DEFAULT_WAIT_MS = 10_000

#: What is watched; it is answered also when every thread waits for the platform.
HEALTH, METRICS = "/healthz", "/metrics"
#: A page that was made of what others wrote runs nothing, loads nothing and is framed by nobody.
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

#: Where a server that can wait without a thread finds what to wait for: `runtime.server`.
PARKED = "sluice.parked"
CAN_PARK = "sluice.can_park"
DEADLINE = "sluice.deadline"


@dataclass(frozen=True)
class Parked:
    """A request whose function said "not yet": it is to be run again when one of `keys` changes."""

    waiters: Waiters
    keys: Mapping[str, str | None]
    deadline: float


def make_app(services: Sequence[Running], settings: Settings) -> Flask:
    """Make the application. Every service's functions get their routes; clashes are refused."""
    app = Flask("sluice")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    problems.install(app)
    gate.install(app, settings)
    app.after_request(_harden)
    app.add_url_rule(HEALTH, "healthz", lambda: _health(app, services))
    app.add_url_rule(METRICS, "metrics", _metrics)
    access = Access([caller for service in services for caller in service.callers], settings)
    for service in services:
        for caller in service.callers:
            _add_route(app, service, access.guard(caller), settings)
    return app


def _add_route(app: Flask, service: Running, caller: Caller | Guarded, settings: Settings) -> None:
    assert isinstance(caller.spec.trigger, Http)
    # A name may hold slashes: the server hands paths on decoded, an encoded slash is a slash.
    path = re.sub(r"{(\w+)}", r"<path:\1>", caller.spec.trigger.path)
    _refuse_taken(app, path, caller.spec)
    app.add_url_rule(
        path,
        caller.spec.id,
        _view(service.waiters, caller, settings),
        methods=[caller.spec.trigger.method],
    )


def _refuse_taken(app: Flask, path: str, spec: FunctionSpec) -> None:
    """Two functions on one route: one of them would never be called."""
    for rule in app.url_map.iter_rules():
        taken = _shape(rule.rule) == _shape(path) and rule.methods
        if taken and str(spec.trigger).split(" ", 1)[0] in taken:
            raise DeclarationError(
                f"The route {spec.trigger} of {spec.id} is served by {rule.endpoint} already; "
                "give one of them another path."
            )


def _shape(path: str) -> str:
    return re.sub(r"<[^>]*>", "<>", path)


def _view(waiters: Waiters, caller: Caller | Guarded, settings: Settings) -> Callable[..., Answer]:
    def view(**path: str) -> Answer:
        request.max_content_length = settings.max_body_bytes
        received = Request(path, request.args, _headers(request.headers), request.get_data())
        answer = _answer(waiters, caller, received)
        metrics.REQUESTS.labels(caller.spec.id, str(answer.status_code)).inc()
        return answer

    return view


def _answer(waiters: Waiters, caller: Caller | Guarded, received: Request) -> Answer:
    try:
        wait_ms = _wait_ms(received) if caller.spec.waits else 0
        return _render(caller.call(received))
    except NotYet as not_yet:
        if not caller.spec.waits:
            return problems.explain(not_yet)
        return _wait(waiters, caller, received, not_yet, wait_ms)
    except Exception as error:
        return problems.explain(error)


def _wait(
    waiters: Waiters, caller: Caller | Guarded, received: Request, not_yet: NotYet, wait_ms: int
) -> Answer:
    """Wait for the rows: on this thread, or, where the server can, without one."""
    deadline = request.environ.get(DEADLINE) or time.monotonic() + wait_ms / 1000
    if time.monotonic() >= deadline:
        return problems.problem(504, f"{not_yet} Waited {wait_ms} ms.")
    if request.environ.get(CAN_PARK):
        request.environ[PARKED] = Parked(waiters, not_yet.keys, deadline)
        return Answer(status=503)
    while True:
        changed = threading.Event()
        with waiters.waiting(not_yet.keys, changed.set) as accepted:
            if not accepted:
                return too_many_waiting()
            try:
                return _render(caller.call(received))
            except NotYet as again:
                # Having found one row it may wait for another one now: then begin with that.
                same = set(again.keys) <= set(not_yet.keys)
                not_yet = again
            except Exception as error:
                return problems.explain(error)
            left = deadline - time.monotonic()
            if left <= 0 or (same and not changed.wait(left)):
                return problems.problem(504, f"{not_yet} Waited {wait_ms} ms.")


def too_many_waiting() -> Answer:
    """Answer a request that would have to wait where too many wait already."""
    return problems.problem(503, "Too many requests are waiting already.", retry_after="1")


def _render(response: Response) -> Answer:
    body, content_type = response.body, response.content_type
    if body is None:
        body, content_type = b"", "text/plain"
    elif not isinstance(body, bytes):
        body = wire.encode(body)
    answer = Answer(body, response.status, content_type=content_type)
    answer.headers.update(response.headers)
    return answer


def _wait_ms(received: Request) -> int:
    text = received.query.get("timeout", str(DEFAULT_WAIT_MS))
    if not re.fullmatch(r"\d{1,9}", text) or int(text) > MOST_WAIT_MS:
        raise Reject(
            f"timeout is {text!r}; expected milliseconds from 0 to {MOST_WAIT_MS}.",
            status=400,
            field="timeout",
        )
    return int(text)


def _headers(headers: Any) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _health(app: Flask, services: Sequence[Running]) -> dict[str, Any]:
    """Say that this process serves, which is true in an outage too, and what it awaits.

    Always 200: whoever restarts a process for an outage elsewhere, or sends its requests to
    another one that waits for the same, makes it worse. Reasons name hosts and ports: they are
    for those who have the token.
    """
    told = gate.gate_of(app).knows(request.headers.items())
    parts = {id(each): each for each in (service.sidecar.outages for service in services)}
    awaited = [
        {"what": each.what, "seconds": round(each.seconds, 1)}
        | ({"reason": each.reason} if told else {})
        for outages in parts.values()
        for each in outages.awaited()
    ]
    return {"status": "waiting", "awaits": awaited} if awaited else {"status": "ok"}


def _harden(answer: Answer) -> Answer:
    """Tell browsers and caches what an answer is not for; a function's own header stands."""
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Cache-Control", "no-store")
    if answer.mimetype == "text/html":
        answer.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
        answer.headers.setdefault("Referrer-Policy", "no-referrer")
    return answer


def _metrics() -> Answer:
    return Answer(generate_latest(), content_type=CONTENT_TYPE_LATEST)
