"""One run: parcels that are sent to a running system, and what they leave there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from runtime import wire
from runtime.event import STRUCTURED
from runtime.record import Message
from tests.chaos.functions.parcel import Parcel
from tests.chaos.system import System

#: Events of one parcel on the topic, and parcels whose events are mixed.
EVENTS = 5
BLOCK = 16
#: A client that gets no answer asks again.
_AGAIN_SECONDS = 0.05
#: Stands in the key of an event that was sent again under another one.
AGAIN = "-again-"
SENT_AT = "2026-05-01T12:00:00Z"


@dataclass
class Run:
    """The events of some parcels on the topic, and of some more by HTTP, with pauses between them.

    Two runs of one size differ in their names only, which are of one length.
    """

    name: str
    parcels: int = 16
    requests: int = 8
    pause_seconds: float = 0
    answers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = threading.Thread(target=self._post_all, daemon=True)

    def start(self, system: System) -> None:
        """Send all events, and begin to send the requests."""
        system.broker.publish(self.messages())
        self.request(system)

    def request(self, system: System) -> None:
        """Begin to send the requests, each until it is answered."""
        self._system = system
        self._client.start()

    @property
    def answered(self) -> bool:
        """Whether every request was answered."""
        return len(self.answers) == self.requests

    def messages(self) -> list[Message]:
        """The events, as records."""
        return [_message(parcel) for parcel in self.events()]

    def events(self) -> Iterator[Parcel]:
        """Yield the events, those of each parcel in their order, a block of parcels at a time."""
        for start in range(0, self.parcels, BLOCK):
            for number in range(EVENTS):
                for key in range(start, min(start + BLOCK, self.parcels)):
                    broken = key % 3 == 0 and number == key % EVENTS
                    yield self._parcel(key, number, broken=broken)

    def _parcel(self, key: int, number: int, *, broken: bool = False) -> Parcel:
        last = number == EVENTS - 1
        id = f"{self.name}-{key:05}"
        return Parcel(self.name, id, number, grams=100 * key + number, last=last, broken=broken)

    def _post_all(self) -> None:
        for key in range(self.parcels, self.parcels + self.requests):
            parcel = self._parcel(key, EVENTS - 1)
            while (status := self._post(parcel)) not in (200, 201):
                time.sleep(_AGAIN_SECONDS)
            self.answers.append(status)
            time.sleep(self.pause_seconds)

    def _post(self, parcel: Parcel) -> int:
        headers = {"content-type": "application/json", "ce-id": parcel.id, "ce-source": "/chaos"}
        return self._system.post(
            "/v1/parcels", wire.encode(parcel), {**headers, "ce-time": SENT_AT}
        )


def under_other_keys(messages: Sequence[Message]) -> list[Message]:
    """The same events, so that they come to other partitions than before."""
    return [replace(each, key=f"{each.key}{AGAIN}{n}") for n, each in enumerate(messages)]


def _message(parcel: Parcel) -> Message:
    envelope = {
        "specversion": "1.0",
        "id": f"{parcel.id}/{parcel.number}",
        "source": "/chaos",
        "type": "Parcel",
        "time": SENT_AT,
        "data": parcel,
    }
    return Message("parcels", parcel.id, wire.encode(envelope), {"content-type": STRUCTURED})
