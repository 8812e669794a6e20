"""The embedded platform as one service sees it."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.record import Message
from runtime.sidecars.base import Stored, Write
from runtime.sidecars.embedded.store import Store


class EmbeddedSidecar:
    """A Sidecar over a store that the services of one process share."""

    publishes_in_transaction = True

    def __init__(self, store: Store, service: str) -> None:
        self._store = store
        self.outages = store.outages
        self._service = service

    def get(self, keys: Sequence[str]) -> dict[str, Stored]:
        """Read many rows at once; absent ones are left out."""
        return self._store.get(self._service, keys)

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        """Make all changes and append the messages, or do nothing at all."""
        self._store.transact(self._service, writes, messages)

    def publish(self, messages: Sequence[Message]) -> None:
        """Append the messages, all or none."""
        self._store.publish(messages)

    def publish_again(
        self, messages: Sequence[Message], since_ms: int, *, by_another: bool = False
    ) -> None:
        """Publish them: nothing is left half done where state and outputs are one transaction."""
        self.publish(messages)

    def close(self) -> None:
        """Do nothing: the store is shared, and closed by who opened it."""
