"""Between granian's RSGI, Flask's WSGI (PEP 3333) and functions: one request, one answer."""

from __future__ import annotations

import io
import sys
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask

from runtime.reply import Reply


def query_of(query: str) -> dict[str, str]:
    """Read a query; of a name that comes twice the first value counts, as with Flask."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace") if query else ()
    return dict(reversed(pairs))


def headers_of(headers: Any) -> dict[str, str]:
    """Headers, of RSGI or of Flask, by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


def environ_of(scope: Any, body: bytes) -> dict[str, Any]:
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
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in scope.headers.items():
        plain = name.upper().replace("-", "_")
        environ[plain if plain == "CONTENT_TYPE" else f"HTTP_{plain}"] = value
    environ["CONTENT_LENGTH"] = str(len(body))
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
    return Reply(started[0], started[1], content)
