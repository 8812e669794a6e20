"""What a contestant is, and what is known of one that runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from local.bench.arena import Arena
from local.cluster.identity import ProcessId


@dataclass(frozen=True)
class Entry:
    """A contestant that consumes: its topics, its processes, and its stock."""

    orders: str
    results: str
    app: ProcessId | None
    sidecar: ProcessId | None
    #: The sum of all reservations in its store; None when there is no store to look into.
    reserved: Callable[[], int | None]
    #: Raises Failure when one of its processes has ended.
    alive: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Named:
    """How a contestant stands in the report; `ours` when what it loses is a defect of Sluice."""

    name: str
    title: str
    guarantee: str
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Contestant(Named):
    """Somebody to measure on a cluster. `enter` starts it for a trial, named as no other is.

    `share` is its part of the events: the slow ones would take an hour for all of them. One that
    has `libraries` of its own runs in the peers' environment. Its orders take the `products` in
    turn; without any they take those that all others share.
    """

    share: float
    libraries: bool = False
    products: Sequence[str] = ()
    enter: Callable[[Arena, str], AbstractContextManager[Entry]]
