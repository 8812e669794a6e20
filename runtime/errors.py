"""What can go wrong, in one place: every class's docstring is its default message."""

from __future__ import annotations


class SluiceError(Exception):
    """Something in Sluice went wrong."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


# Verdicts a function may raise


class Retry(SluiceError):
    """Not now; try again later.

    In a topic function the next attempt is a delayed one: those at once are left out, unless the
    function has no delayed ones. In an HTTP function with `waits=True` the
    request waits until a row that the function read has changed; in any other HTTP function the
    client gets 503 with Retry-After.
    """


class Reject(SluiceError):
    """This event can never be handled.

    A topic function's event goes to its dead letters at once, after one attempt. An HTTP client
    gets a problem body (RFC 9457) with `status`, naming `field` when one is given.
    """

    def __init__(self, message: str = "", *, status: int = 422, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.field = field


# What the caller did wrong


class DeclarationError(SluiceError):
    """A function is declared wrongly; the message lists every problem found."""


class DecodeError(SluiceError):
    """A record or body cannot be read as what the function expects.

    `field` is the path of the offending value where it is known, e.g. `lines[3].quantity`.
    """

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Missing(SluiceError, KeyError):
    """The table has no row under this key, and `edit` was given no default."""

    def __str__(self) -> str:
        return str(self.args[0])


# What the platform answers


class Conflict(SluiceError):
    """Somebody else changed one of the rows since it was read; nothing was written."""


class PlatformDown(SluiceError):
    """The broker, the sidecar or the state store cannot be reached; nothing was lost."""

    def __init__(self, message: str = "", *, awaited: str | None = None) -> None:
        super().__init__(message)
        #: The part of the platform, where that is known: see `runtime.outages`.
        self.awaited = awaited


class PlatformSilent(PlatformDown):
    """The platform did not answer; what it was asked to do may be done, or happen still."""


class PlatformSlow(PlatformSilent):
    """The platform answers, but so much at once takes it too long, or is refused; less may do."""


class ReadUnproven(PlatformDown):
    """The store's answer may lack rows that are there, because it came in another order."""


class StoreRefused(SluiceError):
    """The state store cannot keep what the runtime promises; the message names the cure."""


class SchemaRefused(SluiceError):
    """The schema registry does not take a schema: readers of the topic could not read it."""
