"""Who may use the HTTP API on dead letters?

With APP_API_TOKEN set, whoever sends it as `dapr-api-token`. Without one only this machine, and no
web page that a browser on it shows: neither by a name that was made to lead here, nor by a form.
"""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from flask import Request
from flask import Response as Answer

from runtime.problems import problem
from runtime.settings import Settings


def refusal(request: Request, settings: Settings) -> Answer | None:
    """Return the answer to a request that may not pass; None for one that may."""
    if settings.app_api_token:
        given = request.headers.get("dapr-api-token", "")
        if hmac.compare_digest(given.encode(), settings.app_api_token.encode()):
            return None
        return problem(401, "The header dapr-api-token is missing or wrong.")
    if not is_loopback(settings.host):
        return problem(
            403,
            f"This server listens on {settings.host!r}, and the dead letters are for everybody "
            "there. Set APP_API_TOKEN, or let it listen on 127.0.0.1.",
        )
    origin = request.headers.get("Origin")
    if not is_loopback(_host(f"//{request.host}")) or (origin and not is_loopback(_host(origin))):
        return problem(403, "Without APP_API_TOKEN only programs of this machine are answered.")
    return None


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine's own, and nobody else's."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
