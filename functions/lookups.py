"""How does a lookup table follow the topic that it is filled from?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from functions.domain.customer import Action
from runtime import Event, Reject, Table


class Change(Protocol):
    """What a topic says of one row: some of its fields, and what happened to it."""

    @property
    def key(self) -> str:
        """The row's key."""

    @property
    def action(self) -> Action | None:
        """Whether it is gone."""


class Known(Protocol):
    """What is known of a row."""

    def learn(self, change: Any) -> Any:
        """Return the row with the fields that the change names."""


Row = TypeVar("Row", bound=Known)


def key_of(change: Change | None, event: Event) -> list[str]:
    """The row that a change needs; a tombstone names it by its record's key."""
    key = event.key if change is None else change.key
    return [key] if key else []


def follow(
    table: Table[Row], change: Change | None, event: Event, new: Callable[[str], Row]
) -> None:
    """Keep the latest value of every field of the row.

    A field that is missing or null leaves what is known: a partial event blanks nothing. The
    action `deleted`, or a tombstone with the row's id as its key, removes the row. The same change
    made twice changes nothing. Raises Reject for a tombstone without a key.
    """
    if change is None:
        if not event.key:
            raise Reject("The record is empty and has no key; expected one that says who left.")
        table.delete(event.key)
    elif change.action is Action.DELETED:
        table.delete(change.key)
    else:
        known = table.get(change.key) or new(change.key)
        table.put(change.key, known.learn(change))
