"""What was answered to a request that named itself, by a `ce-id`, and may come again.

A client that heard nothing, or 503, does not know whether its request was done. It sends the same
again, and gets the answer that it missed; without an id of its own it would be a request of its
own, whose new row has a new key.
"""

from __future__ import annotations

import msgspec

from runtime import wire
from runtime.spec import Response


class Answer(msgspec.Struct):
    """As it is kept, in the transaction that does what was asked for."""

    status: int
    headers: dict[str, str]
    content_type: str
    body: bytes | None

    @classmethod
    def of(cls, response: Response) -> Answer:
        """Make it of what a function returned; raises TypeError for a body that is no JSON."""
        body = response.body
        if not (body is None or isinstance(body, bytes)):
            body = wire.encode(body)
        return cls(response.status, dict(response.headers), response.content_type, body)

    def again(self) -> Response:
        """Answer the same, and publish nothing."""
        return Response(self.status, self.body, self.headers, self.content_type)
