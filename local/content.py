"""The data that a command was given: the argument itself, standard input, or a file."""

from __future__ import annotations

import sys
from pathlib import Path

from local.errors import Misuse


def content_of(argument: str) -> bytes:
    """Return the bytes: `-` is standard input, `@FILE` what is in a file, all else itself.

    Raises Misuse for a file that cannot be read.
    """
    if argument == "-":
        return sys.stdin.buffer.read()
    if not argument.startswith("@"):
        return argument.encode()
    try:
        return Path(argument[1:]).read_bytes()
    except OSError as error:
        raise Misuse(
            f"The file {argument[1:]!r} cannot be read: {error.strerror}. "
            "Data that begins with @ names a file; - reads standard input."
        ) from error
