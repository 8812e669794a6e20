"""What of the platform is awaited, since when and why: one line in the log when that begins, one
when it ends, and the answer of /healthz.

It is also what keeps an outage cheap. A call to something that is silent costs its whole deadline,
so one caller at a time pays that; the others are told at once what he will find out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from runtime import metrics
from runtime.errors import Conflict, PlatformDown, PlatformSilent, PlatformSlow
from runtime.log import logger

log = logger("platform")

#: After a call that got no answer the next one is made no sooner.
REST_SECONDS = 0.5
#: What was not asked for again this long is no longer awaited: its work went elsewhere.
FORGOTTEN_SECONDS = 60.0
#: What comes and goes faster than this is one outage in the log.
QUIET_SECONDS = 10.0


@dataclass(frozen=True)
class Awaited:
    """One part of the platform that does not answer, in words, and for how long."""

    what: str
    reason: str
    seconds: float
    tries: int


def say(log: Any, event: str, error: Exception, **fields: str) -> None:
    """Log why something waits: not what `platform.awaited` has said already."""
    level = log.debug if getattr(error, "awaited", None) else log.warning
    level(event, reason=str(error), **fields)


class _Outage:
    def __init__(self, now: float) -> None:
        self.began = self.failed = now
        self.reason = ""
        self.tries = 0
        self.is_silent = self.is_tried = self.is_said = False


class Outages:
    """What one process awaits. Safe to use from many threads. `now` is a clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._open: dict[str, _Outage] = {}
        self._said: dict[str, float] = {}

    @contextmanager
    def trying(self, *parts: str) -> Iterator[None]:
        """Call the platform in this block: what needs which parts of it, the last one most.

        Raises PlatformDown at once when one of them is silent and somebody else is asking, or has
        just asked. One that is raised in the block is noted for the part that it names, else for
        the last one; the parts before that have answered.
        """
        mine = self._enter(parts) if self._open else []
        try:
            yield
        except PlatformDown as error:
            if error.awaited is None:
                error.awaited = parts[-1]
            if error.awaited in parts:  # else the call that it came from has noted it
                self._worked(parts[: parts.index(error.awaited)])
                self._failed(error.awaited, error)
            raise
        except Conflict:
            self._worked(parts)  # a refusal is an answer
            raise
        else:
            self._worked(parts)
        finally:
            for outage in mine:
                outage.is_tried = False

    def over(self, what: str) -> None:
        """Note that nobody waits for this part any more: what it was wanted for has happened."""
        self._worked((what,))

    def awaited(self) -> list[Awaited]:
        """Return what does not answer now, the longest first."""
        now = self._now()
        with self._lock:
            for what, outage in list(self._open.items()):
                if now - outage.failed > FORGOTTEN_SECONDS and not outage.is_tried:
                    self._end(what, "platform.not_asked_any_more")
            found = [
                Awaited(what, outage.reason, now - outage.began, outage.tries)
                for what, outage in self._open.items()
            ]
        return sorted(found, key=lambda each: -each.seconds)

    def _enter(self, parts: tuple[str, ...]) -> list[_Outage]:
        with self._lock:
            now = self._now()
            silent = [
                (what, self._open[what])
                for what in parts
                if what in self._open and self._open[what].is_silent
            ]
            for what, outage in silent:
                if outage.is_tried or now - outage.failed < REST_SECONDS:
                    raise PlatformDown(outage.reason, awaited=what)
            for _, outage in silent:
                outage.is_tried = True
        return [outage for _, outage in silent]

    def _failed(self, what: str, error: PlatformDown) -> None:
        with self._lock:
            now = self._now()
            outage = self._open.setdefault(what, _Outage(now))
            outage.failed, outage.reason = now, str(error)
            # What is only slow must not be kept from those who ask for less.
            is_slow = isinstance(error, PlatformSlow)
            outage.is_silent = isinstance(error, PlatformSilent) and not is_slow
            outage.tries += 1
            metrics.AWAITED.labels(what).set(1)
            if not outage.is_said and now - self._said.get(what, -QUIET_SECONDS) >= QUIET_SECONDS:
                outage.is_said, self._said[what] = True, now
                log.warning("platform.awaited", what=what, reason=outage.reason)

    def _worked(self, parts: tuple[str, ...]) -> None:
        if not self._open:
            return
        with self._lock:
            for what in parts:
                if what in self._open:
                    self._end(what, "platform.back")

    def _end(self, what: str, event: str) -> None:
        outage = self._open.pop(what)
        metrics.AWAITED.labels(what).set(0)
        if outage.is_said:
            seconds = round(self._now() - outage.began, 1)
            log.info(event, what=what, after_seconds=seconds, tries=outage.tries)
