"""The Flask application of one or more services: a route for every HTTP function."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, request
from flask import Response as Answer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from runtime import gate, problems, wsgi
from runtime.access import Access, Guarded
from runtime.errors import DeclarationError
from runtime.reply import harden
from runtime.requests import Caller, Request
from runtime.routes import Route, routes_of
from runtime.service import Running
from runtime.settings import Settings
from runtime.spec import FunctionSpec, Http

#: What is watched; it is answered also when every thread waits for the platform.
HEALTH, METRICS = "/healthz", "/metrics"


def make_app(services: Sequence[Running], settings: Settings) -> Flask:
    """Make the application. Every service's functions get their routes; clashes are refused."""
    app = Flask("sluice")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    problems.install(app)
    gate.install(app, settings)
    app.after_request(harden)
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
    route, methods = Route(caller, service.waiters), [caller.spec.trigger.method]
    app.add_url_rule(path, route.id, _view(route, settings), methods=methods)
    routes_of(app).add(route.id, route)


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


def _view(route: Route, settings: Settings) -> Callable[..., Answer]:
    def view(**path: str) -> Answer:
        request.max_content_length = settings.max_body_bytes
        headers = wsgi.headers_of(request.headers)
        query = wsgi.query_of(request.query_string.decode("latin-1"))
        received = Request(path, query, headers, request.get_data())
        return route.answer(received).answer()

    return view


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


def _metrics() -> Answer:
    return Answer(generate_latest(), content_type=CONTENT_TYPE_LATEST)
