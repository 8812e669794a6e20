"""Can this state store keep the promise? Asked once, before the first event.

Effectively-once needs three things: inserting a row only if it is absent, a transaction that
leaves nothing behind when one of its rows is refused, and reads that either are complete or fail.
Redis does not do the first two (measured on `state.redis` v1: it overwrites, and the other writes
stay), PostgreSQL v2 and SQLite do; for the third, PostgreSQL has to answer in the order of keys
(see `runtime.sidecars.dapr.WITNESS`).
"""

from __future__ import annotations

import uuid

from runtime.errors import Conflict, ReadUnproven, StoreRefused
from runtime.sidecars.base import ANY, Sidecar, Write

_CURE = (
    "Use state.postgresql version v2, or state.sqlite on one host, "
    "as the component of this name in components/statestore.yaml."
)

_OPTIONS = "Give its connectionString the options that it has in components/statestore.yaml."


def probe(sidecar: Sidecar) -> None:
    """Try all on rows of its own; raises StoreRefused with the cure, PlatformDown."""
    place = f"probe/{uuid.uuid4().hex}"
    first, second = f"{place}/first", f"{place}/second"
    sidecar.get([first])  # from now on the witness is there, and older than what is read next
    sidecar.transact([Write(first, b"1", None, 60)])
    try:
        _refuse_disorder(sidecar, first)
        sidecar.transact([Write(second, b"1", None, 60), Write(first, b"2", None, 60)])
    except Conflict:
        if sidecar.get([second]):
            raise StoreRefused(
                f"The state store keeps half of a transaction that was refused. {_CURE}"
            ) from None
    else:
        raise StoreRefused(f"The state store overwrites a row that must not exist yet. {_CURE}")
    finally:
        sidecar.transact([Write(first, None, ANY), Write(second, None, ANY)])


def _refuse_disorder(sidecar: Sidecar, key: str) -> None:
    try:
        sidecar.get([key])
    except ReadUnproven as unproven:
        raise StoreRefused(f"{unproven} {_OPTIONS}") from None
