"""What the functions tell each other."""

from __future__ import annotations

import hashlib
import os

from msgspec import Struct

#: Events in one unit of work: few, so that there are many units to kill.
BATCH = int(os.environ.get("CHAOS_BATCH", "5"))


class Parcel(Struct):
    """One event of a parcel; `last` marks the last one. A `broken` one cannot be looked at."""

    run: str
    id: str
    number: int
    grams: int
    last: bool = False
    broken: bool = False

    @property
    def key(self) -> str:
        return self.id


class Weight(Struct):
    """What the scales said."""

    run: str
    id: str
    number: int
    grams: int
    last: bool

    @property
    def key(self) -> str:
        return self.id


class Closing(Struct):
    """A parcel of which everything is known."""

    id: str

    @property
    def key(self) -> str:
        return self.id


class Load(Struct):
    """A parcel on its way; `chain` says what was loaded of it before."""

    id: str
    chain: str

    @property
    def key(self) -> str:
        return self.id


class Seen(Struct):
    """What one function has seen of one parcel: how much, and in which order."""

    events: int = 0
    grams: int = 0
    chain: str = ""

    def add(self, number: int, grams: int) -> None:
        """One event lost, doubled or out of order changes the chain for good."""
        self.events += 1
        self.grams += grams
        self.chain = hashlib.sha256(f"{self.chain}/{number}/{grams}".encode()).hexdigest()[:16]


class Total(Struct):
    """One row that all events of a run change."""

    events: int = 0
    grams: int = 0


class Open(Struct):
    """Parcels that wait to be closed."""

    ids: list[str] = []
