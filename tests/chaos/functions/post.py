"""Sends receipts into a folder, and keeps no memory of those it has sent: as SES does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class Post:
    """One file per receipt, with a line for every time that it was sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Post:
        """The folder is named by CHAOS_MAILS."""
        folder = Path(environ["CHAOS_MAILS"])
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def send(self, id: str) -> None:
        """Send the receipt of a parcel, whether it was sent before or not."""
        with (self._folder / id).open("ab") as sent:
            sent.write(b"sent\n")
