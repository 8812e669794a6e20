"""The headers of a request, for functions that look at who is asking."""

from __future__ import annotations


class Headers(dict[str, str]):
    """Header names, in lower case, and their values. In a test: `Headers(authorization="...")`."""

    @property
    def bearer(self) -> str | None:
        """The token of `Authorization: Bearer <token>` (RFC 6750); None when there is none."""
        scheme, _, token = self.get("authorization", "").strip().partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None
