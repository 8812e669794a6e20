"""One dead letter as lists need it: who failed, why and when; no stack, no headers, no payload.

A hundred thousand of them are read in a second or two, and fit into a hundred megabytes.
"""

from __future__ import annotations

import functools
import hashlib
from sys import intern
from urllib.parse import unquote

import msgspec

from local.dead_letters.topics import function_of
from local.masking import Mask
from runtime.dead_letters import PREFIX
from runtime.record import Record

#: How often the payload was edited since the event last failed: of two records of one dead letter
#: with as many attempts, the one with more editions is the newer.
EDITION = f"{PREFIX}edition"

_NAMES = (
    *("id", "function", "error", "message", "cause", "attempts", "retries"),
    *("first_failed", "last_failed", "origin_topic", "origin_partition", "origin_offset"),
)
_HEADERS = {name: PREFIX + name.replace("_", "-") for name in _NAMES}
#: All that has to be decoded of a record to make a digest.
HEADERS = frozenset((*_HEADERS.values(), EDITION))


class Digest(msgspec.Struct, gc=False, kw_only=True):
    """One dead letter. Times are RFC 3339 in UTC.

    `topic`, `partition` and `offset` are where its newest record lies. `state` is open, replayed
    or discarded. `mentions` is whether that record has the text that was looked for.
    """

    id: str
    function: str
    error: str
    message: str
    cause: str
    attempts: int
    retries: int
    edition: int
    first_failed: str
    last_failed: str
    origin_topic: str
    origin_partition: int
    origin_offset: int
    key: str | None
    topic: str
    partition: int
    offset: int
    state: str = "open"
    mentions: bool = True

    @property
    def rank(self) -> tuple[int, int]:
        """What tells the newer of two records of one dead letter.

        Attempts only grow. Where a record lies says nothing: without a key it may be anywhere.
        """
        return self.attempts, self.edition

    @property
    def place(self) -> tuple[str, int, int]:
        """Where its newest record lies."""
        return self.topic, self.partition, self.offset

    @property
    def group(self) -> str:
        """The id of its group: same function, same class of error, same place in the code."""
        return group_id(self.function, self.cause)

    def summary(self, mask: Mask) -> dict[str, object]:
        """The entry of `dlq list --json`; topic, partition and offset are the event's origin."""
        return {
            "id": self.id,
            "function": self.function,
            "cause": self.cause,
            "error": mask.text(f"{self.error}: {self.message}"),
            "attempts": self.attempts,
            "retries": self.retries,
            "first_failed": self.first_failed,
            "last_failed": self.last_failed,
            "topic": self.origin_topic,
            "partition": self.origin_partition,
            "offset": self.origin_offset,
            "key": mask.key(self.key),
            "state": self.state,
            "edited": self.edition > 0,
            "group": self.group,
        }


def read_digest(record: Record) -> Digest | None:
    """Read the reasons from a record of a dead-letter or retry topic; None for somebody else's."""
    headers = record.headers
    try:
        function = intern(headers[_HEADERS["function"]])
        if function_of(record.topic) != function:
            return None  # a replay of it would go to another function
        return Digest(
            id=headers[_HEADERS["id"]],
            function=function,
            error=intern(_text(headers, "error")),
            message=_text(headers, "message"),
            cause=intern(_text(headers, "cause")),
            attempts=int(headers[_HEADERS["attempts"]]),
            retries=int(headers.get(_HEADERS["retries"], 0)),
            edition=_edition(headers.get(EDITION, "0")),
            first_failed=headers[_HEADERS["first_failed"]],
            last_failed=headers[_HEADERS["last_failed"]],
            origin_topic=intern(_text(headers, "origin_topic")),
            origin_partition=int(headers[_HEADERS["origin_partition"]]),
            origin_offset=int(headers[_HEADERS["origin_offset"]]),
            key=record.key,
            topic=intern(record.topic),
            partition=record.partition,
            offset=record.offset,
        )
    except (KeyError, ValueError):
        return None


@functools.lru_cache(maxsize=4096)
def group_id(function: str, cause: str) -> str:
    """Return eight hexadecimal digits that the same function and cause always give."""
    return hashlib.blake2b(f"{function}\n{cause}".encode(), digest_size=4).hexdigest()


def _edition(text: str) -> int:
    # The header may be the producer's own: that must not hide the dead letter of its event.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _text(headers: dict[str, str], name: str) -> str:
    return unquote(headers[_HEADERS[name]])
