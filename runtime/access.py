"""Must somebody be signed in for this route? A deployment says so, route by route.

SLUICE_PROTECTED_ROUTES names the routes, as `sluice functions` lists them, between commas:
"POST /v1/orders, GET /v1/invoices/{id}". None is protected without it.

Whoever serves `GET /session` says whether a request's `Authorization` counts: 200 when it does,
and else what the client is answered instead. It is asked in this process where it is served here,
and at SLUICE_SESSION_URL elsewhere. So a token that was given back counts nowhere from then on,
and no service but that one has the key that tokens are made with. Refused: a key in every service,
each of which could then make tokens, and would honour those given back until they end.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from runtime import wire
from runtime.errors import PlatformDown, SluiceError
from runtime.registry import Registry
from runtime.requests import Begun, Caller, Request
from runtime.settings import Settings
from runtime.spec import FunctionSpec, Http, Response

#: The route that knows who is signed in.
SESSION = "GET /session"
#: Below this path daprd passes a call on to another service.
_INVOKE = "/v1.0/invoke/"

#: Headers of a request, in lower case -> the answer of whoever serves SESSION.
Ask = Callable[[Mapping[str, str]], Response]


class Guarded:
    """A caller of a function that is called only for who is signed in."""

    def __init__(self, caller: Caller, ask: Ask) -> None:
        self.spec = caller.spec
        self._caller = caller
        self._ask = ask

    def begin(self, request: Request) -> Begun:
        """Ask, then begin; the refusal is the answer. Raises PlatformDown when nobody says."""
        said = self._ask(request.headers)
        return self._caller.begin(request) if said.status == 200 else said


class Access:
    """The routes of some services that are protected."""

    def __init__(self, callers: Sequence[Caller], settings: Settings) -> None:
        """Raises SluiceError when one is protected and nobody could say who is signed in."""
        self._protected = protected_routes(settings)
        here = next((c for c in callers if str(c.spec.trigger) == SESSION), None)
        if here is not None:
            self._ask: Ask = lambda headers: here.call(Request(headers=headers))
        else:
            self._ask = Remote(settings).ask
            if not settings.session_url and any(self._protects(c.spec) for c in callers):
                raise SluiceError(
                    "SLUICE_PROTECTED_ROUTES needs SLUICE_SESSION_URL where no function serves "
                    f"{SESSION}; expected its address, such as http://127.0.0.1:3004/session."
                )

    def guard(self, caller: Caller) -> Caller | Guarded:
        """Return what is to be called instead."""
        return Guarded(caller, self._ask) if self._protects(caller.spec) else caller

    def _protects(self, spec: FunctionSpec) -> bool:
        return str(spec.trigger) in self._protected


class Remote:
    """Asks another service, directly or through a daprd."""

    def __init__(self, settings: Settings) -> None:
        self._url = urlsplit(settings.session_url)
        self._seconds = settings.platform_seconds
        through_dapr = self._url.path.startswith(_INVOKE)
        token = settings.dapr_api_token if through_dapr else settings.app_api_token
        self._headers = {"dapr-api-token": token} if token else {}

    def ask(self, headers: Mapping[str, str]) -> Response:
        """Return 200, or 401 with what the client is to be told. Raises PlatformDown."""
        sent = {**self._headers}
        if "authorization" in headers:
            sent["authorization"] = headers["authorization"]
        secure = self._url.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(self._url.netloc, timeout=self._seconds)
        try:
            connection.request("GET", self._url.path or "/", headers=sent)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._silent(repr(error)) from error
        finally:
            connection.close()
        if answer.status not in (200, 401):
            raise self._silent(f"it answered {answer.status}")
        return Response(answer.status, wire.decode(body))

    def _silent(self, reason: str) -> PlatformDown:
        return PlatformDown(f"Nobody at {self._url.netloc} says who is signed in: {reason}.")


def protected_routes(settings: Settings) -> frozenset[str]:
    """The routes that the setting names."""
    named = settings.protected_routes.split(",")
    return frozenset(" ".join(route.split()) for route in named if route.strip())


def refuse_unknown(settings: Settings, registry: Registry) -> None:
    """Raise SluiceError for a route that no function serves: misspelt, it would stand open."""
    known = {str(s.trigger) for s in registry.functions() if isinstance(s.trigger, Http)}
    unknown = protected_routes(settings) - known
    if unknown:
        raise SluiceError(
            f"SLUICE_PROTECTED_ROUTES names {', '.join(map(repr, sorted(unknown)))}, which no "
            "function serves; expected routes as `sluice functions` lists them, between commas."
        )
