"""What is sent to a client: status, headers and body."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote

from flask import Response as Answer

from runtime import wire
from runtime.spec import Response

Headers = list[tuple[str, str]]

#: Told to browsers and caches with everything, unless a function says otherwise.
_ALWAYS: Headers = [("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")]
#: A page that was made of what others wrote runs nothing, loads nothing and is framed by nobody.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
_WITH_PAGES: Headers = [
    *_ALWAYS,
    ("Content-Security-Policy", _POLICY),
    ("Referrer-Policy", "no-referrer"),
]


#: What is sent as it is.
_IN_HEADERS = "".join(map(chr, range(32, 127))) + "\t"
_IN_PLACES = "%!#$&'()*+,/:;=?@[]~"


class Reply(NamedTuple):
    """One answer; making a Flask answer of it takes longer than most functions do."""

    status: int
    headers: Headers
    body: bytes

    @classmethod
    def of_response(cls, response: Response) -> Reply:
        """What a function returned. Raises TypeError or ValueError for what cannot be sent."""
        body, content_type = response.body, response.content_type
        if body is None:
            body, content_type = b"", "text/plain"
        elif not isinstance(body, bytes):
            body = wire.encode(body)
        headers = [(name, _sendable(name, value)) for name, value in response.headers.items()]
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.insert(0, ("Content-Type", content_type))
        return cls(response.status, headers, body)

    @classmethod
    def of_answer(cls, answer: Answer) -> Reply:
        """What Flask or the runtime answers."""
        return cls(answer.status_code, list(answer.headers), answer.get_data())

    def answer(self) -> Answer:
        """The same for Flask."""
        return Answer(self.body, self.status, self.headers)

    def hardened(self) -> Reply:
        """The same with what browsers and caches are told, as far as it does not say it itself."""
        return self._replace(headers=[*self.headers, *_lacking(self.headers)])


def harden(answer: Answer) -> Answer:
    """Tell browsers and caches the same with an answer of Flask's."""
    for name, value in _lacking(answer.headers):
        answer.headers[name] = value
    return answer


def _lacking(headers: Iterable[tuple[str, str]]) -> Headers:
    own = {name.lower(): value for name, value in headers}
    is_page = own.get("content-type", "").lower().startswith("text/html")
    told = _WITH_PAGES if is_page else _ALWAYS
    return [pair for pair in told if pair[0].lower() not in own]


def _sendable(name: str, value: object) -> str:
    """A value as a header can hold it: no line breaks, and no letters beyond ASCII."""
    text = str(value)
    if "\n" in text or "\r" in text:
        raise ValueError(f"The header {text!r} has more than one line; expected one.")
    # Of a place to go to, spaces and quotes are written otherwise, too (RFC 3986).
    return quote(text, safe=_IN_PLACES if name.lower() == "location" else _IN_HEADERS)
