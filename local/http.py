"""A connection to a service that is kept open, and gives up with words a person can use."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from local.errors import Failure, Misuse

#: Longer than any wait a client asks for in `timeout=`.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What a service answered. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Unreachable(Failure):
    """Nothing answers at this address."""


class Client:
    """One keep-alive connection; not to be shared between threads."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise Misuse(f"The address is {url!r}; expected http://HOST:PORT.")
        self.url = url
        self._prefix = parts.path.rstrip("/")
        self._headers = {"dapr-api-token": token} if token else {}
        self._connection = http.client.HTTPConnection(
            parts.hostname, parts.port or 80, timeout=PATIENCE_SECONDS
        )

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and read the whole answer. Raises Unreachable.

        A request on a connection that the server has closed meanwhile is sent once more.
        """
        try:
            return self._send(method, path, body, headers)
        except http.client.RemoteDisconnected:
            return self._send(method, path, body, headers)

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        self._connection.close()

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> Answer:
        try:
            target = f"{self._prefix}/{path.lstrip('/')}"
            self._connection.request(method, target, body, {**self._headers, **(headers or {})})
            response = self._connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        except http.client.RemoteDisconnected:
            self._connection.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unreachable(
                f"Nothing answers at {self.url}: {error}. Start it with `sluice up`, or with "
                "`dapr run -f dapr.yaml` on a cluster."
            ) from error
