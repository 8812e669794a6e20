"""Which topics hold dead letters, and by which one does a function get an event again?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.errors import Misuse, nearest

if TYPE_CHECKING:
    from local.brokers.base import Broker

_DEAD = ".dead-letters"
_RETRY = ".retry"


def dead_letter_topics(broker: Broker, function: str | None = None) -> list[str]:
    """Return them all, or those of one function: its id, or its name without the service.

    Raises Misuse when no such function has one.
    """
    known = [name for name in broker.topics() if name.endswith(_DEAD)]
    if function is None:
        return known
    wanted = [name for name in known if function in _names(name)]
    if not wanted:
        names = [function_of(name) for name in known]
        raise Misuse(f"No function {function!r} has dead letters. {nearest(function, names)}")
    return wanted


def function_of(topic: str) -> str:
    """Return the id of the function whose dead letters, or replays, the topic holds."""
    return topic.removesuffix(_DEAD).removesuffix(_RETRY)


def dead_letter_topic(function: str) -> str:
    """Return the topic of a function's dead letters."""
    return function + _DEAD


def retry_topic(function: str) -> str:
    """Return the topic that this function reads and no other."""
    return function + _RETRY


def _names(topic: str) -> tuple[str, str]:
    id = function_of(topic)
    return id, id.rpartition(".")[2]
