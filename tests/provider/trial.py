"""One run: a calm time, a time without the provider, and the time until everything has gone out."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from local import dead_letters
from local.brokers.base import Broker
from runtime.record import Message
from tests.provider.mail_van import MailVan
from tests.waiting import wait_until

#: Letters a second. Parcels come as fast as they are weighed.
LETTERS = 20
#: Parcels that lie ready.
BACKLOG = 20_000
TOWNS = 200


@dataclass(frozen=True)
class Found:
    """What was seen; rates are parcels a second, medians of whole seconds."""

    calm: float
    away: float
    seconds: float
    letters: int
    taken: int
    twice: int
    dead: int
    recovery_seconds: float

    @property
    def kept(self) -> float:
        """Which part of its throughput the other function kept."""
        return self.away / self.calm

    def __str__(self) -> str:
        return (
            f"weigh_parcel: {self.calm:,.0f} parcels/s with the provider, {self.away:,.0f} during "
            f"{self.seconds:g} s without it ({self.kept:.0%})\n"
            f"send_letter: {self.letters:,} letters, {self.taken:,} sent, {self.twice:,} of them "
            f"twice, {self.dead:,} dead letters; the last one {self.recovery_seconds:.0f} s after "
            "the provider was back"
        )


@dataclass
class Trial:
    """The post office at work, on whichever engine `broker` belongs to."""

    broker: Broker
    van: MailVan
    letters: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, seconds: float) -> Found:
        """Measure; `seconds` are those without the provider, the calm time is at most a minute."""
        with self._feeding():
            # Warm, and its consumer group at rest: a group stands while its members join.
            wait_until(lambda: self._weighed() > 2 * BACKLOG, 120)
            calm = self._rate(min(60, max(10, seconds / 2)))
            self.van.leave()
            away = self._rate(seconds)
            self.van.come_back()
            back = time.monotonic()
            mark = self.letters
            wait_until(lambda: len(set(self.van.taken())) >= mark, 900)
            recovery = time.monotonic() - back
        wait_until(lambda: len(set(self.van.taken())) >= self.letters, 300)
        taken = self.van.taken()
        dead = f"{MAILER}.dead-letters" in self.broker.topics() and len(
            dead_letters.entries(self.broker, function=MAILER)
        )
        twice = len(taken) - len(set(taken))
        return Found(calm, away, seconds, self.letters, len(set(taken)), twice, int(dead), recovery)

    @contextmanager
    def _feeding(self) -> Iterator[None]:
        feeders = [threading.Thread(target=feed) for feed in (self._write_letters, self._post)]
        for feeder in feeders:
            feeder.start()
        try:
            yield
        finally:
            self._stopping.set()
            for feeder in feeders:
                feeder.join()

    def _write_letters(self) -> None:
        while not self._stopping.wait(1 / LETTERS):
            id = f"letter-{self.letters}"
            self.broker.publish([Message("letters", id, json.dumps({"id": id}).encode())])
            self.letters += 1

    def _post(self) -> None:
        numbers, posted = count(), 0
        while not self._stopping.wait(0.05):
            while posted - self._weighed() < BACKLOG and not self._stopping.is_set():
                self.broker.publish([_parcel(next(numbers)) for _ in range(2000)])
                posted += 2000

    def _rate(self, seconds: float) -> float:
        """The median of what was weighed in each second."""
        deadline = time.monotonic() + seconds
        rates, before, since = [], self._weighed(), time.monotonic()
        while time.monotonic() < deadline:
            self._stopping.wait(1)
            now, weighed = time.monotonic(), self._weighed()
            rates.append((weighed - before) / (now - since))
            before, since = weighed, now
        return statistics.median(rates)

    def _weighed(self) -> int:
        return sum(high for _, high in self.broker.watermarks("post-weights").values())


MAILER = "post.send_letter"


def _parcel(number: int) -> Message:
    town = f"town-{number % TOWNS}"
    return Message("post-parcels", town, json.dumps({"town": town, "grams": number % 900}).encode())
