"""Errors as an HTTP client sees them: problem bodies (RFC 9457), never a stack trace."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask, request
from flask import Response as Answer
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from runtime import wire
from runtime.errors import DecodeError, PlatformDown, Reject, Retry
from runtime.log import logger
from runtime.outages import say
from runtime.secrets import hide

log = logger("requests")

#: How long a client is asked to wait when the platform is down.
RETRY_AFTER_SECONDS = 5
#: Characters that an answer quotes: nobody reads a number of a million digits.
QUOTED_CHARACTERS = 1000


def problem(status: int, detail: str, *, field: str | None = None, **headers: str) -> Answer:
    """Make a problem body. `field` names the offending part of the request."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "detail": _cut(hide(detail)),
    }
    if field is not None:
        body["field"] = _cut(field)
    answer = Answer(wire.encode(body), status, content_type="application/problem+json")
    answer.headers.update({name.replace("_", "-").title(): v for name, v in headers.items()})
    return answer


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Problem"  # a status of the function's own, which RFC 9110 does not know


def _cut(text: str) -> str:
    return text if len(text) <= QUOTED_CHARACTERS else f"{text[:QUOTED_CHARACTERS]}..."


def explain(error: Exception) -> Answer:
    """Turn what a function or the runtime raised into an answer."""
    match error:
        case DecodeError():
            return problem(400, str(error), field=error.field)
        case Reject():
            return problem(error.status, str(error), field=error.field)
        case Retry():
            return problem(503, str(error), retry_after=str(RETRY_AFTER_SECONDS))
        case PlatformDown():
            say(log, "request.platform_down", error)
            detail = "The platform does not answer at the moment; nothing was lost. Try again."
            return problem(503, detail, retry_after=str(RETRY_AFTER_SECONDS))
        case HTTPException():
            return problem(error.code or 500, error.description or "")
        case _:
            log.error("request.failed", exc_info=error)
            return problem(500, "The function failed; its log says why.")


def install(app: Flask) -> None:
    """Have the application answer every error this way, also those of Flask itself."""
    app.register_error_handler(Exception, _explain_request)


def _explain_request(error: Exception) -> Answer:
    """Turn what Flask refuses into an answer; it is about the request that is under way."""
    match error:
        case RequestEntityTooLarge():
            limit = request.max_content_length
            return problem(413, f"The body is too large; expected at most {limit} bytes.")
        case NotFound():
            path = request.path
            return problem(404, f"There is no route {path!r}. `sluice functions` lists them.")
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            detail = f"{request.path!r} does not take {request.method}; expected {allowed}."
            return problem(405, detail, allow=allowed)
        case _:
            return explain(error)
