"""Who is let in, and how much may they bring? Decided before a byte of the body is read.

    nobody is asked      /healthz, /v1.0/healthz...   probes have no token
    Dapr's own API       /v1.0/...                    DAPR_API_TOKEN, else APP_API_TOKEN
    everything else      functions, deliveries, ...   APP_API_TOKEN

A token comes in the header `dapr-api-token`, as daprd sends and expects it. Where none is set,
everybody on this machine is let in, but no web page that a browser on it shows: a page elsewhere
may send requests to 127.0.0.1, and a name may be made to lead there.
"""

from __future__ import annotations

import functools
import hmac
import ipaddress
import threading
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, request
from flask import Response as Answer

from runtime import metrics
from runtime.problems import problem
from runtime.settings import Settings

#: Below this path daprd delivers what subscriptions ask for: `runtime.daprd`.
DELIVERIES = "/deliveries/"
#: Below this path an engine without daprd speaks Dapr's own API.
DAPR_API = "/v1.0/"
_OPEN = ("/healthz", "/v1.0/healthz", "/v1.0/healthz/outbound")

#: Path and query of a request, and its headers: names and values together. hyper itself takes 400
#: KB of them; daprd's own limit is 4 KB.
MOST_URL_BYTES = 16 * 1024
MOST_HEADER_BYTES = 64 * 1024
#: What daprd delivers: a batch of large records, as base64. Refused, it would come again for ever,
#: so this only keeps the process alive.
MOST_DELIVERED_BYTES = 1024 * 1024 * 1024
#: Bodies that lie in memory at the same time, also those of requests that wait for a row.
MOST_HELD_BYTES = 256 * 1024 * 1024

#: Set in the environment of a request that has been let in already.
ADMITTED = "sluice.admitted"
_EXTENSION = "sluice.gate"

Headers = Iterable[tuple[str, str]]


class Gate:
    """The rules of one application. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._app_token = settings.app_api_token.encode(errors="backslashreplace")
        self._dapr_token = settings.dapr_api_token.encode(errors="backslashreplace")
        self._most_bytes = settings.max_body_bytes
        self._asks_browsers = not settings.app_api_token and is_loopback(settings.host)
        self.held = Held(MOST_HELD_BYTES)

    def refusal(self, path: str, query: str, headers: Headers) -> Answer | None:
        """Return the answer to a request that is not let in; None for one that is.

        `path` is the decoded one, by which the application chooses the function.
        """
        given = [(name.lower(), value) for name, value in headers]
        for reason, answer in (
            ("token", self._token_refusal(path, given)),
            ("browser", self._browser_refusal(given)),
            ("size", self._size_refusal(path, query, given)),
        ):
            if answer is not None:
                metrics.REFUSED.labels(reason).inc()
                return answer
        return None

    def knows(self, headers: Headers) -> bool:
        """Whether the request has the application's token, or there is none."""
        given = [(name.lower(), value) for name, value in headers]
        return not self._app_token or _has_token(given, self._app_token)

    def most_bytes(self, path: str) -> int:
        """How long a body may be."""
        return MOST_DELIVERED_BYTES if path.startswith(DELIVERIES) else self._most_bytes

    def _token_refusal(self, path: str, headers: Headers) -> Answer | None:
        wanted = self._app_token
        if path.startswith(DAPR_API):
            wanted = self._dapr_token or self._app_token
        if not wanted or path in _OPEN:
            return None
        if _has_token(headers, wanted):
            return None
        return problem(401, "The header dapr-api-token is missing or wrong.")

    def _browser_refusal(self, headers: Headers) -> Answer | None:
        if not self._asks_browsers:
            return None
        for name, value in headers:
            host = f"//{value}" if name == "host" else value if name == "origin" else None
            if host is not None and not _leads_here(host):
                return problem(
                    403,
                    f"The header {name} is {value!r}. Without APP_API_TOKEN only requests to and "
                    "from this machine itself, such as to localhost, are answered.",
                )
        return None

    def _size_refusal(self, path: str, query: str, headers: Headers) -> Answer | None:
        if len(path) + len(query) > MOST_URL_BYTES:
            return problem(414, f"The URL is too long; expected at most {MOST_URL_BYTES} bytes.")
        if sum(len(name) + len(value) for name, value in headers) > MOST_HEADER_BYTES:
            return problem(431, f"The headers are too long; expected at most {MOST_HEADER_BYTES}.")
        length = dict(headers).get("content-length", "0")
        if length.isdecimal() and (len(length) > 18 or int(length) > self.most_bytes(path)):
            return too_large(self.most_bytes(path))
        return None


class Held:
    """How many bytes of bodies lie in memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self.bytes = 0

    def holding(self) -> Holding:
        """Let one request hold bytes; at the end of a block with it, it holds none."""
        return Holding(self)

    def take(self, count: int) -> bool:
        """Count them, unless there would be too many."""
        with self._lock:
            if self.bytes + count > self._most:
                return False
            self.bytes += count
            return True

    def give_back(self, count: int) -> None:
        """Count them no more."""
        with self._lock:
            self.bytes -= count


class Holding:
    """The bytes of one request."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self.bytes = 0

    def take(self, count: int) -> bool:
        """Hold so many more; False when there is no room for them."""
        if not self._held.take(count):
            return False
        self.bytes += count
        return True

    def __enter__(self) -> Holding:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bytes:
            self._held.give_back(self.bytes)


def install(app: Flask, settings: Settings) -> None:
    """Put the gate before an application, whatever serves it."""
    gate = Gate(settings)
    app.extensions[_EXTENSION] = gate
    app.before_request(lambda: _check(gate))


def gate_of(app: Flask) -> Gate:
    """Return the gate of an application; one with the default limits when it has none."""
    found: Gate | None = app.extensions.get(_EXTENSION)
    return found or Gate(Settings())


def too_large(most: int) -> Answer:
    """Refuse a body."""
    return problem(413, f"The body is too large; expected at most {most} bytes.")


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine's own, and nobody else's."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _has_token(headers: Headers, wanted: bytes) -> bool:
    """It takes equally long whatever a header holds, and however much of it is right."""
    return any(
        hmac.compare_digest(value.encode(errors="backslashreplace"), wanted)
        for name, value in headers
        if name == "dapr-api-token"
    )


def _check(gate: Gate) -> Answer | None:
    if ADMITTED in request.environ:
        return None
    query = request.query_string.decode("latin-1")
    return gate.refusal(request.path, query, request.headers.items())


@functools.lru_cache(maxsize=64)
def _leads_here(url: str) -> bool:
    """Clients say the same all the time, so what was found is kept."""
    try:
        return is_loopback((urlsplit(url).hostname or "").lower())
    except ValueError:
        return False
