"""Work whose function has run, and whose rows and events are not kept yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Uncommitted(Generic[T]):
    """`commit` keeps it and returns what is to be said then; call it always, and once.

    Any thread may. Until then nobody may be told anything. Those who collect some of them, and
    then commit one after the other, have all of them in one transaction: `runtime.outbox`.
    """

    commit: Callable[[], T]


def committed(begun: T | Uncommitted[T]) -> T:
    """Commit it now, unless there is nothing to commit."""
    return begun.commit() if isinstance(begun, Uncommitted) else begun
