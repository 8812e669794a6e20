"""Where in a unit of work can a process be killed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Sends back what waits for another attempt: a unit of work of the runtime's own.
RECALLS = "recalls"
FUNCTIONS = (
    "weigh_parcel",
    "count_weights",
    "look_at_parcel",
    "mail_receipt",
    "sign_parcel",
    "load_parcel",
    "take_parcel",
    "close_parcels",
)
#: What they publish is stored in the transaction and published after it; the others publish
#: nothing at all. A dead letter is published like any other event.
PUBLISHING = (
    "weigh_parcel",
    "look_at_parcel",
    "load_parcel",
    "take_parcel",
    "close_parcels",
    RECALLS,
)
#: What a killed process left in the outbox is published by whoever commits next, or by the clock.
OUTBOX = ("take_parcel", "close_parcels", RECALLS, "")
#: These come to a point seldom, so that there may be no second time.
SELDOM = ("close_parcels", RECALLS)


@dataclass(frozen=True)
class Point:
    """One step of the unit of work. `first` is a kill that has to come before, for it to happen."""

    name: str
    functions: tuple[str, ...] = FUNCTIONS
    first: str = ""


EVERYWHERE = (
    Point("before the read"),
    Point("after the read"),
    Point("before the handler"),
    Point("after the handler"),
    Point("before the transaction", (*FUNCTIONS, RECALLS)),
    Point("within the transaction", (*FUNCTIONS, RECALLS)),
    Point("after the transaction", (*FUNCTIONS, RECALLS)),
    Point("before the answer"),
    Point("after the answer"),
)
#: The embedded engine publishes in the transaction.
POINTS: dict[str, tuple[Point, ...]] = {
    "embedded": EVERYWHERE,
    "dapr": (
        *EVERYWHERE,
        Point("before publishing", PUBLISHING),
        Point("within publishing", PUBLISHING),
        Point("after publishing", PUBLISHING),
        Point("before publishing again", PUBLISHING, first="before publishing"),
        Point("within publishing again", PUBLISHING, first="before publishing"),
        Point("after publishing again", PUBLISHING, first="before publishing"),
    ),
}


@dataclass(frozen=True)
class Fault:
    """One kill: at the `turn`-th time that the process comes there with one of these functions.

    It is armed only once the fault `after` has struck.
    """

    id: str
    functions: Sequence[str]
    point: str
    turn: int = 1
    after: str = ""


def faults_at(point: Point, run: str) -> list[Fault]:
    """The kills that prove one point: one for each function."""
    found = []
    for number, function in enumerate(point.functions):
        id = f"{run}: {function} {point.name}"
        if point.first:
            first = Fault(f"{id}, first {point.first}", [function], point.first)
            whoever = OUTBOX if function in OUTBOX else [function]
            found += [first, Fault(id, whoever, point.name, after=first.id)]
        else:
            turn = 1 if function in SELDOM else 1 + number % 2
            found.append(Fault(id, [function], point.name, turn))
    return found
