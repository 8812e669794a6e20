"""Files that are their owner's only: they may hold a token, or a password in an address."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write the file, readable by its owner only from its first byte on."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(number, "w", encoding="utf-8") as file:
        os.fchmod(number, 0o600)  # it may have been there before
        file.write(text)
