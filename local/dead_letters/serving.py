"""The HTTP API on dead letters as a server of its own: where no gateway is."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace

from flask import Flask

from local.dead_letters import api
from local.dead_letters.workbench import DeadLetters
from local.serving import free_port, refuse_taken
from runtime import gate, problems
from runtime.server import Server
from runtime.settings import Settings

#: Requests at once: each may read all dead letters.
_THREADS = 4


def serve_api(letters: DeadLetters, settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `ready` is called with the address. Raises Failure."""
    settings = replace(settings, port=settings.port or free_port(settings.host))
    refuse_taken(settings.host, settings.port)
    app = Flask("sluice-dead-letters")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    problems.install(app)
    gate.install(app, settings)
    api.install(app, letters, settings)
    app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok"})
    server = Server(app, settings.host, settings.port, threads=_THREADS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    server.serve(lambda: ready(f"http://{settings.host}:{settings.port}"))
