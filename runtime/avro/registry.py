"""Where schemas are kept: what a value was written by, under a number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from runtime.errors import SluiceError


class SchemaRegistry(Protocol):
    """Keeps schemas by number, and the versions of each subject. Safe to call from many threads."""

    #: What it is called in the log and by /healthz while it is away.
    name: str

    def schema(self, id: int) -> Sequence[str]:
        """Return the schema of this number as JSON, last, and before it those it refers to.

        Raises DecodeError when there is none, or none in Avro; PlatformDown.
        """

    def register(self, subject: str, schema: str) -> int:
        """Make a schema the newest of the subject, and return its number; the same one keeps it.

        Raises SchemaRefused when readers of the subject could not read both it and what was
        written before; PlatformDown.
        """

    def newest(self, subject: str) -> int | None:
        """Return the number of the subject's newest schema; None without any. PlatformDown."""

    def close(self) -> None:
        """Let go of connections. Calling it twice does no harm."""


def open_registry(address: str, timeout_seconds: float, credentials: str = "") -> SchemaRegistry:
    """Open the registry at `address`: http(s)://..., or the file of one that is this machine's.

    A call to one that does not answer is given up after `timeout_seconds`. `credentials` are
    `user:secret`, for a server that asks for them; SluiceError when they are not.
    """
    # Imported when needed: most processes have no Avro topic, and should stay small.
    if address.startswith(("http://", "https://")):
        from runtime.avro.remote import RemoteRegistry

        return RemoteRegistry(address, timeout_seconds, credentials)
    if re.fullmatch(r"[\w.-]+:\d+(/.*)?", address):
        # Taken for a file, each machine would have schemas of its own.
        raise SluiceError(
            f"The schema registry is {address!r}; expected its address with http:// or https://, "
            "or the path of a file."
        )
    from pathlib import Path

    from runtime.avro.file import FileRegistry

    return FileRegistry(Path(address))
