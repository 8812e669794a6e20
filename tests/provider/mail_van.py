"""The provider: a folder in which every letter it took is written down, unless it is away."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

#: How long a call takes that ends in nothing, as a timeout does.
TIMEOUT_SECONDS = 0.05


class MailVan:
    """What the function calls. The setting MAIL_VAN names the folder."""

    def __init__(self, folder: Path) -> None:
        self._book = folder / "taken"
        self._away = folder / "away"

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> MailVan:
        """Open the folder; raises ValueError without one."""
        if "MAIL_VAN" not in environ:
            raise ValueError("The setting MAIL_VAN is missing; expected a folder.")
        return cls(Path(environ["MAIL_VAN"]))

    def take(self, letter: str) -> None:
        """Take a letter. Raises ConnectionError, after a while, when it is away."""
        if self._away.exists():
            time.sleep(TIMEOUT_SECONDS)
            raise ConnectionError("The mail van does not answer.")
        with self._book.open("ab", buffering=0) as book:
            os.write(book.fileno(), f"{letter}\n".encode())

    def taken(self) -> list[str]:
        """Every letter it took, as often as it took it."""
        return self._book.read_text().split() if self._book.exists() else []

    def leave(self) -> None:
        """Be away from now on."""
        self._away.touch()

    def come_back(self) -> None:
        """Answer again."""
        self._away.unlink()
