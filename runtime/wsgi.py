"""Between granian's RSGI and Flask's WSGI (PEP 3333): one request, one answer."""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask
from flask import Response as Answer

#: Status, headers and body.
Reply = tuple[int, list[tuple[str, str]], bytes]


def reply_of(answer: Answer) -> Reply:
    """What is sent for an answer that no function gave."""
    return answer.status_code, list(answer.headers), answer.get_data()


def environ_of(scope: Any) -> dict[str, Any]:
    """Make a WSGI environment. Header names keep their underscores: Dapr's `__key`."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # granian has decoded it already; WSGI wants UTF-8 bytes dressed as latin-1 (PEP 3333).
        "PATH_INFO": scope.path.encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        plain = name.upper().replace("-", "_")
        environ[plain if plain == "CONTENT_TYPE" else f"HTTP_{plain}"] = value
    return environ


def call(app: Flask, environ: dict[str, Any]) -> Reply:
    """Call the application; blocks until it has answered."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [int(status.split(" ", 1)[0]), headers]
        return lambda data: None

    result = app(environ, start_response)
    try:
        content = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    return started[0], started[1], content
