"""What is asked of OpenSearch and Elasticsearch, and what do their answers mean?

Plain HTTP: what we ask is the same in both, and the clients of each are made for one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3

from runtime import Reject
from runtime.errors import PlatformDown, PlatformSilent

JSON, LINES = "application/json", "application/x-ndjson"
#: So long an answer is waited for; a bulk request of 2,000 orders takes a tenth of a second.
_TIMEOUT = urllib3.Timeout(connect=3.0, read=20.0)
#: At once, for a connection that the server has closed meanwhile. Everything we ask may be asked
#: twice; what takes longer comes again from the runtime.
_AT_ONCE = urllib3.Retry(total=1, backoff_factor=0.1, allowed_methods=None)


class SearchServer:
    """A server, and how it answers. Safe to use from several threads.

    Settings: SLUICE_SEARCH_URL (http://127.0.0.1:9200), SLUICE_SEARCH_USER and
    SLUICE_SEARCH_PASSWORD, SLUICE_SEARCH_CA: a file of authorities to trust.
    """

    def __init__(
        self, url: str, *, login: str | None = None, authorities: Path | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._headers = urllib3.make_headers(basic_auth=login) if login else {}
        self._pool = urllib3.PoolManager(
            timeout=_TIMEOUT,
            retries=_AT_ONCE,
            maxsize=4,
            ca_certs=str(authorities) if authorities else None,
        )

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> SearchServer:
        """Read the settings. Raises ValueError for a wrong one."""
        url = environ["SLUICE_SEARCH_URL"]
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValueError(
                f"Setting 'SLUICE_SEARCH_URL' is {url!r}; expected e.g. http://127.0.0.1:9200, "
                "with user and password in SLUICE_SEARCH_USER and SLUICE_SEARCH_PASSWORD."
            )
        user, password = environ.get("SLUICE_SEARCH_USER"), environ.get("SLUICE_SEARCH_PASSWORD")
        authorities = environ.get("SLUICE_SEARCH_CA")
        return cls(
            url,
            login=f"{user}:{password or ''}" if user else None,
            authorities=Path(authorities) if authorities else None,
        )

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, kind: str = JSON
    ) -> tuple[int, Any]:
        """Send one request; return the status and the answer: 2xx, 404, or 400 as it may be.

        Raises PlatformDown when the server is away, busy, or does not let us in: each passes, or
        is put right by somebody, and the same may be asked again.
        """
        try:
            answer = self._pool.request(
                method,
                f"{self.url}{path}",
                body=body,
                headers={**self._headers, "content-type": kind},
            )
        except urllib3.exceptions.HTTPError as error:
            reason = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
            is_silent = isinstance(reason, urllib3.exceptions.TimeoutError)
            down = PlatformSilent if is_silent else PlatformDown
            raise down(f"The search server at {self.url} does not answer: {reason}.") from error
        found = _parsed(answer.data)
        if answer.status // 100 == 2 or answer.status in (400, 404, 413):
            return answer.status, found
        raise PlatformDown(
            f"The search server at {self.url} answers {answer.status}: {reason_of(found)}."
        )


def refused(status: int, answer: Any) -> Reject:
    """Make what is raised for a request that the server will never take."""
    return Reject(f"The search server refuses it ({status}): {reason_of(answer)}", status=400)


def reason_of(answer: Any) -> str:
    """Say in a line what an answer, or one item of it, names as its error."""
    error = answer.get("error", answer) if isinstance(answer, Mapping) else answer
    if not isinstance(error, Mapping):
        return str(error)[:500]
    cause = error.get("caused_by")
    words = f"{error.get('type')}: {error.get('reason')}"
    return f"{words} ({cause.get('reason')})" if isinstance(cause, Mapping) else words


def _parsed(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:  # a proxy's page
        return body[:200].decode("utf-8", "replace")
