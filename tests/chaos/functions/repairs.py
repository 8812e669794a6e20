"""Are the broken parcels of a run repaired?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class Repairs:
    """A folder with an empty file for every run that is repaired."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Repairs:
        """The folder is named by CHAOS_REPAIRS."""
        folder = Path(environ["CHAOS_REPAIRS"])
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def add(self, run: str) -> None:
        """Repair what is broken in this run."""
        (self._folder / run).touch()

    def done(self, run: str) -> bool:
        """Whether somebody did."""
        return (self._folder / run).exists()
